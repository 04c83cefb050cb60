"""JSON pointers (RFC 6901) into documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.documents import Document, is_one_value

MISSING: Any = object()
"""What `value_at` answers where a document has nothing; never a JSON value."""


def escaped(key: str) -> str:
    """One key as a pointer's reference token."""
    return key.replace("~", "~0").replace("/", "~1")


def pointer_of(keys: Iterable[str | int]) -> str:
    """The pointer made of these keys: ("a", "b/c") is "/a/b~1c"."""
    return "".join("/" + escaped(str(key)) for key in keys)


def keys_of(pointer: str) -> list[str]:
    """The keys of a pointer. Raises ValueError for one that is neither empty nor begins with a slash."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"a JSON pointer begins with a slash: {pointer!r}")
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def value_at(document: Any, pointer: str) -> Any:
    """The value at `pointer`, or MISSING. Looks into objects only: a list is one value."""
    for key in keys_of(pointer):
        if not isinstance(document, dict) or key not in document:
            return MISSING
        document = document[key]
    return document


def put(document: Document, values: Mapping[str, Any]) -> Document:
    """`document` with these values at these pointers, where objects lead to each; itself where there are none."""
    for pointer, value in values.items():
        document = _put(document, keys_of(pointer), value)
    return document


def _put(document: Document, keys: list[str], value: Any) -> Document:
    key, *further = keys
    return {**document, key: _put(document.get(key, {}), further, value) if further else value}


def leaves(document: Document, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf with its pointer: everything but objects, and objects that are empty or stand for a secret."""
    for key, value in document.items():
        pointer = f"{prefix}/{escaped(key)}"
        if is_one_value(value) or not value:
            yield pointer, value
        else:
            yield from leaves(value, pointer)


def ancestors(pointer: str) -> Iterator[str]:
    """The pointers of what holds it, the nearest first, without the whole document."""
    while (pointer := pointer.rpartition("/")[0]) != "":
        yield pointer


def related(one: str, other: str) -> bool:
    """Whether one pointer names the other, or something that holds it."""
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")
