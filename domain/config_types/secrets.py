"""Secret fields: their schema says `"x-secret": true`, their value is a reference, or stands for a sealed secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from domain.config_types.shape import Place, types_of
from domain.config_types.subschemas import mapped
from domain.documents import Document
from domain.pointers import escaped
from domain.secrets.envelope import is_sealed

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def is_reference(value: Any) -> bool:
    """Whether `value` is `{"$ref": "env:NAME"}`, which only the client that uses it resolves."""
    if not isinstance(value, dict) or value.keys() != {"$ref"}:
        return False
    return isinstance(value["$ref"], str) and _REFERENCE.fullmatch(value["$ref"]) is not None


class Secret(NamedTuple):
    """A value that a schema says is secret."""

    pointer: str
    value: Any
    fits: bool
    """Whether it is a reference, sealed, or null where that is allowed; anything else may be the secret itself."""


def secrets_in(document: Document, place: Place, prefix: str = "") -> Iterator[Secret]:
    """Each secret value in `document`. Not in lists: no secret can stand there."""
    for key, value in document.items():
        child = place.child(key)
        if child.secret:
            fits = is_reference(value) or is_sealed(value) or (value is None and "null" in child.types)
            yield Secret(f"{prefix}/{escaped(key)}", value, fits)
        elif isinstance(value, dict):
            yield from secrets_in(value, child, f"{prefix}/{escaped(key)}")


def holds_secret(schema: Any) -> bool:
    """Whether `x-secret` stands anywhere in a schema."""
    found = False

    def look(inner: Any) -> Any:
        nonlocal found
        found = found or holds_secret(inner)
        return inner

    mapped(schema, look)
    return found or (isinstance(schema, dict) and schema.get("x-secret") is True)


def with_references(schema: Any) -> Any:
    """`schema` as it is checked: where it says a secret string, an object stands. Equal pointers, equal shape."""
    if isinstance(schema, dict) and schema.get("x-secret") is True:
        return {"x-secret": True, "type": ["object" if name == "string" else name for name in types_of(schema)]}
    return mapped(schema, with_references)
