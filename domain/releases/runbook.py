"""From a lock to an index that is read: the commands in their order, with what they need set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any, NamedTuple

from domain.documents import Document

VARIABLES = {
    "CHUNK_SIZE": "chunk_size",
    "OVERLAP_RATIO": "overlap_ratio",
    "JACCARD_THRESHOLD": "jaccard_threshold",
    "PREFIX_POLICY": "prefix_policy",
}
"""What an ingest run reads, by field of chunk_index."""
WHY = '-r "${REASON:-$INGEST_RUN_ID}"'


class Step(NamedTuple):
    title: str
    commands: tuple[str, ...]


def variables(lock: Mapping[str, Any], chunk_index: Document, *, table: str) -> dict[str, str]:
    """The environment of ingest and evaluation."""
    return {
        **{name: str(chunk_index[field]) for name, field in VARIABLES.items()},
        "CHUNK_VERSION": str(lock["version_label"]),
        "INGEST_RUN_ID": str(lock["ingest_run_id"]),
        "INDEX_TABLE": table,
        "EVAL_DISABLE_CACHE": "1",
    }


def steps(lock: Mapping[str, Any], *, table: str, to: str | None = None) -> list[Step]:
    """What is done when; `to`: the environment that it goes on to. A variable names the application's own programs."""
    label, home, shadow = quote(lock["version_label"]), quote(lock["environment"]), quote(table)
    evaluate = f'sh -c "${{EVALUATE:?set EVALUATE to the command that evaluates with {table}}}"'
    here = [
        Step("make the shadow table", (f"varve index register {_place(lock, home)} --lock {label} --shadow {WHY}",)),
        *_filled(table, home),
        Step("evaluate with it", (f"varve index route {_place(lock, home)} --shadow", evaluate)),
        Step("read it", (f"varve index switch {shadow} -e {home} {WHY}",)),
    ]
    if to is None:
        return here
    there, why = quote(to), '-r "${REASON:?set REASON}"'
    register = f"varve index register {_place(lock, there)} --lock {label} --locked-in {home} --shadow {WHY}"
    return [
        *here,
        Step(f"make the table in {to}", (register,)),
        *_filled(table, there),
        Step(f"settings and index go to {to} together", (f"varve lock promote {label} -e {home} --to {there} {why}",)),
    ]


def _place(lock: Mapping[str, Any], environment: str) -> str:
    collection = lock["collection_id"]
    return f"-e {environment}" if collection is None else f"-e {environment} -c {quote(collection)}"


def _filled(table: str, environment: str) -> list[Step]:
    fill = f'INDEX_ENVIRONMENT={environment} sh -c "${{INGEST:?set INGEST to the command that fills {table}}}"'
    return [
        Step("fill it", (fill, f"varve index progress {quote(table)} -e {environment} {WHY}")),
        Step("have it looked into", (f"varve index ready {quote(table)} -e {environment} {WHY}",)),
    ]


def script(lock: Mapping[str, Any], chunk_index: Document, *, table: str, to: str | None = None) -> str:
    """All of it as a shell script, which stops where something fails."""
    where = f"{lock['config_type']} in {lock['environment']}, run {lock['ingest_run_id']}"
    lines = ["#!/bin/sh", f"# {where}", "set -eu", ""]
    lines += [f"export {name}={quote(value)}" for name, value in variables(lock, chunk_index, table=table).items()]
    for number, step in enumerate(steps(lock, table=table, to=to), 1):
        lines += ["", f"# {number}. {step.title}", *step.commands]
    back = f"varve lock rollback {quote(lock['version_label'])} -e {quote(lock['environment'])} -r WHY"
    lines += ["", "# back: " + back, "# after 48 hours the index of before can go: varve index list, varve index drop"]
    return "\n".join(lines) + "\n"


def manifest(lock: Mapping[str, Any], effective: Mapping[str, Any], *, chunk_index: Document, table: str) -> Document:
    """What an evaluation was made with, to be kept beside its results. What nobody has said is null."""
    embedding, llm = effective.get("embedding") or {}, effective.get("llm") or {}
    retrieval = effective.get("retrieval") or {}
    return {
        "run_id": lock["ingest_run_id"],
        "config_hash": lock["config_hash"],
        "timestamp": lock["locked_at"],
        "chunking": {"version": lock["version_label"], **{field: chunk_index[field] for field in VARIABLES.values()}},
        "models": {
            "embedder": lock["embedder_name"],
            "embed_dim": embedding.get("embedding_dim"),
            "reranker": None,
            "generator": llm.get("model_id"),
        },
        "retrieval": {
            **_nulls("rrf_k", "topk_vec", "topk_bm25", "rerank_pool", "rerank_topn"),
            "context_docs_max": retrieval.get("number_of_results"),
        },
        "eval": {
            "temperature": 0,
            **_nulls("few_shot_k", "cot_enabled"),
            "cache_disabled": True,
            "dataset_id": None,
            "thresholds": {
                "f1_min": lock["baseline_metrics"].get("f1"),
                **_nulls("precision_drift_max", "latency_p95_budget", "oracle_prefilter_target"),
            },
        },
        "provenance": {
            "prompt_audit": True,
            "fields": ["prompt_hash", "few_shot_ids", "prompt_tokens"],
            "table": table,
            "few_shot_provenance": _nulls("few_shot_ids", "pool_version", "selector_seed"),
        },
    }


def _nulls(*names: str) -> Document:
    return dict.fromkeys(names)


def undefined(chunk_index: Document | None) -> Sequence[str]:
    """The fields of chunk_index that nothing gives."""
    return [field for field in VARIABLES.values() if field not in (chunk_index or {})]
