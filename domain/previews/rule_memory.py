"""Whether a document is valid, when it is one of very many that differ in fields that no rule reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson

from domain.config_types.definition import Rule, TypeDefinition
from domain.config_types.rule_set import SMALL, nodes_in
from domain.documents import Document
from domain.pointers import MISSING

_THIS = re.compile(r"\bthis\b(?:\s*\.\s*([A-Za-z_]\w*)\b(?!\s*\())?", re.ASCII)


def fields_read(rules: Iterable[Rule]) -> tuple[str, ...] | None:
    """The top-level fields that these rules can read, sorted; None where one may read any, as `size(this)` does."""
    names = {found[1] for rule in rules for found in _THIS.finditer(rule.expression)}
    return None if None in names else tuple(sorted(names))


class RuleMemory:
    """Checks documents of one type by schema each, and by rules once for equal values of the fields that rules read."""

    def __init__(self, definition: TypeDefinition) -> None:
        self._definition = definition
        self._fields = fields_read(definition.rules)
        self._known: dict[tuple[Any, ...], bool] = {}

    def valid(self, base: Base, document: Document, data: str) -> bool:
        """Whether `document`, whose JSON is `data`, is valid laid over `base`. It has no objects in it."""
        value = {**base.value, **document}
        if self._definition.violations(value, rules=False):
            return False
        if not self._definition.rules:
            return True
        if self._fields is None or not base.has_room(data):
            return not self._definition.violations(value)
        key = tuple([_distinct(value.get(name, MISSING)) for name in self._fields])
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = not self._definition.violations(value)
        return known


def _distinct(value: Any) -> Any:
    """A key that no other value has: 1, 1.0 and true are told apart, as rules do."""
    kind = type(value)
    if kind is int or kind is str:
        return value
    return (kind, orjson.dumps(value) if kind is list or kind is dict else value)


class Base:
    """What documents are laid over, and its size."""

    def __init__(self, value: Document) -> None:
        self.value = value
        self._bytes_left = SMALL.bytes - len(orjson.dumps(value))
        self._nodes_left = SMALL.nodes - nodes_in(value)

    def has_room(self, data: str) -> bool:
        """Whether with `data`, which is JSON, it stays of a size for which the rules of every type can be checked.

        Larger documents can be refused for their size alone, so equal fields prove nothing of them.
        """
        values = data.count(",") + data.count("[") + data.count("{") + 1  # no fewer than there are
        return len(data) * 4 <= self._bytes_left and values <= self._nodes_left
