"""What a schema's structure must not have: references out of it, work without end, secrets in odd places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from domain.config_types.secrets import is_reference
from domain.config_types.shape import types_of
from domain.config_types.subschemas import Step, Subschema, positions, resolved, subschemas
from domain.documents import Document
from domain.errors import Fault
from domain.pointers import pointer_of

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MAX_EXPANDED = 10_000
"""How many schemas there may be once every `$ref` is followed: each may be checked for each value of a document."""
MAX_REFERENCES_DEEP = 100

_REFUSED = (
    "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary",
)  # fmt: skip
_WHERE_SECRETS_MAY_STAND = frozenset(
    {"properties", "patternProperties", "additionalProperties", "allOf", "anyOf", "oneOf"}
)


class _Unusable(Exception):
    """Carries the reason that ends the walk."""


def structural_faults(schema: Document) -> list[Fault]:
    """Every fault of structure; work without end is looked for only when all references are sound."""
    known = {id(inner) for _, inner in positions(schema)}
    faults = [
        Fault(pointer_of([*path, keyword]), message, keyword)
        for path, inner in positions(schema)
        for keyword, message in _at_one_place(schema, path, inner, known)
    ]
    return faults or list(_when_expanded(schema))


def _at_one_place(
    root: Document, path: tuple[str | int, ...], schema: Document, known: set[int]
) -> Iterator[tuple[str, str]]:
    for word in _REFUSED:
        if word in schema:
            yield word, f"{word} is not supported: refer to definitions with #/$defs/…"
    if "$schema" in schema and (path or schema["$schema"] != DRAFT):
        yield "$schema", f"a schema is of draft 2020-12: write {DRAFT}, at the top, or leave it out"
    if "$ref" in schema and not _refers_within(root, schema["$ref"], known):
        yield "$ref", f"{schema['$ref']} refers to no schema in this one: nothing is fetched, so begin with #/$defs/"
    if "x-secret" in schema:
        yield from (("x-secret", message) for message in _of_secret(schema, at_top=not path))


def _refers_within(root: Document, reference: str, known: set[int]) -> bool:
    try:
        found = resolved(root, reference)
    except (LookupError, ValueError):
        return False
    return isinstance(found, bool) or id(found) in known


def _of_secret(schema: Document, *, at_top: bool) -> Iterator[str]:
    if not isinstance(schema["x-secret"], bool):
        yield "x-secret is true or false"
    elif schema["x-secret"] and (at_top or not {"string"} <= set(types_of(schema)) <= {"string", "null"}):
        yield 'only a string, or a string or null, can be secret: write "type": "string"'
    elif schema["x-secret"] and not (schema.get("default") is None or is_reference(schema["default"])):
        yield 'the default of a secret is null, or a reference {"$ref": "env:NAME"}'


@dataclass
class _Entry:
    """A schema that the walk is inside of."""

    depth: int
    """How many steps down in the document it was entered."""
    returns: list[tuple[Step, ...]] = field(default_factory=list)
    """The ways by which it was found to come back to itself."""


def _when_expanded(root: Document) -> Iterable[Fault]:
    try:
        _Walk(root).visit(root, (), secrets_may_stand=True)
    except _Unusable as reason:
        yield Fault("", str(reason), "structure")


class _Walk:
    """Through a schema as a validator goes, every reference followed."""

    def __init__(self, root: Document) -> None:
        self._root = root
        self._inside: dict[int, _Entry] = {}
        self._expanded = 0

    def visit(self, schema: Any, steps: tuple[Step, ...], *, secrets_may_stand: bool) -> None:
        if not isinstance(schema, dict):
            return
        if id(schema) in self._inside:
            self._returned(self._inside[id(schema)], steps)
            return
        self._expanded += 1
        if self._expanded > MAX_EXPANDED or len(self._inside) > MAX_REFERENCES_DEEP:
            raise _Unusable("the schema is too large once its references are followed: refer to fewer definitions")
        if schema.get("x-secret") is True and not secrets_may_stand:
            raise _Unusable("a secret cannot stand in a list or under a condition: make it a field")
        self._inside[id(schema)] = _Entry(len(steps))
        for inner in self._followed(schema):
            down = steps if inner.step is None else (*steps, inner.step)
            allowed = secrets_may_stand and inner.path[0] in (*_WHERE_SECRETS_MAY_STAND, "$ref")
            self.visit(inner.schema, down, secrets_may_stand=allowed)
        del self._inside[id(schema)]

    def _followed(self, schema: Document) -> Iterator[Subschema]:
        if "$ref" in schema:
            yield Subschema(("$ref",), resolved(self._root, schema["$ref"]), None)
        yield from subschemas(schema)

    def _returned(self, entry: _Entry, steps: tuple[Step, ...]) -> None:
        """A schema may come back to itself further down, but only once in any place.

        Twice, and the work would double with each level of a document.
        """
        way = steps[entry.depth :]
        if not way:
            raise _Unusable("the schema refers to itself without going deeper into the document")
        if any(_overlap(way, other) for other in entry.returns):
            raise _Unusable("the schema refers to itself twice in one place: name the place once")
        entry.returns.append(way)


def _overlap(one: tuple[Step, ...], other: tuple[Step, ...]) -> bool:
    """Whether a place reached one way can be reached, or passed, the other way too."""
    return all(
        a[0] == b[0] and (a[1] is None or b[1] is None or a[1] == b[1]) for a, b in zip(one, other, strict=False)
    )
