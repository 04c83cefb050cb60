"""What is different between two documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, NotRequired, TypedDict

from domain.documents import Document, is_one_value
from domain.pointers import MISSING, escaped, leaves


class Operation(TypedDict):
    """One operation of an RFC 6902 patch; `remove` has no value."""

    op: str
    path: str
    value: NotRequired[Any]


class Change(NamedTuple):
    """A leaf that differs; `old` or `new` is pointers.MISSING on the side that lacks it."""

    pointer: str
    old: Any
    new: Any


def equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def patch(old: Document, new: Document) -> list[Operation]:
    """The RFC 6902 patch from `old` to `new`, sorted by pointer. Objects are compared by key, lists are one value."""
    return sorted(_operations(old, new, ""), key=lambda operation: operation["path"])


def _operations(old: Document, new: Document, prefix: str) -> Iterator[Operation]:
    for key in old.keys() | new.keys():
        path = f"{prefix}/{escaped(key)}"
        before, after = old.get(key, MISSING), new.get(key, MISSING)
        if after is MISSING:
            yield {"op": "remove", "path": path}
        elif before is MISSING:
            yield {"op": "add", "path": path, "value": after}
        elif not is_one_value(before) and not is_one_value(after):
            yield from _operations(before, after, path)
        elif not equal(before, after):
            yield {"op": "replace", "path": path, "value": after}


def changed_leaves(old: Document, new: Document) -> list[Change]:
    """Each leaf that is not the same in both, sorted by pointer."""
    before, after = dict(leaves(old)), dict(leaves(new))
    changes = (
        Change(pointer, before.get(pointer, MISSING), after.get(pointer, MISSING))
        for pointer in sorted(before.keys() | after.keys())
    )
    return [change for change in changes if not equal(change.old, change.new)]
