"""Implements `FailureSignals`: counts for Prometheus, and lines in the log."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from application.quarantine import Failing, alert_id, error_class
from application.views import ConfigView
from domain.configs.scope import Scope

log = structlog.get_logger("failures")


class LoggedFailures:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._failures = Counter(
            "varve_failures",
            "Calls that applications reported as failed with a config.",
            ["environment", "config_type"],
            registry=registry,
        )
        self._failing = Gauge(
            "varve_failing_configs",
            "Versions of configs that fail more often than the threshold allows, of those reported to this process.",
            ["environment"],
            registry=registry,
        )
        self._environments: set[str] = set()

    def failed(self, environment: str, config_type: str, *, times: int) -> None:
        self._failures.labels(environment, config_type).inc(times)

    def alert(self, found: Failing, config: ConfigView) -> None:
        log.warning(
            "a config fails",
            **told(found),
            config_type=config.config_type,
            layer=str(Scope(config.scope_kind, config.scope_id)),
        )

    def quarantined(self, found: Failing, *, problem: str | None) -> None:
        if problem is None:
            log.warning("a config was taken out of force", **told(found))
        else:
            log.error("a config cannot be taken out of force", **told(found), problem=problem)

    def failing(self, by_environment: Mapping[str, int]) -> None:
        self._environments |= by_environment.keys()
        for environment in self._environments:
            self._failing.labels(environment).set(by_environment.get(environment, 0))


def told(found: Failing) -> dict[str, object]:
    """What every line says."""
    environment, config_id, version = found.subject
    return {
        "environment": environment,
        "config_id": str(config_id),
        "version": version,
        "failures": found.failures,
        "seconds": found.seconds,
        "error": error_class(found.error),
        "correlation_id": alert_id(found.subject),
    }
