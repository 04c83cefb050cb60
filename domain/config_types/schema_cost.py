"""What it may cost to check a document against a schema: a bound, known before anything is checked.

A document of 50,000 values and a schema of 10,000 are each acceptable alone; together they could take minutes.
"""

from __future__ import annotations

from functools import cached_property
from itertools import takewhile
from typing import Any

import orjson

from domain.config_types.subschemas import resolved, subschemas
from domain.documents import Document
from domain.json_values import MAX_DEPTH

MAX_UNITS = 4_000_000
"""Of about 12 ns each: what one document may cost. A keyword, or an option of an enum, is a unit for each value."""
TEXT_UNITS = 0.3  # for each byte, and each pattern that may have to look at it
MAX_TOLD_UNITS, MAX_TOLD_COPIES = 5_000, 200_000
"""Up to here all faults are looked for: each costs a thousand times a unit, and a copy of the value that has it."""
MAX_FAULTS = 100
"""As many faults of one document are told."""

_UNITS = {"pattern": 20, "format": 20, "multipleOf": 3_000}
_IN_ITEMS = {"uniqueItems": 20}
_ONE_APPLIES = frozenset({"properties", "additionalProperties", "items", "prefixItems"})
_STEPS_DOWN = _ONE_APPLIES | {
    *("patternProperties", "propertyNames", "contains", "unevaluatedProperties", "unevaluatedItems"),
}
_ABOUT_SCHEMAS = _STEPS_DOWN | {
    *("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "$ref", "$defs", "definitions"),
    *("default", "description", "title", "examples", "$comment"),
}
_IS_CHEAP_UNITS, _IS_CHEAP_PATTERNS = 80, 4  # whatever a request may hold


class SchemaCost:
    """The bound for one schema, which `schema.checked` has accepted."""

    def __init__(self, root: Document) -> None:
        self._root = root
        self._known: dict[tuple[int, int, bool], int] = {}

    def affordable(self, document: Document) -> bool:
        """Whether checking the document is within the budget."""
        if sum(self._units) <= _IS_CHEAP_UNITS and self._patterns <= _IS_CHEAP_PATTERNS:
            return True
        text = TEXT_UNITS * self._patterns * len(orjson.dumps(document)) if self._patterns else 0
        return text + self._spent(values_by_level(document)) <= MAX_UNITS

    def tellable(self, document: Document) -> bool:
        """Whether all faults of the document can be looked for, not only the first."""
        levels = values_by_level(document)
        return self._spent(levels) <= MAX_TOLD_UNITS and sum(self._units) * sum(levels) <= MAX_TOLD_COPIES

    def _spent(self, levels: list[int]) -> int:
        return sum(values * units for values, units in zip(levels, self._units, strict=False))

    @cached_property
    def _units(self) -> list[int]:
        """The most that the schema asks of a value so many steps down, as far down as it speaks of any."""
        levels = (self._most(self._root, depth, patterns=False) for depth in range(MAX_DEPTH + 1))
        return list(takewhile(bool, levels))  # every schema costs something, so none stands below a level without

    @cached_property
    def _patterns(self) -> int:
        """The most regular expressions that look at one text."""
        return max(self._most(self._root, depth, patterns=True) for depth in range(len(self._units)))

    def _most(self, schema: Any, depth: int, *, patterns: bool) -> int:
        """What a schema asks of one value, `depth` steps below the one that it speaks of."""
        if not isinstance(schema, dict):
            return 0
        key = (id(schema), depth, patterns)
        if key not in self._known:
            own = (_patterns_of if patterns else _units_of)(schema, depth)
            self._known[key] = own + self._of_inner(schema, depth, patterns=patterns)
        return self._known[key]

    def _of_inner(self, schema: Document, depth: int, *, patterns: bool) -> int:
        total, largest = 0, 0
        if "$ref" in schema:
            total += self._most(resolved(self._root, schema["$ref"]), depth, patterns=patterns)
        for inner in subschemas(schema):
            if inner.step is None:
                total += self._most(inner.schema, depth, patterns=patterns)
            elif depth > 0:
                found = self._most(inner.schema, depth - 1, patterns=patterns)
                if inner.path[0] in _ONE_APPLIES:
                    largest = max(largest, found)
                else:
                    total += found
        return total + largest


def _units_of(schema: Document, depth: int) -> int:
    if depth == 0:
        return 1 + sum(
            _UNITS.get(word, 0) + _size(value) for word, value in schema.items() if word not in _ABOUT_SCHEMAS
        )
    if depth == 1:
        of_items = sum(units for word, units in _IN_ITEMS.items() if schema.get(word))
        return of_items + 20 * len(schema.get("patternProperties", ()))
    return 0


def _patterns_of(schema: Document, depth: int) -> int:
    if depth == 0:
        return ("pattern" in schema) + ("format" in schema)
    return len(schema.get("patternProperties", ())) if depth == 1 else 0


def _size(value: Any) -> int:
    """The values of a keyword: the options of an enum with all that is in them."""
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1


def values_by_level(document: Document) -> list[int]:
    """How many values a document has at each depth, itself at the first."""
    counts: list[int] = []
    level: list[Any] = [document]
    while level:
        counts.append(len(level))
        holders = [item for item in level if type(item) is dict or type(item) is list]
        level = [inner for item in holders for inner in (item.values() if type(item) is dict else item)]
    return counts
