"""When experiments start and end by themselves, by a clock that stands still until it is set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from api.bootstrap import service
from application.assign_profiles import NewProfile
from application.ports import Command
from application.schedule_experiments import EVERY_US, ScheduleExperiments
from application.use_cases import UseCases
from domain.experiments.experiment import PLAN, experiment_id
from domain.experiments.known import KnownExperiment
from domain.times import microseconds

STARTS, ENDS = "2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z"  # the service's own clock is not there yet
START_US, END_US = microseconds(STARTS), microseconds(ENDS)
CONTROL = {"name": "control", "weight": 1, "profile": None, "is_control": True}
DEEP = {"name": "deep", "weight": 1, "profile": "deep", "is_control": False}
ID = experiment_id("production", "e-1")


class Told:
    """What was signalled."""

    def __init__(self) -> None:
        self.acts: list[str] = []
        self.problems: list[str] = []

    def scheduled(self, known: KnownExperiment, act: str) -> None:
        self.acts.append(act)

    def refused(self, known: KnownExperiment, act: str, problem: str) -> None:
        self.problems.append(problem)


class Schedule:
    """A schedule of the experiment e-1, with its own clock."""

    def __init__(self, cases: UseCases, **options: Any) -> None:
        self.cases, self.told, self._now_us = cases, Told(), 0
        run = cases.run_experiments
        self._looking = ScheduleExperiments(run, run, cases.catalogs, self.told, now_us=lambda: self._now_us, **options)

    def at(self, now_us: int) -> str:
        """How the experiment stands when there was an occasion to look at this time."""
        self._now_us = now_us
        self._looking.look_if_due()
        return self.known.status

    @property
    def known(self) -> KnownExperiment:
        return self.cases.catalogs.current().experiment(ID.hex)

    @property
    def problem(self) -> str | None:
        return self._looking.problem_of(self.known)


def command() -> Command:
    return Command("u-1", uuid4().hex, "test", b"")


def add_profile(cases: UseCases) -> None:
    cases.assign_profiles.create(NewProfile("production", "deep", {}), command=command())


@pytest.fixture
def cases() -> Iterator[UseCases]:
    """With the draft of an experiment of one day, whose profile is not there."""
    with service("memory:", variables={}) as opened:
        told = {
            "variants": [CONTROL, DEEP],
            "traffic_percent": 100,
            "guardrails": [],
            "starts_at": STARTS,
            "ends_at": ENDS,
        }
        plan = {**dict.fromkeys(PLAN), **told}
        opened.use_cases.run_experiments.create("production", "e-1", plan, command=command())
        yield opened.use_cases


def test_it_starts_and_ends_at_its_very_times_and_each_is_done_once(cases: UseCases):
    add_profile(cases)
    schedule = Schedule(cases)
    assert schedule.at(START_US - EVERY_US - 1) == "draft"
    assert schedule.at(START_US) == "running"
    assert schedule.at(END_US - EVERY_US) == "running"
    assert schedule.at(END_US) == "paused"
    assert schedule.at(END_US + EVERY_US) == "paused"
    assert schedule.told.acts == ["start", "pause"]


def test_between_two_looks_are_some_seconds_however_many_occasions_there_are(cases: UseCases):
    add_profile(cases)
    schedule = Schedule(cases)
    assert schedule.at(START_US - 1) == "draft"
    assert schedule.at(START_US + EVERY_US - 2) == "draft"
    assert schedule.at(START_US + EVERY_US - 1) == "running"


def test_what_is_refused_is_told_at_every_look_until_it_can_be_done(cases: UseCases):
    schedule = Schedule(cases)
    assert [schedule.at(START_US + look * EVERY_US) for look in range(2)] == ["draft", "draft"]
    assert schedule.problem is not None
    assert "profile deep" in schedule.problem
    assert schedule.told.problems == [schedule.problem] * 2
    add_profile(cases)
    assert (schedule.at(START_US + 2 * EVERY_US), schedule.problem) == ("running", None)


def test_when_its_end_has_passed_too_it_does_not_start(cases: UseCases):
    add_profile(cases)
    schedule = Schedule(cases)
    assert schedule.at(END_US) == "draft"
    assert (schedule.told.acts, schedule.problem) == ([], None)


def test_a_server_that_takes_no_commands_does_not_try(cases: UseCases):
    schedule = Schedule(cases, is_read_only=True)
    assert schedule.at(START_US) == "draft"
    assert (schedule.told.problems, schedule.problem) == ([], None)
