"""What a scalar of YAML means: the core schema of YAML 1.2.2 (section 10.3.2), and no tag beyond it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from domain.json_values import Flaw, shown, string_flaw, written_float_flaw, written_integer_flaw

PREFIX = "tag:yaml.org,2002:"


def _integer(text: str) -> Any:
    return written_integer_flaw(text) or int(text)


def _based_integer(text: str) -> Any:
    return written_integer_flaw(text, base=0) or int(text, 0)


def _float(text: str) -> Any:
    return written_float_flaw(text) or float(text)


_MEANINGS: tuple[tuple[str, re.Pattern[str], Callable[[str], Any]], ...] = (
    ("null", re.compile(r"null|Null|NULL|~|"), lambda _: None),
    ("bool", re.compile(r"true|True|TRUE"), lambda _: True),
    ("bool", re.compile(r"false|False|FALSE"), lambda _: False),
    ("int", re.compile(r"[-+]?[0-9]+"), _integer),
    ("int", re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+"), _based_integer),
    ("float", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), _float),
    ("float", re.compile(r"[-+]?\.(?:inf|Inf|INF)"), lambda text: _float(text.replace(".", ""))),
    ("float", re.compile(r"\.(?:nan|NaN|NAN)"), lambda text: _float(text.replace(".", ""))),
)
"""The first that fits; a text that none fits is a string."""


def meaning(text: str, *, tag: str | None, plain: bool) -> Any:
    """The value of a scalar, or a Flaw. `plain` is a scalar without quotes; `tag` is None where none was written."""
    if tag in ("!", PREFIX + "str") or (tag is None and not plain):
        return string_flaw(text) or text
    for name, pattern, value_of in _MEANINGS:
        if tag in (None, PREFIX + name) and pattern.fullmatch(text):
            return value_of(text)
    if tag is None:
        return string_flaw(text) or text
    return Flaw(f"{shown(text)} does not fit its tag {shown(tag)}: take the tag out", "tag")
