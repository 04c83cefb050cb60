"""Pauses an experiment that surely does more harm than its guardrails tolerate, by a command like any other."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Protocol

from application.after_news import AfterNews
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


class GuardSignals(Protocol):
    """Where alerts go."""

    def paused(self, known: KnownExperiment, breach: Breach, *, problem: str | None) -> None:
        """An experiment was paused, or could not be."""


class GuardExperiments(AfterNews):
    def __init__(
        self,
        measure: MeasureExperiments,
        run: RunExperiments,
        catalogs: Catalogs,
        signals: GuardSignals,
        *,
        now_us: Callable[[], int],
        is_read_only: bool = False,
    ) -> None:
        super().__init__(now_us=now_us, is_read_only=is_read_only)
        self._measure = measure
        self._run = run
        self._catalogs = catalogs
        self._signals = signals

    def _look(self, environments: Set[str]) -> None:
        for known in self._catalogs.current().experiments.values():
            if known.status == RUNNING and known.environment in environments and known.plan["guardrails"]:
                self._look_at(known)

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
