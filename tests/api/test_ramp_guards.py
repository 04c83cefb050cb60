"""Releases that a part of the users have, and that turn out badly: taken back by the service, with the evidence."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import Client
from tests.api.rest.change_sets import act, made
from tests.api.rest.test_metrics import at
from tests.api.rest.test_reports import FAILURES, failure

USERS = [f"u-{n}" for n in range(300)]
LATENCY = {"name": "latency_ms", "better": "lower", "tolerated_change_percent": 5}
OLD, NEW = 500, 900


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service looks only when it is told to."""
    monkeypatch.setattr("infrastructure.report_keeper.ReportKeeper._keep", lambda _: None)


def ramping(client: Client, *guardrails: dict[str, Any]) -> dict[str, Any]:
    client.create("chunking", {"max_chunk_size": OLD})
    change_set = made(client, {"config_type": "chunking", "config_data": {"max_chunk_size": NEW}})
    ramp = {"steps": [50, 60, 100], "bake_minutes": 600, "guardrails": list(guardrails)}
    return act(client, change_set, "publish", ramp=ramp)


def size(client: Client, user: str) -> int:
    return int(client.effective(user, config_types="chunking")["chunking"]["max_chunk_size"])


def measure(client: Client, *, with_it: float, without: float = 100.0, **fields: Any) -> None:
    rows = [
        {
            "id": str(uuid4()),
            "user_id": user,
            "metric": "latency_ms",
            "value": (with_it if size(client, user) == NEW else without) + n % 5,
            **fields,
        }
        for n, user in enumerate(USERS)
    ]
    assert client.post("/api/outcomes", json={"outcomes": rows}).status_code == 202
    client.service.use_cases.guards.ramps.look()


def read(client: Client, change_set: dict[str, Any]) -> dict[str, Any]:
    assert client.service.use_cases.progress.wait_for(client.newest_position, seconds=20)
    found: dict[str, Any] = client.get(f"/api/change-sets/{change_set['id']}").json()
    return found


def rolled_back(client: Client) -> list[dict[str, Any]]:
    events = client.get("/api/events", params={"limit": 500}).json()["items"]
    return [one for one in events if one["type"] == "change_set.rolled_back"]


def test_a_release_that_breaks_a_guardrail_is_taken_back_with_the_figures(client: Client) -> None:
    change_set = ramping(client, LATENCY)
    measure(client, with_it=120)
    assert read(client, change_set)["state"] == "rolled_back"
    (event,) = rolled_back(client)
    assert event["actor"] == "varve"
    assert re.match(r"latency_ms of the release is \+\d+(\.\d)? % beside the control's, surely \+", event["reason"])
    evidence = event["data"]["evidence"]
    assert evidence["guardrail"]["metric"] == "latency_ms"
    assert evidence["guardrail"]["low"] > 5
    assert sum(evidence["users"].values()) == len(USERS)
    assert {size(client, user) for user in USERS[:20]} == {OLD}
    assert at(client, "varve_auto_rollbacks_total", environment="production", result="done") == 1


def test_what_a_guardrail_tolerates_goes_on(api: Client) -> None:
    change_set = ramping(api, LATENCY)
    measure(api, with_it=101)
    assert read(api, change_set)["state"] == "ramping"


def test_what_is_too_much_for_one_look_is_read_at_the_next(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.measurements.PLACES", 30)
    monkeypatch.setattr("application.guard_ramps.PAGES", 2)
    change_set = ramping(api, LATENCY)
    measure(api, with_it=120)
    assert read(api, change_set)["state"] == "ramping"  # of 60 users nothing is sure
    looks = 1
    while read(api, change_set)["state"] == "ramping":
        api.service.use_cases.guards.ramps.look()
        looks += 1
    assert 2 < looks <= 6


def test_without_guardrails_nothing_is_measured(api: Client) -> None:
    change_set = ramping(api)
    measure(api, with_it=200)
    assert read(api, change_set)["state"] == "ramping"


def test_what_was_measured_before_the_last_step_does_not_count(api: Client) -> None:
    change_set = ramping(api, LATENCY)
    measure(api, with_it=200, at="2026-01-01T00:00:00Z")
    assert read(api, change_set)["state"] == "ramping"


def test_after_a_step_the_new_users_are_counted_with_the_release(api: Client) -> None:
    change_set = ramping(api, LATENCY)
    measure(api, with_it=100)
    act(api, change_set, "step")
    measure(api, with_it=130)
    (event,) = rolled_back(api)
    with_it = event["data"]["evidence"]["users"]["the release"]
    assert with_it == pytest.approx(0.6 * len(USERS), abs=30)


def fail(client: Client, user: str, times: int) -> None:
    """Reports that what this user got does not work."""
    answer = client.effective(user, config_types="chunking", explain=True)
    source = answer["provenance"]["chunking"]["/max_chunk_size"]
    known = {"config_type": "chunking", "layer": source["layer"]}
    facts = {**known, "config_id": source["config_id"], "version": source["version"]}
    body = {"failures": [failure(**facts) for _ in range(times)]}
    assert client.post(FAILURES, json=body).status_code == 202
    client.service.use_cases.guards.failures.look()


def test_a_release_that_fails_for_its_first_users_is_taken_back(client: Client) -> None:
    change_set = ramping(client)
    user = next(one for one in USERS if size(client, one) == NEW)
    fail(client, user, client.service.use_cases.guards.failures.watching.threshold.failures)
    assert read(client, change_set)["state"] == "rolled_back"
    (event,) = rolled_back(client)
    assert event["data"]["evidence"]["error"] == "NotFoundError"
    assert event["data"]["evidence"]["config_type"] == "chunking"


def test_what_fails_for_everybody_takes_no_release_back(api: Client) -> None:
    change_set = ramping(api)
    user = next(one for one in USERS if size(api, one) == OLD)
    fail(api, user, api.service.use_cases.guards.failures.watching.threshold.failures)
    assert read(api, change_set)["state"] == "ramping"


def test_nothing_is_taken_back_where_that_is_switched_off(api: Client) -> None:
    api.put("/api/environments/production/health", json={"auto_rollback": False})
    change_set = ramping(api, LATENCY)
    measure(api, with_it=150)
    fail(api, next(one for one in USERS if size(api, one) == NEW), 50)
    assert read(api, change_set)["state"] == "ramping"
