"""The schema of a type that is made from a document."""

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.inferred_schema import inferred_schema

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (True, {"type": "boolean", "default": True}),
        (1, {"type": "integer", "default": 1}),
        (0.5, {"type": "number", "default": 0.5}),
        ("x", {"type": "string", "default": "x"}),
        ([1, "x"], {"type": "array", "default": [1, "x"]}),
        (None, {"default": None}),
        ({"$ref": "env:KEY"}, {"type": "string", "x-secret": True}),
        ({}, {"type": "object", "properties": {}, "additionalProperties": True}),
    ],
)
def test_a_field_has_the_type_of_its_value_and_the_value_as_default(value, schema):
    assert inferred_schema({"field": value})["properties"] == {"field": schema}


def test_tables_within_are_described_field_by_field():
    assert inferred_schema({"a": {"b": {"c": 1}}})["properties"]["a"]["properties"]["b"] == {
        "type": "object",
        "properties": {"c": {"type": "integer", "default": 1}},
        "additionalProperties": True,
    }


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: not key.startswith("$")), values, max_size=5))
def test_a_document_fits_its_own_schema_and_so_do_its_parts(document):
    validator = jsonschema_rs.validator_for(inferred_schema(document))
    assert validator.is_valid(document)
    assert validator.is_valid({})
    assert validator.is_valid({**document, "a field of tomorrow": 1})
