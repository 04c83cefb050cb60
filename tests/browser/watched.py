"""Environments to be watched: a validated chunk configuration, locks, trials of a tuner, reports of health."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import yaml

from api.cli.trials import evaluation_of

ROOT = Path(__file__).parent.parent.parent
BGE = "BAAI/bge-large-en-v1.5"
VALIDATED = {"chunk_size": 450, "overlap_ratio": 0.10, "jaccard_threshold": 0.8, "prefix_policy": "A"}
WELL = {
    "bm25_prefix_leakage": 0,
    "over_budget_chunks": 0,
    "avg_snapshot_size": 45.2,
    "oracle_hit_rate": 0.52,
    "filter_hit_rate": 0.31,
    "reader_gold_usage": 0.64,
    "deduplication_rate": 0.2,
}


class Watched:
    """Asks a service, and fails where it refuses."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def post(self, path: str, /, **body: Any) -> dict[str, Any]:
        answer = self._client.post(path, json=body)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def put(self, path: str, /, **body: Any) -> None:
        answer = self._client.put(path, json=body)
        assert answer.status_code < 300, answer.text

    def stages(self) -> None:
        """Staging and production, with the policies of the example."""
        self.post("/api/imports", kind="bundle", bundle={"varve_bundle": 1, "builtin": ["platform"]})
        stages = yaml.safe_load((ROOT / "examples/stages/stages.yaml").read_text())["environments"]
        self.post("/api/environments", name="staging")
        for name, policy in stages["staging"]["policies"].items():
            self.put(f"/api/environments/staging/policies/{name}", **policy)
        self.put("/api/environments/production", promoted_from="staging")
        for environment in ("staging", "production"):
            self.config(environment, "embedding", {"provider_id": "p", "model_id": BGE, "embedding_dim": 1024})

    def config(self, environment: str, config_type: str, data: dict[str, Any]) -> None:
        """In force for all."""
        facts = {"environment": environment, "config_type": config_type, "name": "validated", "mode": "overlay"}
        self.post("/api/runtime-configs/", **facts, config_data=data, is_default=True)

    def chunk_index(self, environment: str, **data: Any) -> None:
        """What is validated, or something else of it, in force for all."""
        self.config(environment, "chunk_index", {**VALIDATED, **data})

    def lock(self, environment: str, **more: Any) -> dict[str, Any]:
        facts = {"embedder_name": BGE, "tokenizer_name": BGE, "baseline_metrics": {"reader_gold_usage": 0.6}}
        return self.post("/api/locks", **{**facts, "environment": environment, "config_type": "chunk_index", **more})

    def report(self, **metrics: float) -> dict[str, Any]:
        return self.post("/api/health-reports", config_version="2026-11-20-100000-v1", metrics={**WELL, **metrics})

    def evaluations(self, count: int, **more: Any) -> list[dict[str, Any]]:
        """Trials of the tuner, each against the one before."""
        lines = (ROOT / "tests/data/tuning/trials.jsonl").read_text().splitlines()[:count]
        made: list[dict[str, Any]] = []
        for trial in map(json.loads, lines):
            trial["timestamp"] = trial["timestamp"].replace(" ", "T") + "Z"
            against = {"baseline": {"evaluation_id": made[-1]["id"]}} if made else {}
            made.append(self.post("/api/evaluations", **evaluation_of(trial), **against, **more))
        return made
