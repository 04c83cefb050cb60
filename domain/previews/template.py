"""A prompt template with its variables filled in, for a preview."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from domain.errors import Fault, InvalidRequest
from domain.pointers import pointer_of

MAX_RENDERED = 1_000_000
"""Characters: a short text can name a long value many times."""

_BRACES = re.compile(r"\{\{|\}\}|\{([^\W\d]\w*)((?:[.\[][^{}!:]*)?)([!:][^{}]*)?\}")
"""The same names as template_variables finds: a name, a path into its value, and a format, which is not applied."""
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\[\]]+)\]")
_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Rendered:
    """`prompt` is None where values are `missing`; `length` counts its characters."""

    prompt: str | None
    length: int | None
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    unformatted: tuple[str, ...]
    """Variables that ask for a conversion or format (`{name!r}`, `{name:>8}`): the plain value stands there."""

    def above(self, limit: int | None) -> bool | None:
        """Whether it is longer than so many characters; None where nothing limits or there is no prompt."""
        return None if limit is None or self.length is None else self.length > limit

    def required(self) -> Rendered:
        """Itself. Raises InvalidRequest that names each value that is missing."""
        if self.missing:
            faults = [Fault(_variable(name), f"{name} has no value", "required") for name in self.missing]
            detail = f"the template needs {', '.join(self.missing)}: give a value for each in sample"
            raise InvalidRequest(detail, faults=faults)
        return self


def _variable(name: str) -> str:
    """Where in a request the value for `name`, or `name.part`, belongs."""
    return pointer_of(["sample", re.split(r"[.\[]", name)[0]])


def rendered(text: str, values: Mapping[str, Any]) -> Rendered:
    """`{name}` becomes its value, `{{` and `}}` a brace, `{name.part}` and `{name[0]}` what is inside the value.

    A text stands as it is, any other value as JSON. Values are never looked at for variables. One pass, linear. Raises
    InvalidRequest for a prompt that would be too long.
    """
    filling = _Filling(values)
    at = 0
    for found in _BRACES.finditer(text):
        filling.add(text[at : found.start()])
        filling.take(found)
        at = found.end()
    filling.add(text[at:])
    return filling.done()


class _Filling:
    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._parts: list[str] = []
        self._length = 0
        self._used: set[str] = set()
        self._missing: dict[str, None] = {}
        self._unformatted: dict[str, None] = {}

    def add(self, part: str) -> None:
        self._parts.append(part)
        self._length += len(part)
        if self._length > MAX_RENDERED:
            message = f"the prompt would have more than {MAX_RENDERED:,} characters: give shorter values in sample"
            raise InvalidRequest.at("/sample", message, "max_length")

    def take(self, found: re.Match[str]) -> None:
        name, path, form = found.groups()
        if name is None:
            self.add(found[0][0])
            return
        self._used.add(name)
        value = _inside(self._values.get(name, _ABSENT), path)
        if value is _ABSENT:
            self._missing[f"{name}{path}"] = None
            return
        if form:
            self._unformatted[found[0]] = None
        self.add(value if isinstance(value, str) else orjson.dumps(value).decode())

    def done(self) -> Rendered:
        unused = tuple(sorted(self._values.keys() - self._used))
        lists = tuple(self._missing), unused, tuple(self._unformatted)
        return Rendered(None, None, *lists) if self._missing else Rendered("".join(self._parts), self._length, *lists)


def _inside(value: Any, path: str) -> Any:
    """What a path leads to: keys of objects and places in lists, never attributes."""
    steps = list(_STEP.finditer(path))
    if sum(len(step[0]) for step in steps) != len(path):
        return _ABSENT
    for step in steps:
        key = step[1] or step[2]
        if isinstance(value, dict):
            value = value.get(key, _ABSENT)
        elif isinstance(value, list) and key.isascii() and key.isdigit() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            return _ABSENT
    return value
