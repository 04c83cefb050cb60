"""Implements `GuardSignals` and `ScheduleSignals`: counts for Prometheus, and lines in the log."""

from __future__ import annotations

import structlog
from prometheus_client import CollectorRegistry, Counter

from domain.experiments.guardrails import Breach
from domain.experiments.known import KnownExperiment

log = structlog.get_logger("experiments")


class LoggedExperiments:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._paused = Counter(
            "varve_experiments_paused",
            "Experiments that this process paused because of a guardrail.",
            ["environment"],
            registry=registry,
        )
        self._refused = Counter(
            "varve_experiments_refused",
            "Attempts of this process to start or pause an experiment by itself that were refused.",
            ["environment", "act"],
            registry=registry,
        )

    def paused(self, known: KnownExperiment, breach: Breach, *, problem: str | None) -> None:
        what = {"environment": known.environment, "experiment": known.name, "why": str(breach)}
        if problem is not None:
            log.error("an experiment cannot be paused", **what, problem=problem)
            self._refused.labels(known.environment, "pause").inc()
            return
        log.warning("an experiment was paused", **what)
        self._paused.labels(known.environment).inc()

    def scheduled(self, known: KnownExperiment, act: str) -> None:
        log.info("it was time for an experiment", environment=known.environment, experiment=known.name, act=act)

    def refused(self, known: KnownExperiment, act: str, problem: str) -> None:
        what = {"environment": known.environment, "experiment": known.name, "act": act}
        log.error("it is time for an experiment, and it cannot be done", **what, problem=problem)
        self._refused.labels(known.environment, act).inc()
