"""The kinds of field that types of our own are made of, as JSON Schema. Without a default, a field is required."""

from __future__ import annotations

from typing import Any

from domain.documents import Document

_REQUIRED: Any = object()
_WRITTEN = {
    "cpu": "CPU",
    "hnsw": "HNSW",
    "mb": "MB",
    "mfa": "MFA",
    "ms": "ms",
    "tls": "TLS",
    "ttl": "TTL",
    "url": "URL",
}
"""Words that are not written small."""


def integer(minimum: int, maximum: int, *, default: int, description: str) -> Document:
    """A whole number; both bounds are allowed."""
    return _field(description, default, type="integer", minimum=minimum, maximum=maximum)


def whole(minimum: int, maximum: int, *, description: str) -> Document:
    """A required whole number; both bounds are allowed."""
    return _field(description, _REQUIRED, type="integer", minimum=minimum, maximum=maximum)


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


def section(properties: Document, *, description: str) -> Document:
    """An object of these fields, and no others, each with a default: a layer names only those that it changes."""
    return _field(description, {}, **document(properties))


def entries(schema: Document, *, description: str, most: int = 100) -> Document:
    """Objects that meet `schema`, each under a name, so that a layer can change one of them. None at first."""
    names: Document = {"pattern": "^[a-z][a-z0-9_-]{0,62}$"}
    keywords = {"propertyNames": names, "additionalProperties": schema, "maxProperties": most}
    return _field(description, {}, type="object", **keywords)


def without_default(field: Document) -> Document:
    """The same field, required. Fields of entries and of items are: nothing fills in what those lack."""
    return {key: value for key, value in field.items() if key != "default"}


def document(properties: Document, *, open_ended: bool = False) -> Document:
    """The schema of a type. An open-ended one allows fields that it does not name."""
    required = [name for name, field in properties.items() if "default" not in field]
    schema: Document = {"type": "object", "properties": properties, "additionalProperties": open_ended}
    return {**schema, "required": required} if required else schema


def titled(schema: Document) -> Document:
    """`schema` with a title for every field, as a form shows it: "TTL seconds" for ttl_seconds."""
    found = dict(schema)
    if "properties" in schema:
        fields = schema["properties"].items()
        found["properties"] = {name: {"title": _title(name), **titled(field)} for name, field in fields}
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            found[keyword] = titled(schema[keyword])
    return found


def _title(name: str) -> str:
    words = [_WRITTEN.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _field(description: str, default: Any, **keywords: Any) -> Document:
    field: Document = {**keywords, "description": description}
    return field if default is _REQUIRED else {**field, "default": default}
