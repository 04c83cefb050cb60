"""Pauses an experiment that surely does more harm than its guardrails tolerate, by a command like any other."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Protocol

from application.catalog import Catalogs
from application.measure_experiments import MeasureExperiments
from application.moments import SERVER
from application.ports import Command
from application.run_experiments import RunExperiments
from domain.errors import Conflict, Refusal, StaleVersion
from domain.experiments.experiment import RUNNING
from domain.experiments.guardrails import Breach, breaches
from domain.experiments.known import KnownExperiment

OPERATION = "guard_experiment"
EVERY_US = 5_000_000  # between two looks
REST = 20  # times as long as the last look took, so that looking costs a twentieth of a processor at most


class GuardSignals(Protocol):
    """Where alerts go."""

    def paused(self, known: KnownExperiment, breach: Breach, *, problem: str | None) -> None:
        """An experiment was paused, or could not be."""


class GuardExperiments:
    """`look` is called by one thread, again and again; it looks where outcomes have come in since."""

    def __init__(
        self,
        measure: MeasureExperiments,
        run: RunExperiments,
        catalogs: Catalogs,
        signals: GuardSignals,
        *,
        now_us: Callable[[], int],
    ) -> None:
        self._measure = measure
        self._run = run
        self._catalogs = catalogs
        self._signals = signals
        self._now_us = now_us
        self._mutex = Lock()
        self._news: set[str] = set()
        self._due_us = 0

    def note(self, environment: str) -> None:
        """Outcomes have come in there."""
        with self._mutex:
            self._news.add(environment)

    def look_if_due(self) -> None:
        """At most every few seconds. Raises StoreUnavailable; what came in is looked at again then."""
        began_us = self._now_us()
        if self._news and began_us >= self._due_us:
            self.look()
            ended_us = self._now_us()
            self._due_us = ended_us + max(EVERY_US, REST * (ended_us - began_us))

    def look(self) -> None:
        """Raises StoreUnavailable."""
        with self._mutex:
            news, self._news = self._news, set()
        try:
            for known in self._catalogs.current().experiments.values():
                if known.status == RUNNING and known.environment in news and known.plan["guardrails"]:
                    self._look_at(known)
        except Refusal:
            with self._mutex:
                self._news |= news
            raise

    def _look_at(self, known: KnownExperiment) -> None:
        breach = next(breaches(self._measure.results(known)), None)
        if breach is None:
            return
        # The same from whichever server: an experiment is paused once a version.
        command = Command(SERVER, f"guardrail:{known.uuid}:{known.version}", OPERATION, b"", str(breach))
        try:
            self._run.pause(known, command=command, expected_version=known.version)
        except (StaleVersion, Conflict):
            return  # it moved on meanwhile: the next outcomes speak of what it is then
        except Refusal as refusal:
            self._signals.paused(known, breach, problem=refusal.detail)
            self.note(known.environment)  # to be tried again
            return
        self._signals.paused(known, breach, problem=None)
