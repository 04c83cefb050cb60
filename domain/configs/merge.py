"""How one document is laid over another. Nothing here changes its input; what did not change is shared with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.documents import Document, is_one_value
from domain.pointers import MISSING, keys_of, value_at


def merged(below: Document, above: Document) -> Document:
    """`above` laid over `below`: objects by key at every depth, anything else replaces, null is a value.

    An object that stands for a secret is taken whole. The two documents themselves always merge by key.
    """
    result = dict(below)
    for key, value in above.items():
        result[key] = _merged_value(below.get(key), value)
    return result


def _merged_value(below: Any, above: Any) -> Any:
    return above if is_one_value(above) or is_one_value(below) else merged(below, above)


def without(value: Document, pointers: Iterable[str]) -> Document:
    """`value` as if it had never said anything at these pointers: objects that they leave empty go too."""
    for pointer in pointers:
        value = _without(value, keys_of(pointer))
    return value


def _without(value: Document, keys: list[str]) -> Document:
    if not keys:
        return {}
    key, *rest = keys
    inner = value.get(key, MISSING)
    if inner is MISSING or (rest and is_one_value(inner)):
        return value
    left = _without(inner, rest) if rest else {}
    if left is inner:
        return value
    return {**value, key: left} if left else _less(value, key)


def _less(value: Document, key: str) -> Document:
    return {name: one for name, one in value.items() if name != key}


def given_back(value: Document, defaults: Document, pointers: Iterable[str]) -> Document:
    """`value` with each of these fields as its type has it by default; a field without a default goes.

    An object that held only such fields stays, empty. Where a default lies inside something that is no object, an
    object takes its place.
    """
    for pointer in pointers:
        value = _put(value, keys_of(pointer), value_at(defaults, pointer))
    return value


def _put(value: Document, keys: list[str], default: Any) -> Document:
    if not keys:
        return {} if default is MISSING else default
    key, *rest = keys
    inner = value.get(key, MISSING)
    if not rest:
        new = default
    elif inner is not MISSING and not is_one_value(inner):
        new = _put(inner, rest, default)
    else:
        new = inner if default is MISSING else _put({}, rest, default)
    if new is inner:
        return value
    if new is MISSING:
        return _less(value, key)
    return {**value, key: new}
