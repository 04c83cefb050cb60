"""What an evaluation is recorded with, and how it is told."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import ConfigDict, Field

from api.rest.bodies import Body, Reason
from api.rest.reports import Id, Time
from application.evaluation_views import EvaluationRow
from application.record_evaluations import Run
from domain.documents import Document
from domain.errors import InvalidRequest
from domain.releases.verdict import Direction, Tolerance
from domain.times import microseconds, rfc3339

LARGEST = 1e15
MOST_METRICS = 200

MANIFEST: dict[str, Any] = {
    "models": {"embedder": "BAAI/bge-large-en-v1.5", "reranker": "BAAI/bge-reranker-base", "generator": "gpt-4o-mini"},
    "config_hash": "cbd3b8a0f1f7c3e2a6f9d9f5d3a1e0b4c7a6958473625140f9e8d7c6b5a49382",
    "ingest_run_id": "2026-11-20-100000-v1-cbd3b8a0",
    "rerank": {"alpha": 0.7, "final_top_n": 12},
    "thresholds": {"f1_min": 0.25},
    "settings": {"rrf_k": 60},
    "prompt_hash": None,
    "few_shot_ids": [],
    "seed": 42,
    "temperature": 0,
    "cache_disabled": True,
}
NEW: dict[str, Any] = {
    "environment": "production",
    "name": "nightly",
    "ran_at": "2026-11-20T09:58:00Z",
    "manifest": MANIFEST,
    "dataset": "evals/data/gold/v1/gold_cases_121.jsonl",
    "dataset_hash": "fc16f41f8105246472b6f3f2315c128a",
    "metrics": {"f1_score": 0.25},
    "tolerances": {"f1_score": {"direction": "higher", "change": 0.02}},
    "baseline": {"evaluation_id": "6a1e7a52-6f0e-5d0a-9a53-0f7c2f0f7b13"},
}
EVALUATION: dict[str, Any] = {
    "id": "9c2e8a52-6f0e-5d0a-9a53-0f7c2f0f7b14",
    **NEW,
    "ran_at": "2026-11-20T09:58:00.000000Z",
    "tolerances": {"f1_score": {"direction": "higher", "change": 0.02, "percent": None}},
    "baseline": {
        "evaluation_id": "6a1e7a52-6f0e-5d0a-9a53-0f7c2f0f7b13",
        "lock_id": None,
        "metrics": {"f1_score": 0.26},
    },
    "verdict": "pass",
    "compared": [
        {
            "metric": "f1_score",
            "value": 0.25,
            "baseline": 0.26,
            "verdict": "pass",
            "reason": "0.25 is 0.01 worse than 0.26, and 0.02 is tolerated",
        }
    ],
    "lock_id": None,
    "change_set_id": None,
    "recorded_at": "2026-11-20T10:00:00.000001Z",
    "recorded_by": "u-1",
    "reason": "before the release",
    "position": 1042,
}
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Hash = Annotated[str, Field(min_length=1, max_length=128)]


class ManifestBody(Body):
    """What the run was made with. What is not known is null: it is never made up."""

    models: dict[Id, Id | None] = Field(default_factory=dict, max_length=20, description="Ids, by what each is for.")
    config_hash: Hash | None = Field(None, description="Taken from the lock, where the run names one.")
    ingest_run_id: Id | None = Field(None, description="Taken from the lock, where the run names one.")
    rerank: Document = Field(default_factory=dict)
    thresholds: Document = Field(default_factory=dict)
    settings: Document = Field(default_factory=dict, description="Whatever else it depends on.")
    prompt_hash: Hash | None = None
    few_shot_ids: list[Id] = Field(default_factory=list, max_length=1_000)
    seed: int | None = Field(None, ge=-(2**53), le=2**53)
    temperature: Number | None = None
    cache_disabled: bool | None = None


class ToleranceBody(Body):
    """By how much worse than the baseline a metric may be."""

    direction: Direction = Field(description="Which is better.")
    change: Share = Field(0.0, description="As a number.")
    percent: Share | None = Field(None, description="In percent of the baseline, instead.")

    def tolerance(self, metric: str) -> Tolerance:
        if self.percent is not None and self.change:
            at = f"/tolerances/{metric.replace('~', '~0').replace('/', '~1')}"
            raise InvalidRequest.at(at, "say change or percent, not both", "tolerance")
        return Tolerance(self.direction, self.change, self.percent)


class BaselineBody(Body):
    """One of them."""

    evaluation_id: UUID | None = Field(None, strict=False)
    lock_id: UUID | None = Field(None, strict=False)


class EvaluationBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [NEW]})

    environment: str | None = None
    name: Id | None = None
    ran_at: Time | None = Field(None, description="When, by the clock of who ran it.")
    manifest: ManifestBody
    dataset: Annotated[str, Field(max_length=1000)] | None = None
    dataset_hash: Hash
    metrics: dict[Id, Number] = Field(min_length=1, max_length=MOST_METRICS)
    tolerances: dict[Id, ToleranceBody] = Field(default_factory=dict, max_length=MOST_METRICS)
    baseline: BaselineBody | None = Field(None, description="Left out: the metrics of the lock that is named.")
    lock_id: UUID | None = Field(None, strict=False, description="Whose config was measured.")
    change_set_id: UUID | None = Field(None, strict=False, description="Which change it speaks for.")
    reason: Reason = None

    def run(self, *, environment: str) -> Run:
        baseline = self.baseline or BaselineBody()
        if self.baseline is not None and (baseline.evaluation_id is None) == (baseline.lock_id is None):
            raise InvalidRequest.at("/baseline", "name one baseline: evaluation_id, or lock_id", "baseline")
        return Run(
            environment=environment,
            manifest=self.manifest.model_dump(),
            dataset_hash=self.dataset_hash,
            metrics=self.metrics,
            tolerances={metric: one.tolerance(metric) for metric, one in self.tolerances.items()},
            name=self.name,
            ran_us=None if self.ran_at is None else microseconds(self.ran_at),
            dataset=self.dataset,
            lock_id=self.lock_id,
            change_set_id=self.change_set_id,
            baseline_evaluation=baseline.evaluation_id,
            baseline_lock=baseline.lock_id,
        )


def evaluation_data(id_: UUID, facts: dict[str, Any], *, recorded_us: int, position: int) -> dict[str, Any]:
    """`facts` are the event's payload."""
    own = ("environment", "name", "manifest", "dataset", "dataset_hash", "metrics", "tolerances", "baseline")
    return {
        "id": str(id_),
        **{name: facts[name] for name in own},
        "ran_at": None if facts["ran_us"] is None else rfc3339(facts["ran_us"]),
        **{name: facts.get(name) for name in ("verdict", "compared", "lock_id", "change_set_id")},
        "recorded_at": rfc3339(recorded_us),
        "recorded_by": facts["actor"],
        "reason": facts.get("reason"),
        "position": position,
    }


def row_data(row: EvaluationRow) -> dict[str, Any]:
    return evaluation_data(UUID(row.id), orjson.loads(row.body), recorded_us=row.recorded_us, position=row.position)
