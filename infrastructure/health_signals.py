"""Implements `HealthSignals` and `RollbackSignals`: counts for Prometheus, and lines in the log."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from domain.releases.checks import Alert

log = structlog.get_logger("health")


class LoggedHealth:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._alerts = Gauge(
            "varve_health_alerts",
            "Alerts that stand since reports of health that this process took.",
            ["environment", "severity"],
            registry=registry,
        )
        self._rollbacks = Counter(
            "varve_auto_rollbacks",
            "Releases that the service rolled back by itself; failed, where something had changed since.",
            ["environment", "result"],
            registry=registry,
        )

    def stand(self, environment: str, alerts: Sequence[Alert]) -> None:
        for severity in ("critical", "warning"):
            self._alerts.labels(environment, severity).set(sum(one.severity == severity for one in alerts))
        for one in alerts:
            tell = log.error if one.severity == "critical" else log.warning
            tell("a check of health fails", environment=environment, code=one.code, message=one.message)
        if not alerts:
            log.info("every check of health passes again", environment=environment)

    def rolled_back(self, environment: str, what: str, *, problem: str | None) -> None:
        self._rollbacks.labels(environment, "done" if problem is None else "failed").inc()
        if problem is None:
            log.warning("a release was rolled back", environment=environment, release=what)
        else:
            log.error("a release cannot be rolled back", environment=environment, release=what, problem=problem)
