"""What applications measure of experiments, as telemetry: who was exposed to what, and what came of it.

Kept beside the log, as reports are. Times are microseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.experiments.results import Exposed, Measured

DAY_US = 86_400 * 1_000_000


class Exposure(NamedTuple):
    """A user met a variant. It is kept once a day, of those since the epoch in UTC."""

    environment: str
    experiment: UUID
    user_id: str
    variant: str
    day: int
    at_us: int
    received_us: int


class MetricOutcome(NamedTuple):
    """One value of a metric, for a user; `id` is the application's, so that one that is sent twice is kept once."""

    id: UUID
    environment: str
    user_id: str
    metric: str
    value: float
    at_us: int
    received_us: int


class Measurements(Protocol):
    """Where they are kept. Everything raises StoreUnavailable."""

    def add_exposures(self, exposures: Sequence[Exposure]) -> int:
        """Keep those that are new; how many."""

    def add_outcomes(self, outcomes: Sequence[MetricOutcome]) -> int:
        """Keep those that are new; how many."""

    def exposed(self, experiment: UUID, *, since_us: int) -> Mapping[str | None, Exposed]:
        """Users by variant, each once; under None those who met several variants."""

    def measured(self, experiment: UUID, *, environment: str, metric: str) -> Mapping[str, Measured]:
        """By variant, over users who met no other: the mean of what came of each since its first exposure."""
