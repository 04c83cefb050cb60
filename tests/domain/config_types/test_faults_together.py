"""What is told of a document that its schema and its rules both find fault with."""

from __future__ import annotations

from typing import Any

from domain.config_types.builtin import BUILTIN
from domain.config_types.definition import Rule, TypeDefinition, TypeSpec

CHUNKING = next(TypeDefinition(spec, version=1) for spec in BUILTIN if spec.name == "chunking")


def rules_of(definition: TypeDefinition, data: dict[str, Any]) -> list[str]:
    return [one.rule for one in definition.violations({**definition.defaults, **data})]


def test_a_broken_rule_is_told_beside_an_unknown_field() -> None:
    data = {"colour": "red", "min_chunk_size": 300, "max_chunk_size": 200}
    assert rules_of(CHUNKING, data) == ["additionalProperties", "max_above_min"]


def test_a_rule_is_not_asked_about_a_field_that_is_at_fault_itself() -> None:
    assert rules_of(CHUNKING, {"min_chunk_size": "300", "max_chunk_size": 200}) == ["type"]
    assert rules_of(CHUNKING, {"min_chunk_size": 20_000, "max_chunk_size": 200}) == ["maximum"]


def test_a_document_that_is_no_object_of_this_kind_at_all_is_told_by_the_schema_alone() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "maxProperties": 1}
    definition = made(schema, Rule("small", "this.a < 5", "a must be less than 5", ("/a",)))
    assert rules_of(definition, {"a": 7, "b": 1}) == ["maxProperties"]


def test_a_rule_that_cannot_be_evaluated_for_a_field_it_does_not_name_accuses_no_other() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    definition = made(schema, Rule("below_b", "this.a < this.b", "a must be less than b", ("/a",)))
    assert rules_of(definition, {"a": 7, "b": "9"}) == ["type"]
    assert rules_of(definition, {"a": 7}) == ["below_b"]  # nothing else is wrong: then it must be shown to hold


def made(schema: dict[str, Any], *rules: Rule) -> TypeDefinition:
    return TypeDefinition(TypeSpec("made", "", "replace", schema, rules), version=1)
