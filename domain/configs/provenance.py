"""Who gave each field of an answer, and what that hides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from domain.configs.fold import DEFAULT, owned_leaves
from domain.configs.layer import Definition, Layer
from domain.configs.resolution import Resolved
from domain.documents import Document, is_one_value
from domain.pointers import MISSING, keys_of
from domain.times import rfc3339


class Shadowed(TypedDict):
    """A value that a lower layer would have given; of what no config holds, only the layer is told."""

    layer: str
    value: Any
    config_id: NotRequired[str]
    version: NotRequired[int | None]


class Source(TypedDict):
    """Where a leaf came from; `at` is RFC 3339 in UTC. What a default gives has no event behind it."""

    value: Any
    layer: str
    config_id: str | None
    version: int | None
    position: int | None
    operation: str | None
    actor: str | None
    at: str | None
    reason: str | None
    shadowed: list[Shadowed]


def provenance(definition: Definition, layers: Sequence[Layer], resolved: Resolved) -> dict[str, Source]:
    """The source of each leaf of the answer by its pointer; `layers` are those that were resolved.

    A field that a layer gave back to its default is that layer's. Shadowed values are told strongest first, those of
    layers hidden by a `replace` too.
    """
    if resolved.value is None:
        return {}
    index_of = {layer.label: index for index, layer in enumerate(layers)}
    sources: dict[str, Source] = {}
    for pointer, value, owner in owned_leaves(resolved.value, resolved.owners):
        index = index_of.get(owner)
        lower = layers[: resolved.start if index is None else index]
        shadowed = _shadowed(definition.defaults, lower, pointer)
        if index is not None:
            shadowed += _default(definition.defaults, pointer)
        sources[pointer] = _source(value, None if index is None else layers[index], shadowed)
    return sources


def _source(value: Any, layer: Layer | None, shadowed: list[Shadowed]) -> Source:
    origin = layer.origin if layer else None
    return {
        "value": value,
        "layer": layer.label if layer else DEFAULT,
        "config_id": str(origin.config_id) if origin and origin.config_id else None,
        "version": origin.version if origin else None,
        "position": origin.position if origin else None,
        "operation": origin.operation if origin else None,
        "actor": origin.actor if origin else None,
        "at": rfc3339(origin.at_us) if origin else None,
        "reason": origin.reason if origin else None,
        "shadowed": shadowed,
    }


def _shadowed(defaults: Document, layers: Sequence[Layer], pointer: str) -> list[Shadowed]:
    found: list[Shadowed] = []
    for layer in reversed(layers):
        value = _given(layer, defaults, pointer)
        if value is MISSING:
            continue
        hidden: Shadowed = {"layer": layer.label, "value": value}
        if layer.origin and layer.origin.config_id:
            hidden["config_id"] = str(layer.origin.config_id)
            hidden["version"] = layer.origin.version
        found.append(hidden)
    return found


def _default(defaults: Document, pointer: str) -> list[Shadowed]:
    value = _value_within(defaults, pointer)
    return [] if value is MISSING else [{"layer": DEFAULT, "value": value}]


def _given(layer: Layer, defaults: Document, pointer: str) -> Any:
    """What the layer says at the pointer: its own value, or the default where it gives the field back."""
    if any(f"{pointer}/".startswith(f"{unset}/") for unset in layer.effective_unset):
        return _value_within(defaults, pointer)
    return _value_within(layer.data, pointer)


def _value_within(document: Any, pointer: str) -> Any:
    """As pointers.value_at, but never into an object that stands for a secret."""
    for depth, key in enumerate(keys_of(pointer)):
        if (depth and is_one_value(document)) or key not in document:
            return MISSING
        document = document[key]
    return document
