"""Experiments that start and end by themselves, at the times of their plans."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Client, opened
from tests.api.rest.test_experiments import DEEP, EXPERIMENTS, VARIANTS, did, planned, revised, served
from tests.api.rest.test_metrics import at
from tests.api.rest.test_profiles import profile

LONG_AGO, PAST, FUTURE = "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", "2999-01-01T00:00:00Z"
WITHIN_SECONDS = 10.0


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service looks only when it is told to."""
    monkeypatch.setattr("application.schedule_experiments.ScheduleExperiments.look_if_due", lambda _: None)


def looked(client: Client) -> None:
    client.service.use_cases.guards.schedule.look()


def read(client: Client, experiment: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{EXPERIMENTS}/{experiment}").json()
    return found


def test_a_draft_starts_at_its_time_once_and_its_variants_are_served(client: Client) -> None:
    profile(client, "deep")
    experiment, later = planned(client, starts_at=PAST, ends_at=FUTURE), planned(client, "e-2", starts_at=FUTURE)
    for _ in range(2):
        looked(client)
    found = read(client, experiment)
    assert (found["status"], found["updated_by"], found["version"]) == ("running", "varve", 2)
    assert DEEP in served(client).values()
    events = client.get("/api/events", params={"limit": 500}).json()["items"]
    starts = [(one["actor"], one["reason"]) for one in events if one["type"] == "experiment.started"]
    assert starts == [("varve", f"starts_at is {PAST}")]
    assert read(client, later)["status"] == "draft"


def test_at_its_end_it_is_paused_in_a_frozen_environment_too_and_waits_for_its_conclusion(api: Client) -> None:
    profile(api, "deep")
    experiment = planned(api)
    did(api, experiment, "start")
    revised(api, experiment, ends_at=PAST)
    assert api.post("/api/environments/production/freeze", json={}).status_code == 200
    looked(api)
    found = read(api, experiment)
    assert (found["status"], found["updated_by"]) == ("paused", "varve")
    assert DEEP not in served(api).values()
    api.post("/api/environments/production/thaw", json={})
    assert did(api, experiment, "conclude", adopt="deep")["status"] == "concluded"


def test_what_was_paused_before_and_what_is_over_already_does_not_start(api: Client) -> None:
    profile(api, "deep")
    paused, over = planned(api, starts_at=PAST), planned(api, "e-2", starts_at=LONG_AGO, ends_at=PAST)
    for act in ("start", "pause"):
        did(api, paused, act)
    looked(api)
    assert (read(api, paused)["status"], read(api, over)["status"]) == ("paused", "draft")


def test_it_may_be_started_before_its_time(api: Client) -> None:
    profile(api, "deep")
    experiment = planned(api, starts_at=FUTURE)
    assert did(api, experiment, "start")["status"] == "running"
    looked(api)
    assert read(api, experiment)["status"] == "running"


def test_what_cannot_start_is_told_and_tried_again(api: Client, logs: list[Any]) -> None:
    experiment = planned(api, starts_at=PAST)
    looked(api)
    found = read(api, experiment)
    assert found["status"] == "draft"
    assert "profile deep, which is not there" in found["schedule_problem"]
    assert api.get(EXPERIMENTS).json()["items"][0]["schedule_problem"] == found["schedule_problem"]
    assert [line["problem"] for line in logs if "cannot be done" in line["event"]] == [found["schedule_problem"]]
    assert at(api, "varve_experiments_refused_total", environment="production", act="start") == 1
    profile(api, "deep")
    looked(api)
    found = read(api, experiment)
    assert (found["status"], found["schedule_problem"]) == ("running", None)


def test_a_read_only_server_does_not_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"sqlite:///{tmp_path / 'varve.db'}"
    with opened(address) as writable:
        profile(writable, "deep")
        experiment = planned(writable, starts_at=PAST)
    monkeypatch.undo()
    with opened(address, is_read_only=True) as client:
        client.service.use_cases.guards.schedule.look_if_due()
        found = read(client, experiment)
        assert (found["status"], found["schedule_problem"]) == ("draft", None)
        assert "varve_experiments_refused_total{" not in client.get("/metrics").text


def test_an_end_before_the_start_is_refused(api: Client) -> None:
    body = {"name": "e-1", "variants": VARIANTS, "starts_at": PAST, "ends_at": LONG_AGO}
    answer = api.post(EXPERIMENTS, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/ends_at")


def test_the_service_looks_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("infrastructure.report_keeper.LOOK_SECONDS", 0.02)
    monkeypatch.setattr("application.schedule_experiments.EVERY_US", 20_000)
    with opened("memory:") as client:
        profile(client, "deep")
        experiment = planned(client, starts_at=PAST)
        deadline = time.monotonic() + WITHIN_SECONDS
        while read(client, experiment)["status"] == "draft" and time.monotonic() < deadline:
            time.sleep(0.02)
        assert read(client, experiment)["status"] == "running"
