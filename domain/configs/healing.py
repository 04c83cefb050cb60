"""What to do when layers that are valid each by itself make an invalid document together: drop as little as possible.

For the first rule that is broken: the leaves it names go from the highest layer that set one of them; where that does
not help, that whole layer goes; and so on down. Each step takes something away, so it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from domain.config_types.violation import Violation
from domain.configs.fold import Fold, folded
from domain.configs.layer import Definition, Layer
from domain.configs.merge import without
from domain.documents import Document
from domain.pointers import leaves, related


@dataclass(frozen=True, slots=True)
class Degradation:
    """What an answer lacks and why.

    A layer with pointers: these leaves of it were dropped; without: all of it. No layer: the required fields at
    `pointers` are given by none. The layer "default": the type's own defaults break the rule, so nothing was served.
    """

    config_type: str
    layer: str | None
    pointers: tuple[str, ...]
    rule: str
    message: str
    config_id: UUID | None = None
    version: int | None = None


class Healed(NamedTuple):
    """What is left. The layers keep their places: one that was dropped is an empty overlay."""

    fold: Fold
    layers: tuple[Layer, ...]
    degraded: tuple[Degradation, ...]
    valid: bool  # false when the defaults alone break a rule


class _Step(NamedTuple):
    fold: Fold
    layers: tuple[Layer, ...]
    degradation: Degradation


def healed(definition: Definition, layers: Sequence[Layer]) -> Healed:
    """The fold of `layers` without what makes it invalid. It may be incomplete then: that is not healed."""
    standing = tuple(layers)
    fold = folded(definition.defaults, standing)
    degraded: list[Degradation] = []
    while broken := _first_broken(definition, fold.value):
        index = _culprit(standing, fold.start, broken.pointers)
        if index is None:
            degraded.append(Degradation(definition.name, "default", broken.pointers, broken.rule, broken.message))
            return Healed(fold, standing, tuple(degraded), valid=False)
        step = _without_leaves(definition, standing, index, broken) or _without_layer(
            definition, standing, index, broken
        )
        fold, standing = step.fold, step.layers
        degraded.append(step.degradation)
    return Healed(fold, standing, tuple(degraded), valid=True)


def _first_broken(definition: Definition, value: Document) -> Violation | None:
    if definition.missing(value):
        return None
    return next(iter(definition.violations(value)), None)


def _culprit(layers: Sequence[Layer], start: int, pointers: Sequence[str]) -> int | None:
    """The highest layer that set a leaf named here; where none did, the highest that contributes at all."""
    from_the_top = range(len(layers) - 1, start - 1, -1)
    setters = (index for index in from_the_top if _leaves_named(layers[index], pointers))
    return next(setters, next((index for index in from_the_top if layers[index].contributes), None))


def _leaves_named(layer: Layer, pointers: Sequence[str]) -> tuple[str, ...]:
    """What the layer sets or gives back at, in, or around these pointers; a rule that names none speaks of it all."""
    said = [*(pointer for pointer, _ in leaves(layer.data)), *layer.effective_unset]
    named = pointers or ("",)
    return tuple(sorted({one for one in said if any(related(one, pointer) for pointer in named)}))


def _without_leaves(definition: Definition, layers: tuple[Layer, ...], index: int, broken: Violation) -> _Step | None:
    """The step that drops the leaves alone, or None where it does not help."""
    layer = layers[index]
    named = _leaves_named(layer, broken.pointers)
    if not named:
        return None
    kept = tuple(pointer for pointer in layer.unset if pointer not in named)
    fewer = Layer(layer.label, layer.mode, without(layer.data, named), kept, layer.origin)
    step = _step(definition, layers, fewer, index, _dropped(definition, layer, named, broken))
    return step if _helps(definition, step.fold.value, broken) else None


def _without_layer(definition: Definition, layers: tuple[Layer, ...], index: int, broken: Violation) -> _Step:
    layer = layers[index]
    nothing = Layer(layer.label, "overlay", {}, (), layer.origin)
    return _step(definition, layers, nothing, index, _dropped(definition, layer, (), broken))


def _step(
    definition: Definition, layers: tuple[Layer, ...], instead: Layer, index: int, degradation: Degradation
) -> _Step:
    left = (*layers[:index], instead, *layers[index + 1 :])
    return _Step(folded(definition.defaults, left), left, degradation)


def _helps(definition: Definition, value: Document, broken: Violation) -> bool:
    """Whether the rule holds now. A document left incomplete is no help: it could not be served."""
    if definition.missing(value):
        return False
    return not any((one.rule, one.pointers) == (broken.rule, broken.pointers) for one in definition.violations(value))


def _dropped(definition: Definition, layer: Layer, pointers: Iterable[str], broken: Violation) -> Degradation:
    origin = layer.origin
    return Degradation(
        config_type=definition.name,
        layer=layer.label,
        pointers=tuple(pointers),
        rule=broken.rule,
        message=broken.message,
        config_id=origin.config_id if origin else None,
        version=origin.version if origin else None,
    )
