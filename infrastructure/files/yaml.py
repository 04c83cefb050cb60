"""YAML files: version 1.2, core schema, one document, keys that are strings and stand once.

Built from the parser's events, so that each limit holds while the file is read and each fault has its line. A date
stays the text that was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from domain.errors import InvalidFile
from domain.json_values import MAX_DEPTH, Flaw, check_values, duplicate_flaw, shown, too_deep, too_many
from infrastructure.files.core_schema import PREFIX, meaning
from infrastructure.files.source import MAX_NODES, Source, refusal

_MAX_CHARACTERS = 4 << 20  # the parser takes 4 µs a character: longer files would take minutes
_MAX_ALIASES = 100
_MAX_ALIASED_NODES = 50_000
_DIRECTIVE = re.compile(r"(?:[ \t]*+(?:#[^\n]*+)?\n)*+%")


def read_yaml(source: Source) -> Any:
    """The value in a YAML file."""
    if len(source.text) > _MAX_CHARACTERS:
        raise refusal(source.name, f"YAML of more than {_MAX_CHARACTERS:,} characters: write it as JSON", rule="size")
    if directive := _DIRECTIVE.match(source.text):
        message = "directives (%) are not read: take the line out; the file is read as YAML 1.2"
        raise source.refused(message, offset=directive.end() - 1, rule="syntax")
    value = _Tree(source).value()
    for fault in check_values(value, max_nodes=MAX_NODES):  # aliases can nest deeper than the text does
        raise source.refused(fault.message, offset=0, pointer=fault.pointer, rule=fault.rule)
    return value


class _Tree:
    """The values of one file, built as its events come in."""

    def __init__(self, source: Source) -> None:
        self._name = source.name
        self._events = _events(source)
        self._anchored: dict[str, tuple[Any, int]] = {}  # name → value, and of how many nodes
        self._nodes = 0
        self._aliases = 0
        self._aliased_nodes = 0

    def value(self) -> Any:
        """The value of the only document."""
        next(self._events)  # the start of the stream
        event = next(self._events)
        if isinstance(event, StreamEndEvent):
            raise self._refused(event, Flaw("the file is empty: write at least {}", "object"))
        value = self._node(next(self._events), depth=1)
        while isinstance(event := next(self._events), DocumentEndEvent):
            pass
        if not isinstance(event, StreamEndEvent):
            raise self._refused(event, Flaw("a second document begins here: keep one in a file", "syntax"))
        return value

    def _node(self, event: Any, *, depth: int) -> Any:
        """The value that begins with `event`, `depth` levels down if it is an object or a list."""
        if isinstance(event, AliasEvent):
            return self._aliased(event)
        nodes_before = self._nodes
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._refused(event, too_many(MAX_NODES))
        value = self._scalar(event) if isinstance(event, ScalarEvent) else self._collection(event, depth)
        if event.anchor is not None:
            self._anchored[event.anchor] = value, self._nodes - nodes_before
        return value

    def _aliased(self, event: Any) -> Any:
        if event.anchor not in self._anchored:
            raise self._refused(event, Flaw(f"*{event.anchor} stands for nothing above: write the value out", "alias"))
        value, nodes = self._anchored[event.anchor]
        self._aliases += 1
        self._aliased_nodes += nodes
        self._nodes += nodes  # so that an anchor around aliases counts what they stand for
        if self._aliases > _MAX_ALIASES or self._aliased_nodes > _MAX_ALIASED_NODES:
            limits = f"{_MAX_ALIASES} aliases, or {_MAX_ALIASED_NODES:,} values through them"
            raise self._refused(event, Flaw(f"more than {limits}: write the values out", "alias"))
        return value

    def _scalar(self, event: Any) -> Any:
        value = meaning(event.value, tag=event.tag, plain=event.implicit[0])
        if isinstance(value, Flaw):
            raise self._refused(event, value)
        return value

    def _collection(self, event: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise self._refused(event, too_deep(MAX_DEPTH))
        is_mapping = isinstance(event, MappingStartEvent)
        if event.tag not in (None, "!", PREFIX + ("map" if is_mapping else "seq")):
            raise self._refused(event, Flaw(f"the tag {shown(event.tag)} is not read: take it out", "tag"))
        return self._mapping(depth) if is_mapping else self._sequence(depth)

    def _sequence(self, depth: int) -> list[Any]:
        items = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event, depth=depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event)
            if key in members:
                raise self._refused(event, duplicate_flaw([key, key]))
            members[key] = self._node(next(self._events), depth=depth + 1)
        return members

    def _key(self, event: Any) -> str:
        if not isinstance(event, ScalarEvent):
            raise self._refused(event, Flaw("a key must be a plain string", "key"))
        key = self._scalar(event)
        if not isinstance(key, str):
            raise self._refused(event, Flaw(f"the key {event.value} is not a string: put it in quotes", "key"))
        if key == "<<" and event.implicit[0]:
            raise self._refused(event, Flaw("merge keys (<<) are not read: write the members out", "key"))
        return key

    def _refused(self, event: Event, flaw: Flaw) -> InvalidFile:
        mark = event.start_mark
        return refusal(self._name, flaw.message, line=mark.line + 1, column=mark.column + 1, rule=flaw.rule)


def _events(source: Source) -> Iterator[Event]:
    """The parser's events. Its own errors become InvalidFile."""
    line, column = 1, 1
    try:
        for event in YAML(typ="safe", pure=True).parse(source.text):
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = mark.line + 1, mark.column + 1
        raise refusal(source.name, str(error.problem), line=line, column=column, rule="syntax") from None
    except ReaderError as error:
        message = f"the character U+{error.character:04X} cannot stand in YAML: take it out"
        raise source.refused(message, offset=error.position, rule="syntax") from None
    except (ValueError, AssertionError) as error:  # how the parser refuses \U00110000, and a version it does not know
        raise refusal(source.name, f"after this value: {error}", line=line, column=column, rule="syntax") from None
