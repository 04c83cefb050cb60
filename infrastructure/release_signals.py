"""Implements `ReleaseSignals`: counts for Prometheus, and lines in the log."""

from __future__ import annotations

from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter

from application.change_set_views import ChangeSetRow

log = structlog.get_logger("releases")


class LoggedReleases:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._halted = Counter(
            "varve_releases_halted",
            "Releases that this process could not publish or step when it was time.",
            ["environment"],
            registry=registry,
        )

    def advanced(self, row: ChangeSetRow, *, problem: str | None) -> None:
        what = {"environment": row.environment, "change_set": str(UUID(row.id)), "title": row.title}
        if problem is None:
            log.info("it was time for a release", **what)
            return
        log.error("it is time for a release, and it cannot be done", **what, problem=problem)
        self._halted.labels(row.environment).inc()
