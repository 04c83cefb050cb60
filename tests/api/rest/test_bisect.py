"""Which change did it, on real tuning trials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Client

TRIALS = [json.loads(line) for line in Path("tests/data/tuning/trials.jsonl").read_text().splitlines()]
NUMBER = {"type": "number"}
METRICS = {"type": "object", "properties": {"recall_at_20": NUMBER, "f1_score": NUMBER}, "additionalProperties": True}


@pytest.fixture
def trials(client: Client) -> list[int]:
    """All trials in order, each in a commit of its own: what was tried, and how it went. Their positions."""
    schema = {"type": "object", "properties": {}, "additionalProperties": True}
    client.put("/api/config-types/rag_tuning", json={"schema": schema, "mode": "overlay"}).raise_for_status()
    client.put("/api/config-types/metrics", json={"schema": METRICS, "mode": "overlay"}).raise_for_status()
    positions = []
    for trial in TRIALS:
        configs = [
            {
                "environment": "production",
                "scope": "global",
                "config_type": name,
                "name": "trials",
                "config_data": trial[source],
                "is_default": True,
                "is_active": True,
            }
            for name, source in (("rag_tuning", "config"), ("metrics", "metrics"))
        ]
        answer = client.post("/api/imports", json={"kind": "bundle", "bundle": {"varve_bundle": 1, "configs": configs}})
        assert answer.status_code == 200, answer.text
        positions.append(int(answer.headers["varve-position"]))
    return positions


def test_the_first_bad_of_85_trials_is_named_in_seven_probes(client: Client, trials: list[int]):
    first_bad = next(n for n in range(41, 85) if TRIALS[n]["metrics"]["recall_at_20"] < 0.2)
    body = {
        "context": {},
        "good": f"position:{trials[40]}",
        "bad": f"position:{trials[84]}",
        "verdict": {"config_type": "metrics", "pointer": "/recall_at_20", "at_least": 0.2},
    }
    answer = client.post("/api/bisects", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["first_bad"]["position"] == trials[first_bad]
    assert found["last_good"] == trials[first_bad - 1]
    assert len(found["probes"]) <= 7


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"good": "position:1", "bad": "position:1"}, "/bad"),
        ({"good": "yesterday"}, "/good"),
        ({"bad": "position:99999999"}, "/bad"),
        ({"verdict": {"config_type": "metrics", "pointer": "/recall_at_20"}}, "/verdict"),
        ({"verdict": {"config_type": "metrics", "pointer": "/nothing", "at_least": 1}}, "/verdict/pointer"),
    ],
)
def test_bad_input_is_named(api: Client, change: dict[str, Any], pointer: str):
    made = {"scope": "global", "config_type": "chunking", "name": "a", "is_default": True}
    positions = [0, 0]
    for n in range(3):
        answer = api.post("/api/runtime-configs/", json={**made, "name": f"n{n}", "config_data": {"chunk_overlap": n}})
        positions.append(int(answer.headers["varve-position"]))
    body = {
        "context": {},
        "good": "position:1",
        "bad": f"position:{positions[-1]}",
        "verdict": {"config_type": "metrics", "pointer": "/recall_at_20", "at_least": 0.2},
    }
    answer = api.post("/api/bisects", json={**body, **change})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
