"""JSON as it may come from outside: one text, one meaning, and a bounded cost.

What is accepted is read back byte-equal in canonical form (`domain/canonical_json.py`): no key is lost, no digit is
rounded.
"""

from __future__ import annotations

import json
import re
from typing import Any

from domain.errors import InvalidRequest, TooLarge
from domain.json_values import (
    LARGEST_INTEGER,
    MAX_DEPTH,
    MAX_FAULTS,
    MAX_NODES,
    Flaw,
    duplicate_flaw,
    faults_in,
    too_deep,
    too_many,
    written_float_flaw,
    written_integer_flaw,
)

MAX_BYTES = 1 << 20

# Ends with the text where a quote is missing, so that no quote is ever tried twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_EMPTY = re.compile(rb"\[[ \t\r\n]*+\]|\{[ \t\r\n]*+\}")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_RISKY_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def parse(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, max_nodes: int = MAX_NODES) -> Any:
    """The value that `raw` writes.

    Raises TooLarge; or InvalidRequest with the JSON pointer of each fault (the first MAX_FAULTS), and with line and
    column when the text is not JSON at all.
    """
    if len(raw) > max_bytes:
        raise TooLarge(f"the JSON has {len(raw):,} bytes and {max_bytes:,} are allowed: send less at once")
    text = _decoded(raw)
    _check_shape(raw, max_depth=max_depth, max_nodes=max_nodes)
    reading = _Reading()
    value = reading.value_of(text)
    if reading.flaws or ("\\u" in text and _RISKY_ESCAPE.search(text)):
        _check_faults(value)
    return value


def _check_faults(value: Any) -> None:
    if faults := faults_in(value):
        raise InvalidRequest("; ".join(dict.fromkeys(fault.message for fault in faults)), faults=faults)


def _decoded(raw: bytes) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise InvalidRequest.at("", "the JSON begins with a byte order mark: send UTF-8 without one", "encoding")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[raw.rfind(b"\n", 0, error.start) + 1 : error.start].decode()) + 1
        message = f"not UTF-8 at line {line}, column {column}: send the JSON as UTF-8"
        raise InvalidRequest.at("", message, "encoding") from None


def _check_shape(raw: bytes, *, max_depth: int, max_nodes: int) -> None:
    """Refuse what is too deep or has too many values, before anything is built.

    Text that is not JSON may pass: the parser stops at its first error, and up to there both see the same tokens.
    """
    opened = raw.count(b"[") + raw.count(b"{")
    if opened <= max_depth and raw.count(b",") + opened < max_nodes:
        return
    # A value has a string at most, and one more for its key: counting stops where there are more.
    bare, strings = _STRING.subn(b"", raw, count=2 * max_nodes + 1)
    opened = bare.count(b"[") + bare.count(b"{")
    if strings > 2 * max_nodes or opened > max_nodes or _nodes(bare, opened) > max_nodes:
        flaw = too_many(max_nodes)
        raise InvalidRequest.at("", flaw.message, flaw.rule)
    if opened > max_depth and _is_deeper(bare, max_depth):
        flaw = too_deep(max_depth)
        raise InvalidRequest.at("", flaw.message, flaw.rule)


def _nodes(bare: bytes, opened: int) -> int:
    """How many values a text has, its strings taken out: one, and one more after each comma and in each filled pair."""
    return 1 + bare.count(b",") + opened - len(_EMPTY.findall(bare))


def _is_deeper(bare: bytes, max_depth: int) -> bool:
    depth = 0
    for bracket in bare.translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > max_depth:
            return True
        if depth <= 0:  # the value is complete: the parser refuses what follows
            return False
    return False


class _Reading:
    """One run of the standard library's C scanner.

    A value that breaks a rule is left in the tree as a Flaw, so that a walk can tell where it stands: the scanner
    itself does not know. Past MAX_FAULTS nothing is looked at closely, so that a body full of faults costs no more
    than a sound one.
    """

    __slots__ = ("flaws",)

    def __init__(self) -> None:
        self.flaws = 0

    def value_of(self, text: str) -> Any:
        decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=self._float,
            parse_int=self._integer,
            parse_constant=self._constant,
        )
        try:
            return decoder.decode(text)
        except json.JSONDecodeError as error:
            problem = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
            message = f"not JSON at line {error.lineno}, column {error.colno}: {problem}"
            raise InvalidRequest.at("", message, "syntax") from None

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        return None if self.flaws > MAX_FAULTS else self._flawed(duplicate_flaw([key for key, _ in pairs]))

    def _float(self, text: str) -> Any:
        if len(text) < 25 and -LARGEST_INTEGER <= (value := float(text)) <= LARGEST_INTEGER:
            written = repr(value)
            if written == text or written == text.rstrip("0"):  # 0.1 or 0.10: nearly always
                return value
        if self.flaws > MAX_FAULTS:
            return None
        flaw = written_float_flaw(text)
        return float(text) if flaw is None else self._flawed(flaw)

    def _integer(self, text: str) -> Any:
        if len(text) < 16:
            return int(text)
        if self.flaws > MAX_FAULTS:
            return None
        flaw = written_integer_flaw(text)
        return int(text) if flaw is None else self._flawed(flaw)

    def _constant(self, text: str) -> Any:
        if self.flaws > MAX_FAULTS:
            return None
        return self._flawed(Flaw(f"{text} is not a JSON number: give null, or leave the field out", "number"))

    def _flawed(self, flaw: Flaw) -> Flaw:
        self.flaws += 1
        return flaw
