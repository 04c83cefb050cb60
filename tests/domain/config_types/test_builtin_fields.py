"""Every field of the built-in types against the table of the specification, written out here by hand."""

from __future__ import annotations

from typing import Any

import pytest

from domain.config_types.builtin import BUILTIN
from domain.config_types.definition import TypeDefinition

DEFINITIONS = {spec.name: TypeDefinition(spec, version=1) for spec in BUILTIN}

NUMBERS: list[tuple[str, str, str, float, float, float]] = [
    ("chunking", "min_chunk_size", "int", 50, 10000, 100),
    ("chunking", "max_chunk_size", "int", 100, 50000, 400),
    ("chunking", "chunk_overlap", "int", 0, 5000, 10),
    ("chunking", "semantic_threshold", "float", 0, 1, 0.5),
    ("chunk_index", "overlap_ratio", "float", 0, 0.95, 0.1),
    ("chunk_index", "jaccard_threshold", "float", 0, 1, 0.8),
    ("llm", "max_new_tokens", "int", 1, 4096, 100),
    ("llm", "temperature", "float", 0, 2, 0.7),
    ("llm", "top_k", "int", 1, 100, 50),
    ("llm", "top_p", "float", 0, 1, 0.95),
    ("llm", "repetition_penalty", "float", 1, 2, 1.1),
    ("llm", "timeout", "int", 5, 300, 30),
    ("llm", "max_retries", "int", 1, 10, 3),
    ("embedding", "embedding_dim", "int", 1, 4096, 384),
    ("embedding", "batch_size", "int", 1, 1000, 100),
    ("embedding", "timeout", "int", 5, 300, 30),
    ("retrieval", "number_of_results", "int", 1, 100, 5),
    ("retrieval", "vector_weight", "float", 0, 1, 0.7),
    ("retrieval", "keyword_weight", "float", 0, 1, 0.3),
    ("retrieval", "similarity_threshold", "float", 0, 1, 0.6),
    ("query_rewriting", "max_rewrites", "int", 1, 10, 3),
    ("query_rewriting", "temperature", "float", 0, 2, 0),
    ("query_rewriting", "timeout", "int", 1, 60, 10),
    ("question_generation", "number_of_questions", "int", 1, 50, 5),
    ("question_generation", "min_question_length", "int", 1, 500, 10),
    ("question_generation", "max_question_length", "int", 10, 2000, 200),
    ("question_generation", "from_chunks", "int", 1, 200, 20),
    ("question_generation", "temperature", "float", 0, 2, 0.7),
    ("pipeline", "max_context_tokens", "int", 256, 1000000, 4096),
    ("pipeline", "timeout", "int", 1, 600, 60),
    ("pipeline", "concurrency", "int", 1, 256, 4),
    ("pipeline", "cache_ttl_seconds", "int", 0, 86400, 0),
    ("provider", "requests_per_minute", "int", 1, 100000, 60),
    ("provider", "max_concurrency", "int", 1, 1000, 8),
    ("provider", "timeout", "int", 1, 600, 30),
    ("provider", "max_retries", "int", 0, 10, 3),
    ("provider", "backoff_factor", "float", 1, 10, 2),
]

CHOICES: list[tuple[str, str, list[str], str]] = [
    ("chunking", "strategy", ["fixed", "semantic", "paragraph", "sentence"], "fixed"),
    ("chunk_index", "prefix_policy", ["A", "B"], "A"),
    ("retrieval", "retrieval_type", ["vector", "keyword", "hybrid"], "hybrid"),
    ("query_rewriting", "strategy", ["none", "simple", "hyde", "multi_query", "step_back"], "simple"),
    ("provider", "kind", ["openai", "azure_openai", "anthropic", "watsonx", "bedrock", "ollama", "other"], "other"),
]

SWITCHES: list[tuple[str, str, bool]] = [
    ("retrieval", "rerank", False),
    ("query_rewriting", "enabled", True),
    ("query_rewriting", "include_original", True),
    ("question_generation", "enabled", True),
    ("question_generation", "deduplicate", True),
    ("pipeline", "fail_open", True),
    ("provider", "enabled", True),
]

OTHERS: list[tuple[str, str, list[Any], list[Any], Any]] = [
    (
        "pipeline",
        "stages",
        [[], ["generation", "retrieval"], ["query_rewriting", "retrieval", "reranking", "generation", "evaluation"]],
        [["retrieval", "retrieval"], ["search"], "retrieval", None, [1]],
        ["retrieval", "generation"],
    ),
    ("provider", "model_ids", [[], ["a", "b"]], [[1], "a", None], []),
    ("provider", "retry_status_codes", [[], [418]], [["429"], [4.5], 429, None], [429, 500, 502, 503, 504]),
    ("provider", "base_url", [None, "https://a.example/v1"], ["ftp://a.example", "a.example", "https://a b", 1], None),
    ("provider", "api_key", [None, {"$ref": "env:KEY"}], ["sk-1", {"$ref": "KEY"}, {"$ref": 1}, {}, 1], None),
    ("provider", "default_model_id", [None, "a"], [1, ["a"]], None),
    ("query_rewriting", "model_id", [None, "small"], [1, True], None),
    ("question_generation", "model_id", [None, "small"], [1, []], None),
    ("template", "max_context_length", [None, 1, 10**6], [0, 1.5, "1"], None),
    ("template", "context_strategy", [None, {}, {"kind": "head"}], [[], "head"], None),
    ("template", "stop_sequences", [None, [], ["###"]], ["###", {}], None),
]

REQUIRED: dict[str, list[str]] = {
    "chunk_index": ["chunk_size"],
    "llm": ["model_id", "provider_id"],
    "embedding": ["model_id", "provider_id"],
    "template": ["input_variables", "system_prompt", "template_format", "template_type"],
}

OVERLAYS = {"query_rewriting", "question_generation", "pipeline", "provider"}


def allowed(config_type: str, field: str, value: Any) -> bool:
    return not DEFINITIONS[config_type].partial_violations({field: value})


@pytest.mark.parametrize(("config_type", "field", "kind", "low", "high", "default"), NUMBERS)
def test_both_bounds_of_a_number_are_allowed_and_nothing_beyond_them(
    *, config_type: str, field: str, kind: str, low: float, high: float, default: float
) -> None:
    step = 1 if kind == "int" else 1e-9
    assert allowed(config_type, field, low)
    assert allowed(config_type, field, high)
    assert not allowed(config_type, field, low - step)
    assert not allowed(config_type, field, high + step)
    assert DEFINITIONS[config_type].defaults[field] == default


@pytest.mark.parametrize(("config_type", "field", "kind", "low", "high", "default"), NUMBERS)
def test_a_number_is_of_its_kind(
    *, config_type: str, field: str, kind: str, low: float, high: float, default: float
) -> None:
    assert type(DEFINITIONS[config_type].defaults[field]).__name__ == kind
    assert allowed(config_type, field, low + 0.5) is (kind == "float")
    assert not any(allowed(config_type, field, wrong) for wrong in (str(low), None, True, [low]))


@pytest.mark.parametrize(("config_type", "field", "options", "default"), CHOICES)
def test_a_choice_allows_its_options_only(config_type: str, field: str, options: list[str], default: str) -> None:
    assert all(allowed(config_type, field, option) for option in options)
    assert not any(allowed(config_type, field, wrong) for wrong in ("", options[0].swapcase(), None, 0))
    assert DEFINITIONS[config_type].schema["properties"][field]["enum"] == options
    assert DEFINITIONS[config_type].defaults[field] == default


@pytest.mark.parametrize(("config_type", "field", "default"), SWITCHES)
def test_a_switch_is_true_or_false(*, config_type: str, field: str, default: bool) -> None:
    assert allowed(config_type, field, True)
    assert allowed(config_type, field, False)
    assert not any(allowed(config_type, field, wrong) for wrong in (0, 1, "true", None))
    assert DEFINITIONS[config_type].defaults[field] is default


@pytest.mark.parametrize(("config_type", "field", "right", "wrong", "default"), OTHERS)
def test_the_other_fields_allow_what_the_table_says(
    config_type: str, field: str, right: list[Any], wrong: list[Any], default: Any
) -> None:
    assert [value for value in right if not allowed(config_type, field, value)] == []
    assert [value for value in wrong if allowed(config_type, field, value)] == []
    assert DEFINITIONS[config_type].defaults[field] == default


@pytest.mark.parametrize("config_type", DEFINITIONS)
def test_a_field_without_a_default_is_required_and_no_other(config_type: str) -> None:
    definition = DEFINITIONS[config_type]
    assert definition.missing(definition.defaults) == [f"/{field}" for field in REQUIRED.get(config_type, [])]
    assert not any(allowed(config_type, field, 1) for field in REQUIRED.get(config_type, []))


@pytest.mark.parametrize("config_type", DEFINITIONS)
def test_a_type_has_the_fields_of_the_table_and_no_other(config_type: str) -> None:
    rows = [*NUMBERS, *CHOICES, *SWITCHES, *OTHERS]
    named = {row[1] for row in rows if row[0] == config_type} | set(REQUIRED.get(config_type, []))
    assert set(DEFINITIONS[config_type].schema["properties"]) == named


@pytest.mark.parametrize("config_type", DEFINITIONS)
def test_overlay_types_allow_more_fields_and_replace_types_do_not(config_type: str) -> None:
    definition = DEFINITIONS[config_type]
    assert definition.mode == ("overlay" if config_type in OVERLAYS else "replace")
    assert allowed(config_type, "house_field", [1]) is (config_type in OVERLAYS)


@pytest.mark.parametrize("spec", BUILTIN, ids=lambda spec: spec.name)
def test_every_field_and_type_is_described(spec: Any) -> None:
    assert spec.revision == (2 if spec.name == "provider" else 1)
    assert spec.description.endswith(".")
    assert all(field["description"].endswith((".", ".)")) for field in spec.schema["properties"].values())


def test_ten_types_are_built_in_sorted_by_name() -> None:
    assert [spec.name for spec in BUILTIN] == [
        "chunk_index", "chunking", "embedding", "llm", "pipeline", "provider", "query_rewriting", "question_generation",
        "retrieval", "template",
    ]  # fmt: skip
