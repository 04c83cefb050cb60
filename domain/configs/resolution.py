"""Which settings are in force: the layers of one type, folded, healed where need be, and named.

This is resolver version 1. What it answers is frozen by tests/golden/resolution_v1.json; another behaviour is another
version beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from domain.configs.fold import Fold, Owners, folded
from domain.configs.healing import Degradation, healed
from domain.configs.layer import Definition, Layer, Origin
from domain.documents import Document

__all__ = [
    "RESOLVER_VERSION",
    "Definition",
    "Degradation",
    "Layer",
    "Origin",
    "Resolved",
    "resolve",
]

RESOLVER_VERSION = 1


class Resolved(NamedTuple):
    """The answer for one type. `owners` and `start` are what provenance is told from; see fold.py."""

    value: Document | None
    path: str
    degraded: tuple[Degradation, ...]
    owners: dict[str, Owners]
    start: int


def resolve(definition: Definition, layers: Sequence[Layer], *, validated: bool = False) -> Resolved:
    """What these layers, weakest first, give together over the type's defaults.

    `path` is the label of the highest layer that contributed, "default" where none did, "none" where nothing can be
    served: `value` is None then. `validated` spares the check, for a caller who knows that these very layers make a
    valid document under this very definition.
    """
    fold = folded(definition.defaults, layers)
    if missing := definition.missing(fold.value):
        return _incomplete(definition, layers, missing)
    if validated or not definition.violations(fold.value):
        return _served(fold, layers, ())
    return _healed(definition, layers)


def _healed(definition: Definition, layers: Sequence[Layer]) -> Resolved:
    healthy = healed(definition, layers)
    if not healthy.valid:
        return _nothing(healthy.degraded)
    if missing := definition.missing(healthy.fold.value):
        return _incomplete(definition, layers, missing, healthy.degraded)
    return _served(healthy.fold, healthy.layers, healthy.degraded)


def _served(fold: Fold, layers: Sequence[Layer], degraded: tuple[Degradation, ...]) -> Resolved:
    return Resolved(fold.value, _path(layers, fold.start), degraded, fold.owners, fold.start)


def _path(layers: Sequence[Layer], start: int) -> str:
    for index in range(len(layers) - 1, start - 1, -1):
        if layers[index].contributes:
            return layers[index].label
    return "default"


def _incomplete(
    definition: Definition, layers: Sequence[Layer], missing: Sequence[str], dropped: tuple[Degradation, ...] = ()
) -> Resolved:
    """Nothing is served; what is missing is told only where some layer gave a part."""
    if not any(layer.contributes for layer in layers):
        return _nothing(())
    fields = ", ".join(pointer[1:].replace("/", ".") for pointer in sorted(missing))
    message = f"{definition.name} is not complete: no layer in force gives {fields}; add what is missing to a config"
    lack = Degradation(definition.name, None, tuple(sorted(missing)), "required", message)
    return _nothing((*dropped, lack))


def _nothing(degraded: tuple[Degradation, ...]) -> Resolved:
    return Resolved(None, "none", degraded, {}, 0)
