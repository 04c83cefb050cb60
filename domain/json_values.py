"""Which values can be written as JSON and read back the same, by every reader.

No digit is rounded, no string is broken, no value is too deep or too many. `domain/strict_json.py` holds bodies to
these rules while it reads them; `check_values` holds values that came another way: from TOML, YAML or Python.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from math import inf, isfinite
from typing import Any, NamedTuple

from domain.errors import Fault
from domain.pointers import pointer_of

MAX_DEPTH = 64
MAX_NODES = 50_000
MAX_FAULTS = 20
"""As many faults are told in one answer; whoever has more knows enough."""

LARGEST_INTEGER = 2**53 - 1
"""Beyond it, readers that keep numbers as doubles (JavaScript, jq) change the last digits."""

_EXPONENT_FORM = 1e21
"""From here on RFC 8785 writes an exponent; below, a whole float is written, and read again, as an integer."""

_MAX_NUMBER_LENGTH = 64
_UNFIT = re.compile("[\0\ud800-\udfff]")


class Flaw(NamedTuple):
    """What is wrong with a value, told without its place. A parser may leave it in a tree in the value's stead."""

    message: str
    rule: str
    key: str | None = None  # the member at fault, when it is one of an object's


def check_values(value: Any, *, max_depth: int = MAX_DEPTH, max_nodes: int = MAX_NODES) -> list[Fault]:
    """What keeps `value` from being written and read back the same: the first faults, none if it is sound."""
    outsized = _size_flaw(value, max_depth, max_nodes)
    return [_fault((), outsized)] if outsized else faults_in(value)


def faults_in(value: Any) -> list[Fault]:
    """The first faults of a value, in its order, Flaws left by a parser among them."""
    if type(value) is dict or type(value) is list:
        return list(islice(_faults_within(value, ()), MAX_FAULTS))
    flaw = _flaw_of(value)
    return [] if flaw is None else [_fault((), flaw)]


def written_float_flaw(text: str) -> Flaw | None:
    """Why the float that `text` writes would not be read back as written: too long, too large, or too many digits."""
    if len(text) > _MAX_NUMBER_LENGTH:
        return _too_long(text)
    value = float(text)
    flaw = _float_flaw(value, text)
    if flaw is None and repr(value) != text and not _same_number(text, value):
        flaw = Flaw(f"{text} would be read back as {value!r}: write that, or a string", "number")
    return flaw


def written_integer_flaw(text: str, *, base: int = 10) -> Flaw | None:
    """Why the integer that `text` writes is refused. Long texts are refused before they cost anything."""
    return _too_long(text) if len(text) > _MAX_NUMBER_LENGTH else _integer_flaw(int(text, base))


def string_flaw(text: str) -> Flaw | None:
    """What no JSON string may hold: NUL, which PostgreSQL cannot store, and halves of surrogate pairs."""
    if text.isascii() and "\0" not in text:
        return None
    unfit = _UNFIT.search(text)
    if unfit is None:
        return None
    what = "the character NUL" if unfit[0] == "\0" else "half of a surrogate pair"
    return Flaw(f"a string holds {what} (\\u{ord(unfit[0]):04x}): leave it out", "string")


def duplicate_flaw(keys: list[str]) -> Flaw:
    """The first key that stands twice in `keys`, where one does."""
    key = next(key for key, times in Counter(keys).items() if times > 1)
    return Flaw(f"the key {shown(key)} stands twice in one object: keep one", "duplicate_key", key)


def shown(text: str) -> str:
    """A text of the caller's in a message: quoted, short, and printable whatever it holds."""
    return json.dumps(text if len(text) <= 60 else text[:60] + "…", ensure_ascii=_UNFIT.search(text) is not None)


def _faults_within(value: Any, keys: tuple[str | int, ...]) -> Iterator[Fault]:
    is_object = type(value) is dict
    for key, item in value.items() if is_object else enumerate(value):
        if is_object and (flaw := _key_flaw(key)) is not None:
            yield _fault(keys, flaw)
        if type(item) is dict or type(item) is list:
            yield from _faults_within(item, (*keys, key))
        elif (flaw := _flaw_of(item)) is not None:
            yield _fault((*keys, key), flaw)


def _fault(keys: tuple[str | int, ...], flaw: Flaw) -> Fault:
    return Fault(_pointer(keys if flaw.key is None else (*keys, flaw.key)), flaw.message, flaw.rule)


def _pointer(keys: tuple[str | int, ...]) -> str:
    """The pointer to `keys`, as far as it can be told: a key that is huge or cannot be written ends it."""
    told: list[str | int] = []
    for key in keys:
        if isinstance(key, str) and (len(key) > 255 or _UNFIT.search(key)):
            break
        told.append(key)
    return pointer_of(told)


def _key_flaw(key: Any) -> Flaw | None:
    return string_flaw(key) if type(key) is str else Flaw(f"the key {key!r} is not a string: put it in quotes", "key")


def _flaw_of(value: Any) -> Flaw | None:
    """What is wrong with a value that is neither object nor list."""
    kind = type(value)
    if value is None or kind is bool:
        return None
    if kind is str:
        return string_flaw(value)
    if kind is int:
        return _integer_flaw(value)
    if kind is float:
        return _float_flaw(value, repr(value))
    return value if isinstance(value, Flaw) else Flaw(f"a {kind.__name__} is not a JSON value", "value")


def _integer_flaw(value: int) -> Flaw | None:
    if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        return None
    # Python refuses to write integers of more than 4,300 digits.
    told = str(value) if value.bit_length() < 256 else f"an integer of {value.bit_length():,} bits"
    return Flaw(f"{told} is beyond ±{LARGEST_INTEGER} and would lose digits: write it as a string", "number")


def _float_flaw(value: float, text: str) -> Flaw | None:
    if -LARGEST_INTEGER <= value <= LARGEST_INTEGER or _EXPONENT_FORM <= abs(value) < inf:
        return None
    if not isfinite(value):
        return Flaw(f"{text} is not a finite number: give a smaller one, or null", "number")
    return Flaw(f"{text} is a whole number beyond ±{LARGEST_INTEGER}: write it as a string", "number")


def _same_number(text: str, value: float) -> bool:
    if value == 0:  # written as zero, or too small; Decimal refuses exponents of twenty digits
        return not text.lower().partition("e")[0].strip("+-0.")
    return Decimal(text) == Decimal(repr(value))


def _too_long(text: str) -> Flaw:
    message = f"a number of {len(text):,} characters is too long: use at most {_MAX_NUMBER_LENGTH}, or a string"
    return Flaw(message, "number")


def _size_flaw(value: Any, max_depth: int, max_nodes: int) -> Flaw | None:
    """Counted level by level; a value that stands in several places counts in each."""
    level, nodes, depth = [value], 1, 0
    while level := [item for item in level if type(item) is dict or type(item) is list]:
        depth += 1
        if depth > max_depth:
            return too_deep(max_depth)
        below: list[Any] = []
        for item in level:
            below.extend(item.values() if type(item) is dict else item)
            if nodes + len(below) > max_nodes:
                return too_many(max_nodes)
        nodes += len(below)
        level = below
    return None


def too_deep(max_depth: int) -> Flaw:
    """The fault of a document with more than `max_depth` objects and lists in each other."""
    return Flaw(f"nested deeper than {max_depth} levels: make it flatter", "depth")


def too_many(max_nodes: int) -> Flaw:
    """The fault of a document with more than `max_nodes` values."""
    return Flaw(f"more than {max_nodes:,} values: give less at once", "nodes")
