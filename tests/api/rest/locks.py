"""Locks as tests make them."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Client

LOCKS = "/api/locks"


VALIDATED = {"chunk_size": 450, "overlap_ratio": 0.10, "jaccard_threshold": 0.8, "prefix_policy": "A"}


BGE = "BAAI/bge-large-en-v1.5"


NEW = {"config_type": "chunk_index", "embedder_name": BGE, "tokenizer_name": BGE, "baseline_metrics": {"f1": 0.6}}


WHY = {"reason": "measured"}


def locked(client: Client, **fields: Any) -> dict[str, Any]:
    answer = client.post(LOCKS, json={**NEW, **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def rules(answer: Any) -> list[str]:
    """Without the name of the policy before them."""
    return [one["rule"].rpartition(".")[2] for one in answer.json()["errors"]]
