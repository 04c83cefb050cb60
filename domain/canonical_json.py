"""Canonical JSON (RFC 8785): equal values have equal bytes, in every language. Digests and signatures are made over it.

orjson writes the same bytes at a hundredth of the cost, but for three things, which are put right before it writes:
whole floats (`1.0` must be `1`), floats beside the range where both write plain decimals, and keys beyond the basic
plane (which must sort by UTF-16 units). tests/domain/test_canonical_json.py proves it against the rfc8785 package.
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from types import NoneType
from typing import Any

import orjson

from domain.json_values import LARGEST_INTEGER

_AS_THEY_ARE = frozenset({str, int, bool, NoneType})
_BEYOND_BASIC_PLANE = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value; a tuple counts as a list.

    Raises TypeError or ValueError for what JSON cannot say: NaN, integers beyond 2**53 - 1, lone surrogates, dates.
    """
    prepared = _prepared(value)
    written = orjson.dumps(prepared, option=_SORTED)
    if written.isascii() or not any(lead in written for lead in _BEYOND_BASIC_PLANE):
        return written
    return orjson.dumps(_ordered(prepared), option=orjson.OPT_STRICT_INTEGER)


def _prepared(value: Any) -> Any:
    """`value` with each float made to be written as ECMAScript writes it."""
    kind = type(value)
    if kind is dict:
        return {key: item if type(item) in _AS_THEY_ARE else _prepared(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [item if type(item) in _AS_THEY_ARE else _prepared(item) for item in value]
    if kind is float:
        return _prepared_float(value)
    if kind in _AS_THEY_ARE:
        return value
    raise TypeError(f"a {kind.__name__} is not a JSON value")


def _prepared_float(value: float) -> float | int | orjson.Fragment:
    if not isfinite(value):
        raise ValueError(f"{value} is not a JSON number")
    if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        if value.is_integer():
            return int(value)
        if not -1e-4 < value < 1e-4:
            return value
    return orjson.Fragment(_ecmascript(value))


def _ecmascript(value: float) -> str:
    """Number::toString: Python's digits, plain from 1e-6 up to 1e21, else with an exponent that has no leading zero."""
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)).normalize(), "f")
    return repr(value).replace("e-0", "e-")


def _ordered(value: Any) -> Any:
    """`value` with the keys of each object in UTF-16 order; orjson's own sorting goes by code point."""
    if type(value) is dict:
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [_ordered(item) for item in value] if type(value) is list else value
