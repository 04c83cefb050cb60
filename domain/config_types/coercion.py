"""Numbers as the schema means them: JSON has one kind of number, rules have two."""

from __future__ import annotations

from typing import Any

from domain.config_types.shape import Place
from domain.documents import Document
from domain.json_values import LARGEST_INTEGER

_MAY_CHANGE = frozenset((int, float, dict, list))


def coerced(document: Document, place: Place) -> Document:
    """`document` with 10.0 as 10 where only integers are meant, and 1 as 1.0 where any number is.

    The same object where nothing changes.
    """
    changed: Document = {}
    for key, value in document.items():
        if type(value) in _MAY_CHANGE:
            new = _value(value, place.child(key))
            if new is not value:
                changed[key] = new
    return {**document, **changed} if changed else document


def _value(value: Any, place: Place) -> Any:
    if isinstance(value, dict):
        return coerced(value, place)
    if isinstance(value, list):
        inside = place.item()
        items = [_value(item, inside) if type(item) in _MAY_CHANGE else item for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, float):
        return _integer(value) if "integer" in place.types and "number" not in place.types else value
    if isinstance(value, int) and not isinstance(value, bool):
        return _number(value) if "number" in place.types and "integer" not in place.types else value
    return value


def _integer(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) <= LARGEST_INTEGER else value


def _number(value: int) -> int | float:
    return float(value) if abs(value) <= LARGEST_INTEGER else value
