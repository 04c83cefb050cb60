"""Evaluations over HTTP: recorded once, judged against a baseline, found again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Client

EVALUATIONS = "/api/evaluations"
NEW: dict[str, Any] = {"manifest": {"seed": 42}, "dataset_hash": "fc16", "metrics": {"f1": 0.6, "latency_ms": 100}}


def recorded(client: Client, **fields: Any) -> dict[str, Any]:
    answer = client.post(EVALUATIONS, json={**NEW, **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def locked(client: Client, **fields: Any) -> dict[str, Any]:
    client.create("chunk_index", {"chunk_size": 450})
    models = {"embedder_name": "BAAI/bge-large-en-v1.5", "tokenizer_name": "BAAI/bge-large-en-v1.5"}
    answer = client.post("/api/locks", json={"scope": "global", "config_type": "chunk_index", **models, **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_evaluation_is_recorded_and_told_the_same_again(client: Client):
    made = recorded(client, name="nightly", ran_at="2025-09-30T03:22:36+02:00")
    assert made["ran_at"] == "2025-09-30T01:22:36.000000Z"
    assert (made["verdict"], made["compared"], made["baseline"]) == ("unknown", [], None)
    assert client.get(f"{EVALUATIONS}/{made['id']}").json() == made
    assert client.get(EVALUATIONS).json() == {"items": [made], "next": None}


def test_the_verdict_is_against_the_evaluation_that_is_named(api: Client):
    first = recorded(api)
    better = recorded(api, metrics={"f1": 0.7, "latency_ms": 90}, baseline={"evaluation_id": first["id"]})
    tolerances = {"latency_ms": {"direction": "lower", "percent": 15}}
    worse = recorded(
        api, metrics={"f1": 0.5, "latency_ms": 110}, baseline={"evaluation_id": first["id"]}, tolerances=tolerances
    )
    assert (better["verdict"], worse["verdict"]) == ("pass", "fail")
    assert {one["metric"]: one["verdict"] for one in worse["compared"]} == {"f1": "fail", "latency_ms": "pass"}
    assert worse["compared"][0]["reason"] == "0.5 is 0.1 worse than 0.6, and 0 is tolerated"
    assert worse["baseline"] == {"evaluation_id": first["id"], "lock_id": None, "metrics": NEW["metrics"]}


def test_a_lock_gives_the_baseline_and_what_the_manifest_leaves_out(api: Client):
    lock = locked(api, baseline_metrics={"f1": 0.61, "note": "by hand"})
    made = recorded(api, lock_id=lock["id"])
    assert made["verdict"] == "fail"
    assert made["baseline"]["metrics"] == {"f1": 0.61}
    assert made["manifest"]["config_hash"] == lock["config_hash"]
    assert made["manifest"]["ingest_run_id"] == lock["ingest_run_id"]
    found = api.get(EVALUATIONS, params={"lock_id": lock["id"], "config_hash": lock["config_hash"]}).json()
    assert found["items"] == [made]


def test_a_manifest_of_another_config_is_refused(api: Client):
    lock = locked(api)
    answer = api.post(EVALUATIONS, json={**NEW, "lock_id": lock["id"], "manifest": {"config_hash": "00"}})
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/manifest/config_hash"]


@pytest.mark.parametrize(
    ("fields", "status", "pointer"),
    [
        ({"baseline": {}}, 400, "/baseline"),
        ({"metrics": {}}, 400, "/metrics"),
        ({"metrics": {"f1": 1e400}}, 400, "/metrics/f1"),
        ({"ran_at": "2025-09-30 03:22:36"}, 400, "/ran_at"),
        ({"tolerances": {"a/b": {"direction": "lower", "change": 1, "percent": 1}}}, 400, "/tolerances/a~1b"),
        ({"baseline": {"evaluation_id": "00000000-0000-0000-0000-000000000001"}}, 404, None),
        ({"lock_id": "00000000-0000-0000-0000-000000000001"}, 404, None),
        ({"change_set_id": "00000000-0000-0000-0000-000000000001"}, 404, None),
        ({"environment": "nowhere"}, 404, None),
    ],
)
def test_what_does_not_fit_is_refused(api: Client, fields: dict[str, Any], status: int, pointer: str | None):
    body = {**NEW, **fields}
    content = json.dumps(body).replace("Infinity", "1e400")
    answer = api.post(EVALUATIONS, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert pointer is None or pointer in [fault["pointer"] for fault in answer.json()["errors"]]


def test_what_is_of_elsewhere_is_no_evidence_here(api: Client):
    api.post("/api/environments", json={"name": "staging"})
    there, lock = recorded(api, environment="staging"), locked(api)
    change_set = api.post("/api/change-sets", json={"title": "t"}).json()["id"]
    other = recorded(api, dataset_hash="0000")["id"]
    for fields, pointer in (
        ({"baseline": {"evaluation_id": there["id"]}}, "/baseline/evaluation_id"),
        ({"baseline": {"evaluation_id": other}}, "/baseline/evaluation_id"),
        ({"environment": "staging", "lock_id": lock["id"]}, "/lock_id"),
        ({"environment": "staging", "change_set_id": change_set}, "/change_set_id"),
    ):
        answer = api.post(EVALUATIONS, json={**NEW, **fields})
        assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (400, [pointer])


def test_evaluations_are_paged_newest_first_and_filtered(client: Client):
    made = [recorded(client, metrics={"f1": number}) for number in range(5)]
    page = client.get(EVALUATIONS, params={"limit": 2})
    assert [one["id"] for one in page.json()["items"]] == [made[4]["id"], made[3]["id"]]
    following = client.get(page.headers["Link"].partition(">")[0].removeprefix("<")).json()
    assert [one["id"] for one in following["items"]] == [made[2]["id"], made[1]["id"]]
    assert client.get(EVALUATIONS, params={"verdict": "pass"}).json()["items"] == []
    assert client.get(EVALUATIONS, params={"dataset_hash": "0"}).json()["items"] == []


def test_a_repeat_is_the_same_evaluation_and_a_rebuild_tells_it_again(client: Client):
    first, again = (client.post(EVALUATIONS, json=NEW, headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert first.json() == again.json()
    client.post("/api/projections/rebuild")
    assert client.get(EVALUATIONS).json()["items"] == [first.json()]
    assert client.post("/api/projections/verify").json()["equal"] is True


def test_evidence_is_taken_in_a_frozen_environment(api: Client):
    api.post("/api/environments/production/freeze", json={"reason": "the holidays"})
    recorded(api)
