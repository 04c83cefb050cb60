"""Environment variables as RAG systems name them, and what they set: the layer that a server reads from its process.

Secrets are not read: a value in the environment stays there, and a config refers to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.config_types.definition import TypeDefinition
from domain.config_types.environment_values import Unreadable, read_value
from domain.config_types.violation import Violation
from domain.documents import Document
from domain.pointers import pointer_of

VARIABLES: Mapping[str, tuple[str, str]] = {
    "CHUNKING_STRATEGY": ("chunking", "strategy"),
    "MIN_CHUNK_SIZE": ("chunking", "min_chunk_size"),
    "MAX_CHUNK_SIZE": ("chunking", "max_chunk_size"),
    "CHUNK_OVERLAP": ("chunking", "chunk_overlap"),
    "SEMANTIC_THRESHOLD": ("chunking", "semantic_threshold"),
    "CHUNK_SIZE": ("chunk_index", "chunk_size"),
    "OVERLAP_RATIO": ("chunk_index", "overlap_ratio"),
    "JACCARD_THRESHOLD": ("chunk_index", "jaccard_threshold"),
    "PREFIX_POLICY": ("chunk_index", "prefix_policy"),
    "LLM_PROVIDER": ("llm", "provider_id"),
    "RAG_LLM": ("llm", "model_id"),
    "MAX_NEW_TOKENS": ("llm", "max_new_tokens"),
    "TEMPERATURE": ("llm", "temperature"),
    "TOP_K": ("llm", "top_k"),
    "TOP_P": ("llm", "top_p"),
    "REPETITION_PENALTY": ("llm", "repetition_penalty"),
    "LLM_TIMEOUT": ("llm", "timeout"),
    "LLM_MAX_RETRIES": ("llm", "max_retries"),
    "EMBEDDING_PROVIDER": ("embedding", "provider_id"),
    "EMBEDDING_MODEL": ("embedding", "model_id"),
    "EMBEDDING_DIM": ("embedding", "embedding_dim"),
    "EMBEDDING_BATCH_SIZE": ("embedding", "batch_size"),
    "EMBEDDING_TIMEOUT": ("embedding", "timeout"),
    "RETRIEVAL_TYPE": ("retrieval", "retrieval_type"),
    "NUMBER_OF_RESULTS": ("retrieval", "number_of_results"),
    "VECTOR_WEIGHT": ("retrieval", "vector_weight"),
    "KEYWORD_WEIGHT": ("retrieval", "keyword_weight"),
    "SIMILARITY_THRESHOLD": ("retrieval", "similarity_threshold"),
    "ENABLE_RERANKING": ("retrieval", "rerank"),
    "QUERY_REWRITING_ENABLED": ("query_rewriting", "enabled"),
    "QUERY_REWRITING_STRATEGY": ("query_rewriting", "strategy"),
    "QUERY_REWRITING_MAX_REWRITES": ("query_rewriting", "max_rewrites"),
    "QUERY_REWRITING_INCLUDE_ORIGINAL": ("query_rewriting", "include_original"),
    "QUERY_REWRITING_MODEL": ("query_rewriting", "model_id"),
    "QUERY_REWRITING_TEMPERATURE": ("query_rewriting", "temperature"),
    "QUERY_REWRITING_TIMEOUT": ("query_rewriting", "timeout"),
    "QUESTION_GENERATION_ENABLED": ("question_generation", "enabled"),
    "NUMBER_OF_QUESTIONS": ("question_generation", "number_of_questions"),
    "MIN_QUESTION_LENGTH": ("question_generation", "min_question_length"),
    "MAX_QUESTION_LENGTH": ("question_generation", "max_question_length"),
    "QUESTION_GENERATION_FROM_CHUNKS": ("question_generation", "from_chunks"),
    "QUESTION_GENERATION_DEDUPLICATE": ("question_generation", "deduplicate"),
    "QUESTION_GENERATION_MODEL": ("question_generation", "model_id"),
    "QUESTION_GENERATION_TEMPERATURE": ("question_generation", "temperature"),
    "PIPELINE_STAGES": ("pipeline", "stages"),
    "MAX_CONTEXT_TOKENS": ("pipeline", "max_context_tokens"),
    "PIPELINE_TIMEOUT": ("pipeline", "timeout"),
    "PIPELINE_CONCURRENCY": ("pipeline", "concurrency"),
    "PIPELINE_CACHE_TTL_SECONDS": ("pipeline", "cache_ttl_seconds"),
    "PIPELINE_FAIL_OPEN": ("pipeline", "fail_open"),
    "PROVIDER_KIND": ("provider", "kind"),
    "PROVIDER_BASE_URL": ("provider", "base_url"),
    "PROVIDER_MODEL_IDS": ("provider", "model_ids"),
    "PROVIDER_DEFAULT_MODEL": ("provider", "default_model_id"),
    "PROVIDER_REQUESTS_PER_MINUTE": ("provider", "requests_per_minute"),
    "PROVIDER_MAX_CONCURRENCY": ("provider", "max_concurrency"),
    "PROVIDER_TIMEOUT": ("provider", "timeout"),
    "PROVIDER_MAX_RETRIES": ("provider", "max_retries"),
    "PROVIDER_BACKOFF_FACTOR": ("provider", "backoff_factor"),
    "PROVIDER_RETRY_STATUS_CODES": ("provider", "retry_status_codes"),
    "PROVIDER_ENABLED": ("provider", "enabled"),
    "TEMPLATE_TYPE": ("template", "template_type"),
    "TEMPLATE_SYSTEM_PROMPT": ("template", "system_prompt"),
    "TEMPLATE_FORMAT": ("template", "template_format"),
    "TEMPLATE_INPUT_VARIABLES": ("template", "input_variables"),
    "TEMPLATE_MAX_CONTEXT_LENGTH": ("template", "max_context_length"),
    "TEMPLATE_CONTEXT_STRATEGY": ("template", "context_strategy"),
    "TEMPLATE_STOP_SEQUENCES": ("template", "stop_sequences"),
}
"""Each variable, with the type and the field that it sets."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the variables of a process or a file come to."""

    values: dict[str, Document]
    """By type, the fields that are set."""
    variables: dict[str, dict[str, str]]
    """By type and field, the variable that sets it."""
    problems: tuple[tuple[str, str], ...]
    """The variables that are passed over, each with the reason. A value is never repeated."""


def read(variables: Mapping[str, str], definitions: Mapping[str, TypeDefinition]) -> Reading:
    """What `variables` set of the types defined. One that is empty counts as not given."""
    values: dict[str, Document] = defaultdict(dict)
    names: dict[str, dict[str, str]] = defaultdict(dict)
    problems: list[tuple[str, str]] = []
    for name, (config_type, field) in VARIABLES.items():
        text = variables.get(name, "").strip()
        if not text or config_type not in definitions:
            continue
        try:
            values[config_type][field] = _checked(text, field, definitions[config_type])
            names[config_type][field] = name
        except Unreadable as reason:
            problems.append((name, str(reason)))
    for config_type in list(values):
        problems += _settle(values[config_type], names[config_type], definitions[config_type])
    kept = {config_type: dict(fields) for config_type, fields in values.items() if fields}
    return Reading(kept, {config_type: names[config_type] for config_type in kept}, tuple(problems))


def _checked(text: str, field: str, definition: TypeDefinition) -> Any:
    data = definition.coerced({field: read_value(text, field, definition.place(field))})
    violations = definition.partial_violations(data)
    if violations:
        raise Unreadable("; ".join(violation.message for violation in violations))
    return data[field]


def _settle(values: Document, names: dict[str, str], definition: TypeDefinition) -> list[tuple[str, str]]:
    """Take out what breaks a rule together, and say so for each variable. Each turn takes something out, so it ends."""
    problems: list[tuple[str, str]] = []
    while broken := _first_broken(values, definition):
        fields = [field for field in values if pointer_of([field]) in broken.pointers] or list(values)
        together = ", ".join(names[field] for field in fields)
        for field in fields:
            problems.append((names.pop(field), f"{broken.message} (set by {together})"))
            del values[field]
    return problems


def _first_broken(values: Document, definition: TypeDefinition) -> Violation | None:
    """The first rule that the values break over the defaults; none can be told while a required field lacks."""
    whole = {**definition.defaults, **values}
    if not values or definition.missing(whole):
        return None
    return next(iter(definition.violations(whole)), None)
