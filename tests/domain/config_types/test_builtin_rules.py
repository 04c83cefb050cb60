"""The rules across fields of the built-in types, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from domain.config_types.builtin import BUILTIN
from domain.config_types.definition import TypeDefinition
from domain.errors import Fault

DEFINITIONS = {spec.name: TypeDefinition(spec, version=1) for spec in BUILTIN}
PROMPT = {"template_type": "rag_query", "system_prompt": "Be brief.", "template_format": "", "input_variables": {}}

HOLDS: list[tuple[str, dict[str, Any]]] = [
    ("chunking", {"min_chunk_size": 399}),
    ("chunking", {"chunk_overlap": 99}),
    ("retrieval", {"vector_weight": 0.5, "keyword_weight": 0.5}),
    ("retrieval", {"vector_weight": 1, "keyword_weight": 0}),
    ("retrieval", {"vector_weight": 0.71, "keyword_weight": 0.3}),
    ("retrieval", {"vector_weight": 0.69, "keyword_weight": 0.3}),
    ("retrieval", {"vector_weight": 0.11, "keyword_weight": 0.9}),
    ("question_generation", {"min_question_length": 199}),
    ("provider", {"default_model_id": None}),
    ("provider", {"default_model_id": "b", "model_ids": ["a", "b"]}),
    ("template", PROMPT),
    ("template", PROMPT | {"template_format": "{question} {{json}}", "input_variables": {"question": "asked"}}),
    ("template", PROMPT | {"template_format": "a", "input_variables": {"never_used": ""}}),
]

BROKEN: list[tuple[str, dict[str, Any], str, str, str]] = [
    (
        "chunking",
        {"min_chunk_size": 400},
        "max_above_min",
        "/max_chunk_size",
        "max_chunk_size must be greater than min_chunk_size",
    ),
    (
        "chunking",
        {"chunk_overlap": 100},
        "overlap_below_min",
        "/chunk_overlap",
        "chunk_overlap must be less than min_chunk_size",
    ),
    (
        "retrieval",
        {"vector_weight": 0.7, "keyword_weight": 0.3101},
        "weights_sum_to_one",
        "/vector_weight",
        "vector_weight + keyword_weight must equal 1.0 (± 0.01)",
    ),
    (
        "retrieval",
        {"vector_weight": 0.7, "keyword_weight": 0.2899},
        "weights_sum_to_one",
        "/vector_weight",
        "vector_weight + keyword_weight must equal 1.0 (± 0.01)",
    ),
    (
        "question_generation",
        {"min_question_length": 200},
        "max_above_min",
        "/max_question_length",
        "max_question_length must be greater than min_question_length",
    ),
    (
        "provider",
        {"default_model_id": "c", "model_ids": ["a", "b"]},
        "default_model_known",
        "/default_model_id",
        "default_model_id must be one of model_ids",
    ),
    (
        "template",
        PROMPT | {"template_format": "{question} {context}", "input_variables": {"question": "asked"}},
        "variables_declared",
        "/template_format",
        "every variable in template_format must be declared in input_variables",
    ),
]


@pytest.mark.parametrize(("config_type", "data"), HOLDS)
def test_a_rule_allows_what_keeps_it(config_type: str, data: dict[str, Any]) -> None:
    definition = DEFINITIONS[config_type]
    assert definition.violations({**definition.defaults, **data}) == []


@pytest.mark.parametrize(("config_type", "data", "rule", "pointer", "message"), BROKEN)
def test_a_rule_refuses_what_breaks_it(
    config_type: str, data: dict[str, Any], rule: str, pointer: str, message: str
) -> None:
    definition = DEFINITIONS[config_type]
    found = definition.violations({**definition.defaults, **data})
    assert [violation.fault() for violation in found] == [Fault(pointer, message, rule)]


def test_every_rule_is_tried_both_ways() -> None:
    named = {(spec.name, rule.name) for spec in BUILTIN for rule in spec.rules}
    assert {(config_type, rule) for config_type, _, rule, _, _ in BROKEN} == named
    assert {config_type for config_type, _ in HOLDS} == {config_type for config_type, _ in named}


def test_rules_that_break_together_are_all_told_in_their_order() -> None:
    chunking = DEFINITIONS["chunking"]
    found = chunking.violations({**chunking.defaults, "max_chunk_size": 100, "chunk_overlap": 100})
    assert [violation.rule for violation in found] == ["max_above_min", "overlap_below_min"]
