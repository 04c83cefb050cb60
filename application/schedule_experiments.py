"""Starts and pauses experiments at the times that their plans name, by commands like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from application.catalog import Catalogs
from application.moments import SERVER
from application.ports import Command
from application.run_experiments import RunExperiments
from domain.errors import Conflict, Refusal, StaleVersion
from domain.experiments.experiment import DRAFT, RUNNING
from domain.experiments.known import KnownExperiment
from domain.times import microseconds

START, PAUSE = "start", "pause"
OPERATION = "schedule_experiment"
EVERY_US = 5_000_000  # between two looks


class ScheduleSignals(Protocol):
    """Where it is told."""

    def scheduled(self, known: KnownExperiment, act: str) -> None:
        """An experiment was started or paused because it was time."""

    def refused(self, known: KnownExperiment, act: str, problem: str) -> None:
        """It could not be, this time."""


class ScheduleExperiments:
    """`look` is called by one thread of each server, again and again; the first of them does it."""

    def __init__(
        self,
        starting: RunExperiments,
        ending: RunExperiments,
        catalogs: Catalogs,
        signals: ScheduleSignals,
        *,
        now_us: Callable[[], int],
        is_read_only: bool = False,
    ) -> None:
        """A start is a change that an environment may refuse, as in a freeze; an end never is.

        A server that takes no commands leaves both to others.
        """
        self._acts: dict[str, Callable[..., Any]] = {START: starting.start, PAUSE: ending.pause}
        self._catalogs = catalogs
        self._signals = signals
        self._now_us = now_us
        self._is_read_only = is_read_only
        self._problems: dict[str, str] = {}
        self._due_us = 0

    def problem_of(self, known: KnownExperiment) -> str | None:
        """Why what is due of it could not be done so far."""
        return self._problems.get(known.id)

    def look_if_due(self) -> None:
        """At most every few seconds."""
        if not self._is_read_only and self._now_us() >= self._due_us:
            self.look()
            self._due_us = self._now_us() + EVERY_US

    def look(self) -> None:
        """What could not be done is tried again at the next look."""
        now_us, problems = self._now_us(), {}
        for known in list(self._catalogs.current().experiments.values()):
            act = due(known, now_us)
            if act is not None and (problem := self._tried(known, act)) is not None:
                problems[known.id] = problem
        self._problems = problems

    def _tried(self, known: KnownExperiment, act: str) -> str | None:
        """Why it could not be done; None where it was, or has moved on."""
        at = f"starts_at is {known.plan['starts_at']}" if act == START else f"it ended at {known.plan['ends_at']}"
        # The same from whichever server: it is done once a version.
        command = Command(SERVER, f"schedule:{known.uuid}:{known.version}", OPERATION, b"", at)
        try:
            self._acts[act](known, command=command, expected_version=known.version)
        except StaleVersion:
            return None
        except Refusal as refusal:
            if act == PAUSE and isinstance(refusal, Conflict):
                return None  # it runs no more
            self._signals.refused(known, act, refusal.detail)
            return refusal.detail
        self._signals.scheduled(known, act)
        return None


def due(known: KnownExperiment, now_us: int) -> str | None:
    """What its plan asks for at this time. A pause is a person's, so no time ends it."""
    has_ended = _is_past(known.plan["ends_at"], now_us)
    if known.status == DRAFT and _is_past(known.plan["starts_at"], now_us) and not has_ended:
        return START
    return PAUSE if known.status == RUNNING and has_ended else None


def _is_past(time: str | None, now_us: int) -> bool:
    at_us = None if time is None else microseconds(time)
    return at_us is not None and at_us <= now_us
