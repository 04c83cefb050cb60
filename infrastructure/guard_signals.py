"""Implements `GuardSignals`: counts for Prometheus, and lines in the log."""

from __future__ import annotations

import structlog
from prometheus_client import CollectorRegistry, Counter

from domain.experiments.guardrails import Breach
from domain.experiments.known import KnownExperiment

log = structlog.get_logger("experiments")


class LoggedGuards:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._paused = Counter(
            "varve_experiments_paused",
            "Experiments that this process paused because of a guardrail.",
            ["environment"],
            registry=registry,
        )

    def paused(self, known: KnownExperiment, breach: Breach, *, problem: str | None) -> None:
        what = {"environment": known.environment, "experiment": known.name, "why": str(breach)}
        if problem is not None:
            log.error("an experiment cannot be paused", **what, problem=problem)
            return
        log.warning("an experiment was paused", **what)
        self._paused.labels(known.environment).inc()
