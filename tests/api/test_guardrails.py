"""Experiments that do more harm than their guardrails tolerate: paused by the service, once, and told."""

from __future__ import annotations

import time
from typing import Any

import pytest

from domain.errors import StoreUnavailable
from tests.api.conftest import Client, opened
from tests.api.rest.test_experiment_results import exposed, outcome, report, started
from tests.api.rest.test_experiments import EXPERIMENTS, did, revised
from tests.api.rest.test_metrics import at

WITHIN_SECONDS = 10.0
USERS = {name: [f"{name}-{n}" for n in range(200)] for name in ("control", "deep")}


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service looks only when it is told to."""
    monkeypatch.setattr("infrastructure.report_keeper.LOOK_SECONDS", 3_600.0)


def measure(client: Client, *, deep: float) -> None:
    """A latency of about 100 with the control, and of about this with the other variant."""
    means = {"control": 100.0, "deep": deep}
    report(client, exposures=[exposed(user, name) for name, those in USERS.items() for user in those])
    report(client, outcomes=latencies(means))


def latencies(means: dict[str, float]) -> list[dict[str, Any]]:
    return [
        outcome(user, mean + n % 5, metric="latency_ms")
        for name, mean in means.items()
        for n, user in enumerate(USERS[name])
    ]


def looked(client: Client) -> None:
    client.service.use_cases.guards.experiments.look()


def read(client: Client, experiment: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{EXPERIMENTS}/{experiment}").json()
    return found


def test_an_experiment_that_does_harm_is_paused_with_the_figures_as_the_reason(client: Client, logs: list[Any]) -> None:
    experiment = started(client)
    measure(client, deep=120)
    looked(client)
    found = read(client, experiment)
    assert (found["status"], found["updated_by"]) == ("paused", "varve")
    event = client.get("/api/events", params={"after": found["position"] - 1}).json()["items"][0]
    assert event["type"] == "experiment.paused"
    assert event["reason"].startswith("latency_ms of deep is +19.6 % beside the control's")
    assert [line["log_level"] for line in logs if line["event"] == "an experiment was paused"] == ["warning"]
    assert at(client, "varve_experiments_paused_total", environment="production") == 1


def test_a_guardrail_acts_in_a_frozen_environment_too(api: Client) -> None:
    experiment = started(api)
    measure(api, deep=120)
    api.put("/api/environments/production", json={"reason_pattern": "OPS-[0-9]+", "approvals": 1})
    assert api.post("/api/environments/production/freeze", json={}).status_code == 200
    looked(api)
    assert read(api, experiment)["status"] == "paused"


def test_what_is_tolerated_goes_on(client: Client) -> None:
    experiment = started(client)
    measure(client, deep=103)
    looked(client)
    assert read(client, experiment)["status"] == "running"


def test_started_again_as_it_was_it_is_paused_again_and_with_more_tolerance_it_goes_on(api: Client) -> None:
    experiment = started(api)
    measure(api, deep=120)
    for _ in range(2):
        looked(api)
        assert read(api, experiment)["status"] == "paused"
        did(api, experiment, "start")
        report(api, outcomes=[outcome("u-9", 1)])
    guardrail = {"name": "latency_ms", "better": "lower", "tolerated_change_percent": 50}
    revised(api, experiment, guardrails=[guardrail])
    looked(api)
    assert read(api, experiment)["status"] == "running"


def test_what_cannot_be_paused_now_is_told_and_tried_again(
    api: Client, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("the store is away")

    experiment = started(api)
    measure(api, deep=120)
    with monkeypatch.context() as patch:
        patch.setattr("application.run_experiments.RunExperiments.pause", away)
        looked(api)
    (told,) = [line for line in logs if line["event"] == "an experiment cannot be paused"]
    assert (told["problem"], read(api, experiment)["status"]) == ("the store is away", "running")
    looked(api)
    assert read(api, experiment)["status"] == "paused"


def test_the_service_looks_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.report_keeper.LOOK_SECONDS", 0.02)
    monkeypatch.setattr("application.after_news.EVERY_US", 20_000)
    with opened("memory:") as client:
        experiment = started(client)
        measure(client, deep=120)
        deadline = time.monotonic() + WITHIN_SECONDS
        while read(client, experiment)["status"] == "running" and time.monotonic() < deadline:
            time.sleep(0.02)
        assert read(client, experiment)["status"] == "paused"
