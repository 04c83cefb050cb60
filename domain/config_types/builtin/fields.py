"""The kinds of field that built-in types are made of, as JSON Schema. Without a default, a field is required."""

from __future__ import annotations

from typing import Any

from domain.documents import Document

_REQUIRED: Any = object()


def integer(minimum: int, maximum: int, *, default: int, description: str) -> Document:
    """A whole number; both bounds are allowed."""
    return _field(description, default, type="integer", minimum=minimum, maximum=maximum)


def number(minimum: float, maximum: float, *, default: float, description: str) -> Document:
    """Any number; both bounds are allowed."""
    return _field(description, default, type="number", minimum=minimum, maximum=maximum)


def boolean(*, default: bool, description: str) -> Document:
    return _field(description, default, type="boolean")


def string(*, description: str) -> Document:
    """A required text."""
    return _field(description, _REQUIRED, type="string")


def choice(*options: str, default: str, description: str) -> Document:
    return _field(description, default, type="string", enum=list(options))


def items(schema: Document, *, default: list[Any], description: str, distinct: bool = False) -> Document:
    """A list whose items meet `schema`."""
    return _field(description, default, type="array", items=schema, **({"uniqueItems": True} if distinct else {}))


def nullable(kind: str, *, description: str, **limits: Any) -> Document:
    """A value of this type, or null, which it is at first."""
    return _field(description, None, type=[kind, "null"], **limits)


def url(*, description: str) -> Document:
    """An address, or null."""
    return nullable("string", description=description, format="uri", pattern="^https?://")


def secret(*, description: str) -> Document:
    """A secret, or null."""
    return nullable("string", description=description, **{"x-secret": True})


def mapping(*, description: str) -> Document:
    """A required object, whatever is in it."""
    return _field(description, _REQUIRED, type="object")


def document(properties: Document, *, open_ended: bool = False) -> Document:
    """The schema of a type. An open-ended one allows fields that it does not name."""
    required = [name for name, field in properties.items() if "default" not in field]
    schema: Document = {"type": "object", "properties": properties, "additionalProperties": open_ended}
    return {**schema, "required": required} if required else schema


def _field(description: str, default: Any, **keywords: Any) -> Document:
    field: Document = {**keywords, "description": description}
    return field if default is _REQUIRED else {**field, "default": default}
