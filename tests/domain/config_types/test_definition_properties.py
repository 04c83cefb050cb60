"""What is true of every document of every type."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.config_types.builtin import BUILTIN
from domain.config_types.definition import TypeDefinition, TypeSpec
from domain.config_types.schema import checked
from domain.documents import Document

REFERENCES = st.builds(lambda name: {"$ref": f"env:{name}"}, st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True))
NAMES = st.sampled_from(["a", "b", "c", "a/b", "~", "$ref", "ä"])


def values(schema: Document) -> st.SearchStrategy[Any]:
    """Values that meet a schema, of the kinds that the tests use."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_of_type(name, schema) for name in types])


def _of_type(name: str, schema: Document) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum", -1000), schema.get("maximum", 1000)
    integers = st.integers(min(int(low) + (name == "number"), int(high)), int(high))
    text = st.just("https://a.example/v1") if schema.get("format") == "uri" else st.text(max_size=8)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "integer": integers | integers.map(float),
        "number": st.floats(low, high) | integers,
        "boolean": st.booleans(),
        "null": st.none(),
        "string": REFERENCES if schema.get("x-secret") else text,
        "array": st.lists(
            st.deferred(lambda: values(schema.get("items", {"type": "string"}))), max_size=4, unique_by=repr
        ),
        "object": st.deferred(lambda: documents(schema)),
    }
    return kinds[name]


def documents(schema: Document) -> st.SearchStrategy[Document]:
    fields = {name: values(field) for name, field in schema.get("properties", {}).items()}
    required = schema.get("required", [])
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )


LEAVES = st.one_of(
    st.just({"type": "integer"}),
    st.just({"type": ["number", "null"]}),
    st.just({"type": "string"}),
    st.just({"type": ["string", "null"], "x-secret": True}),
    st.just({"type": "boolean", "default": True}),
    st.just({"type": "integer", "minimum": 3, "maximum": 9, "default": 4}),
    st.just({"type": "array", "items": {"type": "number"}, "default": [1]}),
    st.just({"enum": ["x", "y"], "default": "x"}),
)


@st.composite
def objects(draw: st.DrawFn, fields: st.SearchStrategy[Document]) -> Document:
    properties = draw(st.dictionaries(NAMES, fields, max_size=4))
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True)) if properties else []
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


SCHEMAS = objects(st.recursive(LEAVES, objects, max_leaves=8))


@st.composite
def types_with_documents(draw: st.DrawFn) -> tuple[TypeDefinition, Document]:
    schema = json.loads(json.dumps(draw(SCHEMAS)))
    checked("house", schema, (), "overlay")
    definition = TypeDefinition(TypeSpec("house", "", "overlay", schema), version=1)
    return definition, draw(documents(schema))


BUILT_IN = st.sampled_from([TypeDefinition(spec, version=1) for spec in BUILTIN]).flatmap(
    lambda definition: st.tuples(st.just(definition), documents(definition.schema))
)
EVERY = BUILT_IN | types_with_documents()


def without(document: Any, dropped: st.DataObject) -> Any:
    """A part of a document: some fields left out, in objects inside it too; lists and references stay whole."""
    if not isinstance(document, dict) or "$ref" in document:
        return document
    kept = dropped.draw(st.lists(st.sampled_from(sorted(document)), unique=True)) if document else []
    return {key: without(document[key], dropped) for key in kept}


@given(EVERY)
def test_a_document_made_from_the_schema_is_valid(made: tuple[TypeDefinition, Document]) -> None:
    definition, document = made
    assert definition.violations(document, rules=False) == []
    assert definition.missing(document) == []


@given(EVERY, st.data())
def test_a_part_of_a_valid_document_is_a_valid_part(made: tuple[TypeDefinition, Document], data: st.DataObject) -> None:
    definition, document = made
    part = without(document, data)
    assert definition.partial_violations(part) == []
    assert definition.violations(part, required=False, rules=False) == []


@given(EVERY, st.data())
def test_what_a_part_lacks_is_what_keeps_it_from_being_whole(
    made: tuple[TypeDefinition, Document], data: st.DataObject
) -> None:
    definition, document = made
    part = without(document, data)
    lacking = [one.pointers[0] for one in definition.violations(part, rules=False)]
    assert definition.missing(part) == lacking


@given(EVERY)
def test_taking_numbers_as_meant_twice_changes_nothing_more(made: tuple[TypeDefinition, Document]) -> None:
    definition, document = made
    before = json.dumps(document)
    once = definition.coerced(document)
    assert definition.coerced(once) is once
    assert once == document
    assert json.dumps(document) == before
    assert definition.violations(once, rules=False) == []


@given(types_with_documents())
def test_defaults_are_an_allowed_part_as_meant(made: tuple[TypeDefinition, Document]) -> None:
    definition, _ = made
    assert definition.partial_violations(definition.defaults) == []
    assert definition.coerced(definition.defaults) is definition.defaults


@given(types_with_documents())
def test_a_definition_read_back_says_the_same(made: tuple[TypeDefinition, Document]) -> None:
    definition, document = made
    again = TypeDefinition.from_data(json.loads(json.dumps(definition.to_data())), version=2)
    assert again.defaults == definition.defaults
    assert list(again.secrets(document)) == list(definition.secrets(document))
    assert again.violations(document) == definition.violations(document)


@given(st.sampled_from([TypeDefinition(spec, version=1) for spec in BUILTIN]), st.dictionaries(NAMES, st.integers()))
def test_violations_do_not_depend_on_how_they_are_asked_for(definition: TypeDefinition, more: Document) -> None:
    value = {**definition.defaults, **more}
    found = definition.violations(value)
    assert definition.violations(value) == found
    assert set(definition.violations(value, required=False, rules=False)) <= set(found)
