"""Text of an environment variable as the value that a field's schema asks for."""

from __future__ import annotations

import json
import re
from typing import Any

from domain.config_types.shape import Place

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_SWITCHES = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_TOO_LARGE = float("inf")


class Unreadable(ValueError):
    """A text that is no value of the field. The message names the field, never the text."""


def read_value(text: str, field: str, place: Place) -> Any:
    """The value of `field` that `text` stands for, by the types that are allowed at its place."""
    types = place.types
    if "null" in types and text.lower() == "null":
        return None
    if "array" in types:
        return [read_value(item.strip(), field, place.item()) for item in text.split(",") if item.strip()]
    if "object" in types:
        return _object(text, field)
    if "boolean" in types:
        return _switch(text, field)
    if "number" in types:
        return _number(text, field)
    return _integer(text, field) if "integer" in types else text


def _integer(text: str, field: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise Unreadable(f"{field} must be a whole number, such as 10")
    return int(text)


def _number(text: str, field: str) -> float:
    if not _NUMBER.fullmatch(text) or abs(float(text)) == _TOO_LARGE:
        raise Unreadable(f"{field} must be a number, such as 0.5")
    return float(text)


def _switch(text: str, field: str) -> bool:
    if text.lower() not in _SWITCHES:
        raise Unreadable(f"{field} must be one of {', '.join(_SWITCHES)}")
    return _SWITCHES[text.lower()]


def _object(text: str, field: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise Unreadable(f"{field} must be a JSON object") from None


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
