"""The thread that looks at failures and forgets old reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from application.reports import Failure, FailureFilter
from application.watch_failures import Watching
from domain.errors import StoreUnavailable
from infrastructure.report_keeper import ReportKeeper
from tests.api.conftest import Client, opened
from tests.api.rest.test_reports import FAILURES, failure, told

DAY_US = 86_400 * 1_000_000


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A service that keeps reports for a day, and looks all the time."""
    monkeypatch.setattr("infrastructure.report_keeper.LOOK_SECONDS", 0.02)
    monkeypatch.setattr("infrastructure.report_keeper.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("infrastructure.report_keeper.PRUNE_SECONDS", 0.0)
    with opened("memory:", watching=Watching(days=1)) as client:
        yield client


def comes(true: Callable[[], Any]) -> bool:
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(true())


def received(days_ago: float) -> Failure:
    at_us = round(time.time() * 1e6 - days_ago * DAY_US)
    known = ("production", "llm", None, None, "global", None, None, 1, "E", None, "closed")
    return Failure(uuid4(), *known, at_us, at_us, "r", True)


def test_reports_are_forgotten_once_they_were_kept_long_enough(restless: Client) -> None:
    reports, young = restless.service.use_cases.reports, received(0.9)
    reports.add_failures([received(1.1) for _ in range(2_500)])
    reports.add_failures([young])
    everything = FailureFilter("production")
    assert comes(lambda: len(reports.failures(everything, after=None, limit=500).items) == 1)
    assert reports.failures(everything, after=None, limit=500).items == (young,)


def test_who_does_not_lead_forgets_nothing() -> None:
    with opened("memory:") as client:
        cases = client.service.use_cases
        follower = ReportKeeper(cases, leads=lambda: False, now_us=lambda: 10**18)
        cases.reports.add_failures([received(0)])
        follower._prune_if_due()
        assert len(told(client, FAILURES)) == 1


@pytest.mark.parametrize("error", [StoreUnavailable("the store is away"), RuntimeError("a fault of ours")])
def test_it_outlives_what_goes_wrong(monkeypatch: pytest.MonkeyPatch, restless: Client, error: Exception) -> None:
    watch = restless.service.use_cases.guards.failures
    with monkeypatch.context() as patch:
        failed: list[int] = []

        def fail() -> None:
            failed.append(1)
            raise error

        patch.setattr(watch, "look", fail)
        assert comes(lambda: len(failed) > 2)
    config = restless.create("retrieval")
    body = {"failures": [failure(config_id=config["id"], version=1, config_type="retrieval") for _ in range(20)]}
    assert restless.post(FAILURES, json=body).status_code == 202
    assert comes(lambda: "varve_failing_configs{" in restless.get("/metrics").text)
