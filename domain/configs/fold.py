"""The fold of layers into one document, which remembers for each field the layer that gave it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from domain.configs.layer import Layer, objects_in
from domain.configs.merge import given_back
from domain.documents import Document, is_one_value
from domain.pointers import MISSING, escaped, keys_of, value_at

DEFAULT = "default"
"""The label of what no layer gave: the type's own defaults."""

Owners: TypeAlias = "str | dict[str, Owners]"
"""Mirrors a value: the label of the layer that gave it all, or the owners of its keys. A key left out is DEFAULT's."""


class Fold(NamedTuple):
    value: Document
    owners: dict[str, Owners]
    start: int  # the index that the fold began at: whatever lies below is hidden


def folded(defaults: Document, layers: Sequence[Layer]) -> Fold:
    """Fold `layers`, weakest first, over the defaults.

    A `replace` starts again from the defaults, so the highest of them is where the work begins.
    """
    start = _start(layers)
    value = dict(defaults)
    owners: dict[str, Owners] = {}
    for layer in layers[start:]:
        if layer.objects:
            _lay(value, owners, layer.data, layer.objects, layer.label)
        else:
            value.update(layer.data)
            owners.update(dict.fromkeys(layer.data, layer.label))
        if layer.unset:
            value, owners = _given_back(value, owners, defaults, layer)
    return Fold(value, owners, start)


def _start(layers: Sequence[Layer]) -> int:
    for index in range(len(layers) - 1, 0, -1):
        if layers[index].mode == "replace":
            return index
    return 0


def _lay(value: Document, owners: dict[str, Owners], data: Document, objects: Sequence[str], label: str) -> None:
    """Merge `data` into `value`, as merge.merged does; both top dicts are the fold's own, all inside them is shared."""
    below = [(key, value.get(key), owners.get(key, DEFAULT)) for key in objects]
    value.update(data)
    owners.update(dict.fromkeys(data, label))
    for key, inner, owner in below:
        if inner and not is_one_value(inner):
            value[key] = merged = dict(inner)
            owners[key] = its_owners = _by_key(owner, inner)
            _lay(merged, its_owners, data[key], objects_in(data[key]), label)


def _by_key(owners: Owners, value: Document) -> dict[str, Owners]:
    return owners if isinstance(owners, dict) else dict.fromkeys(value, owners)


def _given_back(
    value: Document, owners: dict[str, Owners], defaults: Document, layer: Layer
) -> tuple[Document, dict[str, Owners]]:
    for pointer in layer.effective_unset:
        left = given_back(value, defaults, (pointer,))
        keys = keys_of(pointer)
        if value_at(defaults, pointer) is not MISSING:
            owners = _claimed(owners, value, keys, layer.label)
        elif left is not value and value_at(left, pointer[: pointer.rfind("/")]) == {}:
            # the object that held the field is empty now, and a leaf: this layer made it one
            owners = _claimed(owners, value, keys[:-1], layer.label)
        value = left
    # a copy, since what was given back whole is the defaults themselves
    return dict(value), owners


def _claimed(owners: Owners, value: Any, keys: Sequence[str], label: str) -> dict[str, Owners]:
    """These owners of `value`, with all at `keys` owned by the layer."""
    below = {} if is_one_value(value) else value
    if not keys:
        return dict.fromkeys(below, label)
    key, *rest = keys
    claimed = _by_key(owners, below)
    claimed[key] = _claimed(claimed.get(key, DEFAULT), below.get(key), rest, label) if rest else label
    return claimed


def owned_leaves(value: Document, owners: Owners, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Each leaf with its pointer and the label of the layer that gave it; the leaves are those of pointers.leaves."""
    for key, inner in value.items():
        owner = owners.get(key, DEFAULT) if isinstance(owners, dict) else owners
        pointer = f"{prefix}/{escaped(key)}"
        if isinstance(owner, str) and (is_one_value(inner) or not inner):
            yield pointer, inner, owner
        else:
            yield from owned_leaves(inner, owner, pointer)
