"""What applications measure of experiments, as telemetry: who was exposed to what, and what came of it.

Kept beside the log, as reports are. Times are microseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from domain.experiments.results import Exposed, Measured

DAY_US = 86_400 * 1_000_000
T = TypeVar("T")


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


class Page(NamedTuple, Generic[T]):
    """Some rows in the order of arrival, maybe none of many; `next` is None where no more follow.

    Places are numbers in that order, with gaps: those before `first` are forgotten, `last` is the newest.
    """

    rows: Sequence[T]
    next: int | None
    first: int
    last: int


class WarehouseFault(Exception):
    """Why an operator's own tables or files give no sums, and what to do."""


class Sums(Protocol):
    """What results are made of. Raises StoreUnavailable; WarehouseFault where an operator keeps the rows."""

    def exposed(self, experiment: UUID, *, since_us: int) -> Mapping[str | None, Exposed]:
        """Users by variant, each once; under None those who met several variants."""

    def measured(
        self, experiment: UUID, *, environment: str, metrics: Collection[str]
    ) -> Mapping[str, Mapping[str, Measured]]:
        """By metric and variant, of users who met no other: the mean of what came of each since its first exposure."""


class Measurements(Sums, Protocol):
    """Where they are kept. Everything raises StoreUnavailable."""

    def add_exposures(self, exposures: Sequence[Exposure]) -> int:
        """Keep those that are new; how many."""

    def add_outcomes(self, outcomes: Sequence[MetricOutcome]) -> int:
        """Keep those that are new; how many."""

    def exposures_of(self, experiment: UUID, *, after: int) -> Page[Exposure]:
        """From a place on; 0 is the beginning."""

    def outcomes_of(self, environment: str, metrics: Collection[str], *, after: int) -> Page[MetricOutcome]:
        """From a place on; 0 is the beginning."""
