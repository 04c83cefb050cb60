"""What a caller tells of a context beside its ids, such as a plan: read by the eligibility of experiments alone."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

from domain.errors import Fault, InvalidRequest
from domain.pointers import pointer_of

Value = str | bool | int | float
Attributes = tuple[tuple[str, Value], ...]
"""By name, in the order of names."""

MOST = 50
LONGEST_TEXT = 255
GREATEST = 2**53  # whole numbers up to it are the same in every JSON reader
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


def checked_attributes(given: Mapping[str, object]) -> Attributes:
    """Raises InvalidRequest with every fault, by its place under /attributes."""
    faults = list(_faults(given))
    if faults:
        raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)
    return fitting_attributes(given)


def fitting_attributes(given: Mapping[str, object]) -> Attributes:
    """Those that can be attributes, of what may hold anything; the first by name where there are too many."""
    fitting = [(name, value) for name, value in sorted(given.items()) if _NAME.fullmatch(name) and _is_value(value)]
    return tuple(fitting[:MOST])


def parsed_attributes(texts: Iterable[str]) -> dict[str, Value]:
    """Of NAME=VALUE: a number, true, false, and "a text in double quotes" as in JSON; all else is a text as it stands.

    Raises InvalidRequest for what has no `=`, and for a name that comes twice.
    """
    found: dict[str, Value] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise InvalidRequest.at("/attribute", "an attribute is written NAME=VALUE, such as plan=pro", "attribute")
        if name in found:
            raise InvalidRequest.at("/attribute", f"the attribute {name[:64]} is given twice: give it once", "distinct")
        found[name] = _parsed(value)
    return found


def _parsed(text: str) -> Value:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, (str, bool, int, float)) and math.isfinite(_number(value)) else text


def _number(value: Value) -> float:
    """A text counts as 0, a number that no float can hold as infinite."""
    try:
        return 0.0 if isinstance(value, str) else float(value)
    except OverflowError:
        return math.inf


def _faults(given: Mapping[str, object]) -> Iterator[Fault]:
    if len(given) > MOST:
        yield Fault("/attributes", f"a context has at most {MOST} attributes, and here are {len(given)}", "size")
        return
    for name, value in given.items():
        at = "/attributes" + pointer_of([name])
        if not _NAME.fullmatch(name):
            message = "an attribute's name is 1 to 64 letters of a-z, digits and _, and begins with no digit"
            yield Fault(at, message, "attribute_name")
        elif not _is_value(value):
            message = f"{name} is a text of at most {LONGEST_TEXT} characters, a number within ±2^53, true or false"
            yield Fault(at, message, "attribute_value")


def _is_value(value: object) -> TypeGuard[Value]:
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    return isinstance(value, bool) or (isinstance(value, (int, float)) and -GREATEST <= value <= GREATEST)
