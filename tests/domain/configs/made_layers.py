"""Layers by chance, for properties: of one small type with nested fields, bounds and rules that they often break."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.config_types.definition import TypeDefinition
from domain.configs.resolution import Layer, Origin
from domain.documents import Document

LABELS = ("environment", "global", "profile:p", "user:u-1", "collection:c-2", "collection:c-9")

_PROPERTIES: Document = {
    "a": {"type": "integer", "maximum": 20, "default": 10},
    "b": {"type": "integer", "default": 5},
    "c": {"type": ["string", "null"], "default": None},
    "o": {
        "type": "object",
        "properties": {"p": {"type": "integer", "default": 1}, "q": {"type": "integer", "default": 9}},
    },
    "r": {"type": "string"},
}
_RULES = [
    {"name": "b_below_a", "expression": "this.b < this.a", "message": "b must be less than a", "fields": ["/b", "/a"]},
    {"name": "p_below_q", "expression": "this.o.p < this.o.q", "message": "p must be less than q", "fields": ["/o/p"]},
    {"name": "a_and_p", "expression": "this.a + this.o.p < 25", "message": "too much", "fields": ["/a", "/o"]},
]


def made_type(name: str, properties: Document, *rules: Document, required: tuple[str, ...] = ()) -> TypeDefinition:
    """A type that allows more fields than it names."""
    schema: Document = {"type": "object", "properties": properties, "required": list(required)}
    written: dict[str, Any] = {"name": name, "revision": None, "description": "", "mode": "overlay", "schema": schema}
    return TypeDefinition.from_data({**written, "rules": list(rules)}, version=1)


OPEN = made_type("open", _PROPERTIES, *_RULES)
DEMANDING = made_type("demanding", _PROPERTIES, *_RULES, required=("r",))
LAWLESS = made_type(
    "lawless", {name: {"default": field["default"]} for name, field in _PROPERTIES.items() if "default" in field}
)

numbers = st.integers(0, 24)
scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "m-1", "é/~"])
secrets = st.sampled_from([{"$ref": "env:A"}, {"$ref": "env:B"}, {"$secret": {"key": "k"}}])
keys = st.sampled_from(["k", "l", "a/b", "~", ""])
anything = st.recursive(
    scalars | secrets | st.lists(scalars, max_size=2),
    lambda inner: st.dictionaries(keys, inner, max_size=3),
    max_leaves=5,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "a": numbers,
        "b": numbers,
        "c": st.none() | st.just("text"),
        "o": st.fixed_dictionaries({}, optional={"p": numbers, "q": numbers, "more": anything}) | st.just(5),
        "r": st.just("here"),
        "x": anything,
        "y/z": anything,
    },
)
wild_documents = st.dictionaries(keys, anything, max_size=4)
pointers = st.sampled_from(
    ["/a", "/b", "/c", "/o", "/o/p", "/o/more", "/o/more/k", "/r", "/x", "/x/k", "/x/k/l", "/y~1z"]
)


@st.composite
def layers(draw: st.DrawFn, of: st.SearchStrategy[Document] = documents) -> tuple[Layer, ...]:
    """Up to five layers, each with a label of its own and an event of its own behind it."""
    labels = draw(st.lists(st.sampled_from(LABELS), unique=True, max_size=5))
    return tuple(draw(_layer(label, number, of)) for number, label in enumerate(sorted(labels, key=LABELS.index)))


def _layer(label: str, number: int, of: st.SearchStrategy[Document]) -> st.SearchStrategy[Layer]:
    origin = Origin(UUID(int=number), number + 1, 100 + number, "CREATE", "u-1", 1_700_000_000_000_000, None)
    overlay = st.builds(
        Layer,
        label=st.just(label),
        mode=st.just("overlay"),
        data=of,
        unset=st.lists(pointers, unique=True, max_size=2).map(tuple),
        origin=st.just(origin),
    )
    replace = st.builds(Layer, label=st.just(label), mode=st.just("replace"), data=of, origin=st.just(origin))
    return st.one_of(overlay, overlay, overlay, replace)
