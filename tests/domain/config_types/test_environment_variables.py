from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from domain.config_types.builtin import BUILTIN
from domain.config_types.definition import TypeDefinition, TypeSpec
from domain.config_types.environment_variables import VARIABLES, Reading, read

DEFINITIONS = {spec.name: TypeDefinition(spec, version=1) for spec in BUILTIN}
REAL_FILE = Path(__file__).parents[2] / "data" / "rag-modulo.env"


def reading(**variables: str) -> Reading:
    return read(variables, DEFINITIONS)


def test_every_field_has_one_variable_except_secrets() -> None:
    fields = {
        (spec.name, field)
        for spec in BUILTIN
        for field, schema in spec.schema["properties"].items()
        if not schema.get("x-secret")
    }
    assert set(VARIABLES.values()) == fields
    assert len(VARIABLES) == len(fields)


def test_a_real_file_is_read_whole_and_without_a_problem() -> None:
    found = read({name: value or "" for name, value in dotenv_values(REAL_FILE).items()}, DEFINITIONS)
    assert found.problems == ()
    assert found.values == {
        "chunking": {"strategy": "fixed", "min_chunk_size": 100, "max_chunk_size": 400, "chunk_overlap": 10},
        "llm": {
            "provider_id": "watsonx",
            "model_id": "ibm/granite-3-8b-instruct",
            "max_new_tokens": 500,
            "temperature": 0.7,
            "top_k": 5,
            "top_p": 0.95,
            "repetition_penalty": 1.1,
        },
        "embedding": {"model_id": "sentence-transformers/all-minilm-l6-v2", "embedding_dim": 384},
        "retrieval": {
            "retrieval_type": "vector",
            "number_of_results": 10,
            "vector_weight": 0.7,
            "keyword_weight": 0.3,
            "rerank": True,
        },
    }
    assert found.variables["retrieval"]["rerank"] == "ENABLE_RERANKING"
    assert found.variables.keys() == found.values.keys()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("MAX_CHUNK_SIZE", " 1500 ", 1500),
        ("TEMPERATURE", "1", 1.0),
        ("TEMPERATURE", "1e-1", 0.1),
        ("TEMPERATURE", ".5", 0.5),
        *[("ENABLE_RERANKING", text, True) for text in ("true", "True", "1", "yes", "ON")],
        *[("ENABLE_RERANKING", text, False) for text in ("false", "FALSE", "0", "no", "off")],
        ("CHUNKING_STRATEGY", "semantic", "semantic"),
        ("RAG_LLM", "007", "007"),
        ("QUERY_REWRITING_MODEL", "null", None),
        ("QUERY_REWRITING_MODEL", "small", "small"),
        ("PIPELINE_STAGES", "retrieval, generation", ["retrieval", "generation"]),
        ("PROVIDER_RETRY_STATUS_CODES", "429,503,", [429, 503]),
        ("PROVIDER_BASE_URL", "https://a.example", "https://a.example"),
        ("TEMPLATE_MAX_CONTEXT_LENGTH", "4096", 4096),
        ("TEMPLATE_INPUT_VARIABLES", '{"question": "asked"}', {"question": "asked"}),
        ("TEMPLATE_STOP_SEQUENCES", "###,END", ["###", "END"]),
    ],
)
def test_a_text_is_read_as_the_field_asks(name: str, text: str, value: Any) -> None:
    config_type, field = VARIABLES[name]
    found = reading(**{name: text})
    assert repr(found.values) == repr({config_type: {field: value}})
    assert found.variables == {config_type: {field: name}}
    assert found.problems == ()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("MAX_CHUNK_SIZE", "many", "max_chunk_size must be a whole number, such as 10"),
        ("MAX_CHUNK_SIZE", "400.5", "max_chunk_size must be a whole number, such as 10"),
        ("MAX_CHUNK_SIZE", "1_000", "max_chunk_size must be a whole number, such as 10"),
        ("MAX_CHUNK_SIZE", "9" * 5_000, "max_chunk_size must be a whole number, such as 10"),
        ("MAX_CHUNK_SIZE", "50001", "max_chunk_size must be at most 50000"),
        ("MIN_CHUNK_SIZE", "-1", "min_chunk_size must be at least 50"),
        ("TEMPERATURE", "nan", "temperature must be a number, such as 0.5"),
        ("TEMPERATURE", "1e999", "temperature must be a number, such as 0.5"),
        ("TEMPERATURE", "2.1", "temperature must be at most 2"),
        ("ENABLE_RERANKING", "maybe", "rerank must be one of true, 1, yes, on, false, 0, no, off"),
        ("CHUNKING_STRATEGY", "random", "strategy must be one of fixed, semantic, paragraph, sentence"),
        ("PIPELINE_STAGES", "retrieval,retrieval", "stages must not name anything twice"),
        ("PROVIDER_RETRY_STATUS_CODES", "429,x", "retry_status_codes must be a whole number, such as 10"),
        ("PROVIDER_BASE_URL", "sk-secret", "base_url must be a valid uri; base_url must match ^https?://"),
        ("TEMPLATE_INPUT_VARIABLES", "question", "input_variables must be a JSON object"),
        ("TEMPLATE_INPUT_VARIABLES", "[NaN]", "input_variables must be a JSON object"),
        ("TEMPLATE_INPUT_VARIABLES", "[1]", "input_variables must be an object"),
        ("TEMPLATE_INPUT_VARIABLES", "[" * 100_000, "input_variables must be a JSON object"),
    ],
)
def test_a_text_that_is_no_value_is_passed_over_and_never_repeated(name: str, text: str, said: str) -> None:
    found = reading(**{name: text, "TOP_K": "7"})
    assert found.problems == ((name, said),)
    assert found.values == {"llm": {"top_k": 7}}


def test_an_empty_variable_counts_as_not_given() -> None:
    assert reading(MAX_CHUNK_SIZE="", RAG_LLM="  ") == Reading({}, {}, ())


def test_variables_that_are_not_ours_are_left_alone() -> None:
    assert reading(OPENAI_API_KEY="sk-1", PATH="/bin", max_chunk_size="1") == Reading({}, {}, ())


def test_a_type_that_is_not_defined_is_not_read() -> None:
    assert read({"TOP_K": "7", "EMBEDDING_DIM": "3"}, {"llm": DEFINITIONS["llm"]}).values == {"llm": {"top_k": 7}}


def test_a_field_that_the_type_no_longer_has_is_a_problem() -> None:
    smaller = TypeSpec("llm", "", "replace", {"type": "object", "properties": {}, "additionalProperties": False})
    found = read({"TOP_K": "7"}, {"llm": TypeDefinition(smaller, version=2)})
    assert found == Reading({}, {}, (("TOP_K", "top_k is not a field of llm"),))


def test_variables_that_break_a_rule_together_are_left_out_and_named() -> None:
    found = reading(MIN_CHUNK_SIZE="500", MAX_CHUNK_SIZE="300", CHUNKING_STRATEGY="semantic")
    said = "max_chunk_size must be greater than min_chunk_size (set by MIN_CHUNK_SIZE, MAX_CHUNK_SIZE)"
    assert found.problems == (("MIN_CHUNK_SIZE", said), ("MAX_CHUNK_SIZE", said))
    assert found.values == {"chunking": {"strategy": "semantic"}}
    assert found.variables == {"chunking": {"strategy": "CHUNKING_STRATEGY"}}


def test_a_variable_that_breaks_a_rule_over_the_defaults_is_left_out() -> None:
    found = reading(MIN_CHUNK_SIZE="500")
    assert found.values == {}
    assert found.problems == (
        ("MIN_CHUNK_SIZE", "max_chunk_size must be greater than min_chunk_size (set by MIN_CHUNK_SIZE)"),
    )


def test_rules_broken_one_after_the_other_are_each_told() -> None:
    found = reading(MIN_CHUNK_SIZE="500", MAX_CHUNK_SIZE="300", CHUNK_OVERLAP="150")
    assert found.values == {}
    assert [name for name, _ in found.problems] == ["MIN_CHUNK_SIZE", "MAX_CHUNK_SIZE", "CHUNK_OVERLAP"]
