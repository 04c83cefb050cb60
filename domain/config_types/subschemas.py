"""Where a JSON Schema (draft 2020-12) holds further schemas, and what each of them speaks of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

from domain.documents import Document
from domain.pointers import keys_of

Step: TypeAlias = tuple[Literal["key", "item"], str | None]
"""One step down in a document: to a key, or to an item. A name of None stands for any."""

ANY_KEY: Step = ("key", None)
ANY_ITEM: Step = ("item", None)

_SINGLE: dict[str, Step | None] = {
    "not": None,
    "if": None,
    "then": None,
    "else": None,
    "additionalProperties": ANY_KEY,
    "unevaluatedProperties": ANY_KEY,
    "propertyNames": ANY_KEY,
    "items": ANY_ITEM,
    "contains": ANY_ITEM,
    "unevaluatedItems": ANY_ITEM,
}
_LISTED: dict[str, Step | None] = {"allOf": None, "anyOf": None, "oneOf": None, "prefixItems": ANY_ITEM}
_KEYED: dict[str, Step | None] = {"properties": ("key", ""), "patternProperties": ANY_KEY, "dependentSchemas": None}
DEFINITIONS = ("$defs", "definitions")


@dataclass(frozen=True, slots=True)
class Subschema:
    """A schema inside another."""

    path: tuple[str | int, ...]
    """Where it stands in the schema that holds it, keyword first: ("properties", "timeout")."""
    schema: Any
    step: Step | None
    """The step down in the document, or None when it speaks of the same place."""


def subschemas(schema: Document) -> Iterator[Subschema]:
    """Each schema directly inside `schema` that speaks of a document; those that `$ref` and `$defs` name are not."""
    for word, inner in schema.items():
        if word in _SINGLE:
            yield Subschema((word,), inner, _SINGLE[word])
        elif word in _LISTED:
            yield from (Subschema((word, at), one, _LISTED[word]) for at, one in enumerate(inner))
        elif word in _KEYED:
            for key, one in inner.items():
                yield Subschema((word, key), one, ("key", key) if word == "properties" else _KEYED[word])


def positions(schema: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Document]]:
    """Each schema in `schema`, itself first, definitions too, with its place."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for inner in subschemas(schema):
        yield from positions(inner.schema, (*path, *inner.path))
    for word in DEFINITIONS:
        for key, definition in schema.get(word, {}).items():
            yield from positions(definition, (*path, word, key))


def mapped(schema: Any, change: Callable[[Any], Any]) -> Any:
    """`schema` with `change` applied to each schema directly inside it, definitions too. Data stays as it is."""
    if not isinstance(schema, dict):
        return schema
    return {word: _mapped_keyword(word, inner, change) for word, inner in schema.items()}


def _mapped_keyword(word: str, inner: Any, change: Callable[[Any], Any]) -> Any:
    if word in _SINGLE:
        return change(inner)
    if word in _LISTED:
        return [change(one) for one in inner]
    if word in _KEYED or word in DEFINITIONS:
        return {key: change(one) for key, one in inner.items()}
    return inner


def resolved(root: Document, reference: str) -> Any:
    """What a local `$ref` ("#", "#/$defs/port") names. Raises LookupError or ValueError when it names nothing."""
    if not reference.startswith("#"):
        raise ValueError(f"not a local reference: {reference!r}")
    found: Any = root
    for key in keys_of(unquote(reference[1:])):
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found
