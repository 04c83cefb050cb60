"""What a schema says of one place in a document, however the schema is put together.

A place can be spoken of by several schemas at once: through `$ref`, `allOf`, the branches of `anyOf`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.config_types.subschemas import resolved
from domain.config_types.validators import pattern
from domain.documents import Document

_BRANCHES = ("anyOf", "oneOf")
_CONDITIONS = ("if", "then", "else")


class Place:
    """The schemas that speak of one place."""

    __slots__ = ("_children", "_item", "_named", "_other", "_patterned", "_shape", "schemas", "secret", "types")

    def __init__(self, shape: Shape, schemas: tuple[Document, ...]) -> None:
        self.schemas = schemas
        self.types = frozenset(name for schema in schemas for name in types_of(schema))
        self.secret = any(schema.get("x-secret") is True for schema in schemas)
        self._shape = shape
        self._named = frozenset(name for schema in schemas for name in schema.get("properties", ()))
        self._patterned = any("patternProperties" in schema for schema in schemas)
        self._children: dict[str, Place] = {}
        self._item: Place | None = None
        self._other: Place | None = None  # of every key that is not named, where no pattern tells them apart

    @property
    def names(self) -> list[str]:
        """The properties that are named here, in the order of the schema."""
        return list(dict.fromkeys(name for schema in self.schemas for name in schema.get("properties", {})))

    def child(self, key: str) -> Place:
        """The place of `key` in an object that stands here."""
        found = self._children.get(key)
        if found is not None:
            return found
        if key in self._named:
            found = self._children[key] = self._shape.place(_speaking_of(key, self.schemas))
            return found  # only named keys are kept: those of a document are without number
        if self._patterned:
            return self._shape.place(_speaking_of(key, self.schemas))
        if self._other is None:
            self._other = self._shape.place(_speaking_of(key, self.schemas))
        return self._other

    def item(self) -> Place:
        """The place of any item in a list that stands here."""
        if self._item is None:
            self._item = self._shape.place(_speaking_of_items(self.schemas))
        return self._item


class Shape:
    """The places of one schema.

    With `branches`, a place gathers all that may speak of it; without, only what certainly does, and the one branch
    that an object can take where there is just one (an object or null).
    """

    def __init__(self, root: Document, *, branches: bool) -> None:
        self._root = root
        self._branches = branches
        self._places: dict[tuple[int, ...], Place] = {}
        self.top = self.place([root])

    def place(self, schemas: Iterable[Any]) -> Place:
        """The place that these schemas speak of, with all that they refer to. Recursive schemas make finitely many."""
        gathered: dict[int, Document] = {}
        waiting = list(schemas)
        while waiting:
            schema = waiting.pop(0)
            if isinstance(schema, dict) and id(schema) not in gathered:
                gathered[id(schema)] = schema
                waiting.extend(self._joined(schema))
        key = tuple(gathered)
        if key not in self._places:
            self._places[key] = Place(self, tuple(gathered.values()))
        return self._places[key]

    def _joined(self, schema: Document) -> Iterator[Any]:
        if "$ref" in schema:
            yield resolved(self._root, schema["$ref"])
        yield from schema.get("allOf", ())
        for word in _BRANCHES:
            branches = schema.get(word, [])
            objects = [branch for branch in branches if self._may_be_object(branch)]
            if self._branches:
                yield from branches
            elif len(objects) == 1:
                yield objects[0]
        if self._branches:
            yield from (schema[word] for word in _CONDITIONS if word in schema)
            yield from schema.get("dependentSchemas", {}).values()

    def _may_be_object(self, branch: Any) -> bool:
        seen: set[int] = set()
        while isinstance(branch, dict) and "type" not in branch and "$ref" in branch and id(branch) not in seen:
            seen.add(id(branch))
            branch = resolved(self._root, branch["$ref"])
        return not isinstance(branch, dict) or "type" not in branch or "object" in types_of(branch)


def types_of(schema: Document) -> list[str]:
    """The names in `type`, whether one or several; none where the schema does not say."""
    named = schema.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def _speaking_of(key: str, schemas: Iterable[Document]) -> Iterator[Any]:
    for schema in schemas:
        matching = [inner for test, inner in schema.get("patternProperties", {}).items() if pattern(test).is_valid(key)]
        named = [schema["properties"][key]] if key in schema.get("properties", {}) else []
        yield from named
        yield from matching
        if not named and not matching:
            yield schema.get("additionalProperties", True)


def _speaking_of_items(schemas: Iterable[Document]) -> Iterator[Any]:
    for schema in schemas:
        yield from schema.get("prefixItems", ())
        yield schema.get("items", True)
