"""TOML files, by the standard library: it makes plain values, and is safe once keys and nesting have a limit."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from typing import Any

from domain.errors import Fault, InvalidFile
from domain.json_values import (
    MAX_DEPTH,
    Flaw,
    check_values,
    too_deep,
    too_many,
    written_float_flaw,
    written_integer_flaw,
)
from infrastructure.files.source import MAX_NODES, Source, refusal

_MAX_KEY_PARTS = 64

# Strings and comments. A string without an end takes the rest of its line, or of the text, so that none is tried twice.
_MASKED = re.compile(
    r"""
    \"{3} (?: [^"\\]++ | \\. | "(?!"") )*+ (?: "{3,5} | \\?\Z )
  | '{3} (?: [^']++ | '(?!'') )*+ (?: '{3,5} | \Z )
  | " (?: [^"\\\n]++ | \\[^\n] )*+ (?: " | \\?(?=\n) | \\?\Z )
  | ' [^'\n]*+ (?: ' | (?=\n) | \Z )
  | (?P<comment> \#[^\n]*+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_BETWEEN_SIGNS = re.compile(r"[^=,\[\]{}\n]+")
_BRACKET = re.compile(r"[\[\]{}]")
_NUMBER = re.compile(r"(?<=[=,\[])[ \t\n]*+([+-]?\w[\w.+-]*+)(?=[ \t]*+(?:[,\]}\n]|\Z))")
_NUL = re.compile(r"\\u0000|\\U00000000")
_PLACE = re.compile(r"(.*) \((?:at line (\d+), column (\d+)|at end of document)\)", re.DOTALL)


def read_toml(source: Source) -> Any:
    """The document in a TOML file; dates and times become ISO 8601 strings."""
    masked = _MASKED.sub(_mask, source.text)
    _check_shape(source, masked)
    try:
        value = tomllib.loads(source.text, parse_float=_float)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_refusal(source, str(error)) from None
    except ValueError:  # an integer of thousands of digits
        message = "a number of thousands of digits is too long: write it as a string"
        raise source.refused(message, offset=_bad_number(masked), rule="number") from None
    document = _plain(value)
    for fault in check_values(document, max_nodes=MAX_NODES):
        raise _value_refusal(source, masked, fault)
    return document


def _mask(found: re.Match[str]) -> str:
    """Filler of the same length: offsets stay, a quoted part of a key still counts as one."""
    return (" " if found["comment"] else "s") * len(found[0])


def _check_shape(source: Source, masked: str) -> None:
    """Refuse, before the parser sees it, what would cost it minutes or exhaust its stack."""
    if masked.count("=") > MAX_NODES or masked.count(",") > MAX_NODES:
        raise source.refused(too_many(MAX_NODES).message, offset=0, rule="nodes")
    for piece in _BETWEEN_SIGNS.finditer(masked):
        if piece[0].count(".") >= _MAX_KEY_PARTS:
            message = f"a key of more than {_MAX_KEY_PARTS} parts: make it flatter"
            raise source.refused(message, offset=piece.start(), rule="depth")
    depth = 0
    for bracket in _BRACKET.finditer(masked):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            raise source.refused(too_deep(MAX_DEPTH).message, offset=bracket.start(), rule="depth")


def _float(text: str) -> float | Flaw:
    return written_float_flaw(text) or float(text)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat().replace("+00:00", "Z")
    return value


def _syntax_refusal(source: Source, message: str) -> InvalidFile:
    place = _PLACE.fullmatch(message)
    if place is None or place[2] is None:
        return source.refused(place[1] if place else message, offset=len(source.text), rule="syntax")
    return refusal(source.name, place[1], line=int(place[2]), column=int(place[3]), rule="syntax")


def _value_refusal(source: Source, masked: str, fault: Fault) -> InvalidFile:
    offset = 0
    if fault.rule == "number":
        offset = _bad_number(masked)
    elif fault.rule == "string" and (nul := _NUL.search(source.text)):
        offset = nul.start()
    return source.refused(fault.message, offset=offset, pointer=fault.pointer, rule=fault.rule)


def _bad_number(masked: str) -> int:
    """Where the first number stands that breaks a rule. The parser tells values without their places."""
    return next((number.start(1) for number in _NUMBER.finditer(masked) if _is_bad(number[1])), 0)


def _is_bad(word: str) -> bool:
    try:
        if word.lstrip("+-").replace("_", "").isdecimal():
            return written_integer_flaw(word) is not None
        if word[:2] in ("0x", "0o", "0b"):
            return bool(check_values(int(word, 0)))
        return written_float_flaw(word) is not None
    except ValueError:  # a date, true, or a word
        return False
