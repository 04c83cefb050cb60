"""What changing some layers does to one context, field by field, and what higher layers hide of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.configs.diff import changed_leaves
from domain.configs.fold import folded, owned_leaves
from domain.configs.layer import Definition, Layer
from domain.configs.resolution import Resolved
from domain.pointers import MISSING, leaves, related, value_at


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs, or one that would, did not the layer `hidden_by` give it. null stands for no value, too."""

    pointer: str
    before: Any
    after: Any
    hidden_by: str | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """The layers of a context and what they give. Two that are compared have the same rungs: a rung may be empty."""

    layers: tuple[Layer, ...]
    resolved: Resolved


def empty(label: str) -> Layer:
    """A rung on which nothing is in force."""
    return Layer(label, "overlay", {})


def field_changes(before: Stack, after: Stack, *, told: Mapping[int, Iterable[str]]) -> list[FieldChange]:
    """Each field that differs, and each that a rung tells of (`told`) and a higher one hides, sorted by pointer."""
    changed = changed_leaves(before.resolved.value or {}, after.resolved.value or {})
    found = {one.pointer: FieldChange(one.pointer, _null(one.old), _null(one.new)) for one in changed}
    if told and after.resolved.value is not None:
        owners = [(pointer, owner) for pointer, _, owner in owned_leaves(after.resolved.value, after.resolved.owners)]
        for rung, pointers in told.items():
            for pointer in pointers:
                hider = _hider(after.layers[rung + 1 :], owners, pointer)
                if hider is not None and not any(related(pointer, one.pointer) for one in changed):
                    value = _null(value_at(after.resolved.value, pointer))
                    found[pointer] = FieldChange(pointer, value, value, hider)
    return [found[pointer] for pointer in sorted(found)]


def differing(definition: Definition, before: Sequence[Layer], after: Sequence[Layer]) -> set[str]:
    """The fields that would differ if nothing stood above these layers."""
    old, new = (folded(definition.defaults, layers).value for layers in (before, after))
    return {change.pointer for change in changed_leaves(old, new)}


def given(layer: Layer) -> set[str]:
    """The fields that a layer speaks of."""
    return {*(pointer for pointer, _ in leaves(layer.data)), *layer.effective_unset}


def _null(value: Any) -> Any:
    return None if value is MISSING else value


def _hider(above: Sequence[Layer], owners: Sequence[tuple[str, str]], pointer: str) -> str | None:
    """The higher layer that gives the field, or that starts again from the defaults."""
    labels = {layer.label for layer in above}
    given = (owner for place, owner in owners if owner in labels and related(place, pointer))
    again = (layer.label for layer in reversed(above) if layer.mode == "replace")
    return next(given, next(again, None))
