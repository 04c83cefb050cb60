"""The bound on checking is never below what a schema asks, and no document of a sound type comes near it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.config_types import schema_cost
from domain.config_types.builtin import BUILTIN
from domain.config_types.definition import TypeDefinition
from domain.config_types.schema_cost import MAX_FAULTS, SchemaCost, values_by_level
from domain.config_types.spec import TypeSpec


def cost(**properties: Any) -> SchemaCost:
    return SchemaCost({"type": "object", "properties": properties})


def defined(**schema: Any) -> TypeDefinition:
    return TypeDefinition(TypeSpec("mine", "", "replace", {"type": "object", "properties": {}, **schema}), version=0)


LIST = {"a": ["x"] * 40_000}
FORMS = [{"const": f"c{number}"} for number in range(1_000)]


def test_values_are_counted_by_depth():
    assert values_by_level({}) == [1]
    assert values_by_level({"a": 1, "b": {"c": [1, 2, []]}, "d": {}}) == [1, 3, 1, 3]


@pytest.mark.parametrize(
    "items",
    [
        {"anyOf": FORMS},
        {"oneOf": FORMS},
        {"enum": [[number] for number in range(1_000)]},
        {"allOf": [{"$ref": "#/properties/b"}] * 200},
        {"not": {"anyOf": FORMS}},
        {"if": {"enum": list(range(500))}, "then": {}},
        {"multipleOf": 0.1},
    ],
    ids=lambda items: next(iter(items)),
)
def test_much_asked_of_each_item_of_a_long_list_is_too_much(items):
    bound = cost(a={"type": "array", "items": items}, b={"enum": [1, 2, 3]})
    assert not bound.affordable(LIST)
    assert bound.affordable({"a": ["x"] * 20})


def test_what_a_list_contains_is_asked_of_each_item():
    assert not cost(a={"type": "array", "contains": {"anyOf": FORMS}}).affordable(LIST)


def test_much_asked_in_one_place_says_nothing_of_another():
    bound = cost(a={"type": "array", "items": {"type": "string"}}, b={"type": "object", "properties": {"c": {"x": {}}}})
    assert bound.affordable(LIST)


def test_named_fields_are_not_added_up_for_each_value():
    assert cost(**{f"k{number}": {"type": "integer"} for number in range(2_000)}).affordable(
        {f"k{number}": number for number in range(40_000)}
    )


def test_many_patterns_on_much_text_are_too_much():
    bound = SchemaCost({"type": "object", "properties": {}, "patternProperties": {f"k{n}": {} for n in range(200)}})
    assert not bound.affordable({"a" * 900_000: 1})
    assert bound.affordable({f"k{number}": 1 for number in range(100)})


def test_a_schema_that_returns_to_itself_has_a_bound_too():
    tree = SchemaCost({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}})
    assert tree.affordable({"left": {"right": {}}})


@pytest.mark.parametrize("spec", BUILTIN, ids=lambda spec: spec.name)
def test_a_built_in_type_is_cheap_for_any_document_that_a_request_can_hold(spec):
    assert SchemaCost(spec.schema).affordable({f"k{number}": {"a": [1] * 40} for number in range(1_000)})


def test_a_document_that_costs_too_much_is_told_so_and_left_as_it_is():
    definition = defined(properties={"a": {"type": "array", "items": {"anyOf": FORMS}}})
    (violation,) = definition.violations(LIST)
    assert (violation.pointers, violation.rule) == (("",), "size")
    assert definition.partial_violations(LIST) == [violation]
    assert definition.coerced(LIST) is LIST


def test_of_a_large_document_the_first_fault_is_told():
    definition = defined(properties={"a": {"type": "array", "items": {"type": "integer"}}})
    assert [one.pointers for one in definition.violations(LIST)] == [("/a/0",)]


def test_of_a_small_document_all_faults_are_told():
    definition = defined(properties={"a": {"type": "array", "items": {"type": "integer"}}})
    assert len(definition.violations({"a": ["x"] * 30})) == 30


def test_no_more_than_a_hundred_faults_are_told_of_one_document(monkeypatch):
    monkeypatch.setattr(schema_cost, "MAX_TOLD_UNITS", 10**9)
    monkeypatch.setattr(schema_cost, "MAX_TOLD_COPIES", 10**9)
    definition = defined(additionalProperties=False)
    assert len(definition.violations({f"k{number}": 1 for number in range(1_000)})) == MAX_FAULTS
