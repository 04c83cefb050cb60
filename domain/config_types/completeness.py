"""What a document has without being given it, and what it still lacks."""

from __future__ import annotations

from collections.abc import Iterator

from domain.config_types.shape import Place
from domain.documents import Document, is_one_value
from domain.pointers import MISSING, escaped


def defaults(place: Place) -> Document:
    """Every field with a default, nested ones too.

    An object without a default of its own that would lack a required field is left out: nobody asked for it.
    """
    return _defaults(place, frozenset())


def _defaults(place: Place, above: frozenset[int]) -> Document:
    """Not again inside a schema that refers to itself: one level is given, the next is for whoever wants it."""
    found: Document = {}
    inside = above | {id(schema) for schema in place.schemas}
    for name in place.names:
        child = place.child(name)
        own = next((schema["default"] for schema in child.schemas if "default" in schema), MISSING)
        nested = {} if _may_be_other(child) or _comes_back(child, inside) else _defaults(child, inside)
        if own is MISSING and nested and not missing(nested, child):
            found[name] = nested
        elif own is not MISSING:
            found[name] = own if is_one_value(own) else _over(nested, own)
    return found


def _comes_back(place: Place, inside: frozenset[int]) -> bool:
    return any(id(schema) in inside for schema in place.schemas)


def _may_be_other(place: Place) -> bool:
    """Whether something else than an object may stand here, so that no object is made unasked."""
    return bool(place.types - {"object"}) or any("anyOf" in schema or "oneOf" in schema for schema in place.schemas)


def _over(below: Document, above: Document) -> Document:
    merged = {**below, **above}
    for key in below.keys() & above.keys():
        if not is_one_value(below[key]) and not is_one_value(above[key]):
            merged[key] = _over(below[key], above[key])
    return merged


def missing(document: Document, place: Place) -> list[str]:
    """The pointers of required fields that `document` lacks, in objects inside it too."""
    return sorted(set(_missing(document, place, "")))


def _missing(document: Document, place: Place, prefix: str) -> Iterator[str]:
    for schema in place.schemas:
        yield from (f"{prefix}/{escaped(name)}" for name in schema.get("required", ()) if name not in document)
    for key, value in document.items():
        if not is_one_value(value):
            yield from _missing(value, place.child(key), f"{prefix}/{escaped(key)}")
