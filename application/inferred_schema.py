"""The schema of a type that is made from what a file holds (`varve import --define`)."""

from __future__ import annotations

from typing import Any

from domain.documents import Document, is_one_value

_TYPES: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def inferred_schema(document: Document) -> Document:
    """A JSON Schema that `document` fits: every field optional, its value the default, further fields allowed."""
    return {
        "type": "object",
        "properties": {key: _schema_of(value) for key, value in document.items()},
        "additionalProperties": True,
    }


def _schema_of(value: Any) -> Document:
    if value is None:  # says nothing of what may stand there
        return {"default": None}
    if not isinstance(value, dict):
        return {"type": _TYPES[type(value)], "default": value}
    if value and is_one_value(value):  # a reference to a secret; a default would hand it to every scope
        return {"type": "string", "x-secret": True}
    return inferred_schema(value)
