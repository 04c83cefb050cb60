"""Reports of health over HTTP: judged, kept, told as events when the verdict changes, and acted upon."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client
from tests.domain.releases.test_checks import HEALTHY

REPORTS = "/api/health-reports"
HEALTH = "/api/environments/production/health"
LEAKS = {**HEALTHY, "bm25_prefix_leakage": 3}


def reported(client: Client, **metrics: float) -> dict[str, Any]:
    answer = client.post(REPORTS, json={"metrics": metrics, "config_version": "v-1"})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def events(client: Client) -> list[tuple[str, Any]]:
    found = client.get("/api/events", params={"types": ["health.alerted", "health.recovered"]}).json()["items"]
    return [(one["type"], [alert["code"] for alert in one["data"].get("alerts", ())]) for one in found]


def published(client: Client, **data: Any) -> dict[str, Any]:
    """A change set with one new config, in force."""
    draft = {"config_type": "chunking", "name": f"n-{data}", "is_default": True, "config_data": data}
    made = client.post("/api/change-sets", json={"title": "smaller chunks", "drafts": [draft]})
    answer = client.post(f"/api/change-sets/{made.json()['id']}/publish", json={})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def state(client: Client, change_set: dict[str, Any]) -> str:
    return str(client.get(f"/api/change-sets/{change_set['id']}").json()["state"])


def test_a_report_is_judged_and_kept(client: Client):
    sound, ill = reported(client, **HEALTHY), reported(client, **LEAKS)
    assert (sound["overall_healthy"], sound["alerts"]) == (True, [])
    assert sound["config_health"] == {"valid": True, "issues": [], "warnings": []}
    assert sound["retrieval_health"] == {"healthy": True, **HEALTHY, "unknown": ["reader_gold_usage"]}
    assert (ill["overall_healthy"], ill["retrieval_health"]["healthy"]) == (False, False)
    message = "bm25_prefix_leakage is 3: it must be at most 0"
    assert ill["alerts"] == [{"severity": "critical", "code": "bm25_prefix_leakage", "message": message}]
    assert client.get(REPORTS).json()["items"] == [ill, sound]
    assert client.get(REPORTS, params={"healthy": True}).json()["items"] == [sound]
    page = client.get(REPORTS, params={"limit": 1})
    following = page.headers["Link"].partition(">")[0].removeprefix("<")
    assert (page.json()["items"], client.get(following).json()["items"]) == ([ill], [sound])


def test_what_was_not_measured_is_unknown_and_alerts_nobody(api: Client):
    found = reported(api)
    assert found["overall_healthy"] is True
    assert found["retrieval_health"]["unknown"] == list(HEALTHY)
    assert found["retrieval_health"]["bm25_prefix_leakage"] is None


def test_events_tell_when_the_verdict_changes_and_no_report_twice(api: Client):
    for metrics in (HEALTHY, LEAKS, LEAKS, {**LEAKS, "avg_snapshot_size": 61}, HEALTHY, HEALTHY):
        reported(api, **metrics)
    assert events(api) == [
        ("health.alerted", ["bm25_prefix_leakage"]),
        ("health.alerted", ["bm25_prefix_leakage", "avg_snapshot_size"]),
        ("health.recovered", []),
    ]


def test_only_a_report_that_measures_it_ends_an_alert(api: Client):
    reported(api, **LEAKS)
    reported(api, oracle_hit_rate=0.5)
    assert [one["code"] for one in api.get(HEALTH).json()["alerts"]] == ["bm25_prefix_leakage"]
    reported(api, bm25_prefix_leakage=0)
    assert api.get(HEALTH).json()["alerts"] == []


def test_bounds_are_changed_for_an_environment(api: Client):
    bounds = {"oracle_hit_rate": {"at_least": 0.9, "severity": "critical"}, "latency_ms": {"at_most": 5}}
    changed = api.put(HEALTH, json={"bounds": bounds})
    assert changed.status_code == 200, changed.text
    assert changed.json() == api.get(HEALTH).json()
    assert changed.json()["bounds"]["filter_hit_rate"]["at_least"] == 0.2
    found = reported(api, **HEALTHY, latency_ms=6)
    assert [(one["severity"], one["code"]) for one in found["alerts"]] == [
        ("critical", "oracle_hit_rate"),
        ("warning", "latency_ms"),
    ]
    assert api.put(HEALTH, json={"auto_rollback": False}, headers={"If-Match": '"1"'}).status_code == 412


@pytest.mark.parametrize("bound", [{}, {"at_least": 2, "at_most": 1}])
def test_bounds_that_say_nothing_are_refused(api: Client, bound: dict[str, float]):
    answer = api.put(HEALTH, json={"bounds": {"latency_ms": bound}})
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/bounds/latency_ms"]


def test_what_policies_do_not_want_makes_the_configuration_invalid(api: Client):
    rules = [
        {"name": "small", "expression": "this.max_chunk_size < 500", "message": "too large", "severity": "error"},
        {"name": "tiny", "expression": "this.max_chunk_size < 50", "message": "not tiny", "severity": "warning"},
    ]
    api.create("chunking", {"max_chunk_size": 900})
    api.put("/api/environments/production/policies/p", json={"config_type": "chunking", "rules": rules})
    found = reported(api, **HEALTHY)
    assert found["config_health"]["valid"] is False
    assert [issue.partition(": ")[2] for issue in found["config_health"]["issues"]] == ["too large"]
    assert [warning.partition(": ")[2] for warning in found["config_health"]["warnings"]] == ["not tiny"]
    assert [one["code"] for one in found["alerts"]] == ["config_invalid"]


def test_a_critical_alert_rolls_back_what_was_published_just_now(client: Client):
    before = client.effective(config_types="chunking")["chunking"]
    change_set = published(client, max_chunk_size=900)
    reported(client, **{**HEALTHY, "avg_snapshot_size": 61})
    assert state(client, change_set) == "published"  # a warning is none of its business
    ill = reported(client, **LEAKS)
    assert state(client, change_set) == "rolled_back"
    assert client.effective(config_types="chunking")["chunking"] == before
    (event,) = client.get("/api/events", params={"types": "change_set.rolled_back"}).json()["items"]
    assert (event["actor"], event["reason"]) == ("varve", ill["alerts"][0]["message"])
    assert event["data"]["evidence"] == {"health_report": ill["id"], "alerts": ill["alerts"], "metrics": LEAKS}
    reported(client, **LEAKS)
    assert client.get("/api/events", params={"types": "change_set.rolled_back"}).json()["items"] == [event]


def test_a_release_in_a_frozen_environment_is_rolled_back_too(api: Client):
    change_set = published(api, max_chunk_size=900)
    api.post("/api/environments/production/freeze", json={"reason": "the holidays"})
    reported(api, **LEAKS)
    assert state(api, change_set) == "rolled_back"


def test_nothing_is_rolled_back_where_that_is_switched_off(api: Client):
    api.put(HEALTH, json={"auto_rollback": False})
    change_set = published(api, max_chunk_size=900)
    reported(api, **LEAKS)
    assert state(api, change_set) == "published"


def test_a_release_of_longer_ago_is_not_blamed(api: Client, monkeypatch: pytest.MonkeyPatch):
    change_set = published(api, max_chunk_size=900)
    cases = api.service.use_cases
    later_us = cases.store.now_us() + (15 * 60 + 1) * 1_000_000
    monkeypatch.setattr(cases.releases.roll_back, "_now_us", lambda: later_us)
    reported(api, **LEAKS)
    assert state(api, change_set) == "published"


def test_what_people_changed_since_is_left_to_people(api: Client, logs: list[Any]):
    change_set = published(api, max_chunk_size=900)
    (config,) = api.get(CONFIGS).json()["items"]
    api.change(config, config_data={"max_chunk_size": 800})
    reported(api, **LEAKS)
    assert state(api, change_set) == "published"
    assert [one["release"] for one in logs if one["event"] == "a release cannot be rolled back"] == ["smaller chunks"]


def test_a_promoted_lock_is_rolled_back_when_it_halves_its_baseline(api: Client):
    api.post("/api/environments", json={"name": "staging"})
    api.create("chunk_index", {"chunk_size": 300})
    api.create("chunk_index", {"chunk_size": 450}, environment="staging")
    new = {
        "environment": "staging",
        "scope": "global",
        "config_type": "chunk_index",
        "embedder_name": "BAAI/bge-large-en-v1.5",
        "tokenizer_name": "BAAI/bge-large-en-v1.5",
        "baseline_metrics": {"recall_at_20": 0.4},
    }
    lock = api.post("/api/locks", json=new).json()["id"]
    promoted = api.post(f"/api/locks/{lock}/promote", json={"to_environment": "production", "reason": "measured"})
    assert promoted.status_code == 200, promoted.text
    assert api.effective(config_types="chunk_index")["chunk_index"]["chunk_size"] == 450
    found = reported(api, **HEALTHY, recall_at_20=0.19)
    assert [one["code"] for one in found["alerts"]] == ["baseline.recall_at_20"]
    assert api.effective(config_types="chunk_index")["chunk_index"]["chunk_size"] == 300
    ended = api.get(f"/api/locks/{promoted.json()['id']}").json()
    assert (ended["status"], ended["ended_by"]) == ("rolled_back", "varve")
    assert (ended["evidence"]["health_report"], ended["evidence"]["alerts"]) == (found["id"], found["alerts"])
