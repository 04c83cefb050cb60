"""Reports of health: telemetry, kept beside the log for a while. Times are microseconds since the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from application.reports import Place


class HealthReport(NamedTuple):
    """One, as it was judged when it came in; `body` is its JSON."""

    id: UUID
    environment: str
    config_version: str | None
    is_healthy: bool
    at_us: int
    body: str


class HealthPage(NamedTuple):
    items: Sequence[HealthReport]
    next: Place | None


class HealthReports(Protocol):
    """Where they are kept. Everything raises StoreUnavailable."""

    def add(self, report: HealthReport) -> None: ...

    def page(self, environment: str, *, is_healthy: bool | None, after: Place | None, limit: int) -> HealthPage:
        """The newest first."""
