"""What applications report: calls that failed with a config, and which configs their requests were answered with.

Reports are telemetry and not events: nothing is made of them that the log has to explain later. Ids are theirs, so
that a report that is sent twice is kept once. Times are microseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

Outcome = Literal["ok", "failed", "healed"]


class ConfigVersion(NamedTuple):
    """One version of a config, in the environment that it was used in."""

    environment: str
    config_id: UUID
    version: int


class Failure(NamedTuple):
    """A call that failed with a config. `counts`: whether it may raise an alert about that config."""

    id: UUID
    environment: str
    config_type: str
    config_id: UUID | None
    version: int | None
    layer: str
    user_id: str | None
    collection_id: str | None
    position: int
    error: str
    healed_by: str | None
    circuit: str
    at_us: int
    received_us: int
    reporter: str
    counts: bool

    @property
    def subject(self) -> ConfigVersion | None:
        """What it may raise an alert about."""
        if not self.counts or self.config_id is None or self.version is None:
            return None
        return ConfigVersion(self.environment, self.config_id, self.version)


class UsedConfig(NamedTuple):
    config_type: str
    config_id: UUID | None
    version: int | None
    layer: str


class Usage(NamedTuple):
    """What one request of an application was answered with."""

    environment: str
    request_id: str
    user_id: str | None
    collection_id: str | None
    position: int
    digest: str
    configs: tuple[UsedConfig, ...]
    experiment: str | None
    variant: str | None
    outcome: str
    at_us: int
    received_us: int


class SeenContext(NamedTuple):
    """For whom applications asked: what a usage record says of it."""

    user_id: str | None
    collection_id: str | None


class SeenContexts(NamedTuple):
    """How many there were, counted up to `MANY`, and some of them, those that were seen last first."""

    total: int
    newest: tuple[SeenContext, ...]


class Place(NamedTuple):
    """Of a row in a listing, the newest first."""

    at_us: int
    number: int


@dataclass(frozen=True, slots=True)
class Period:
    """From one time to another, both included; None is without end."""

    since_us: int | None = None
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Which failures are told; None means any."""

    environment: str
    config_id: UUID | None = None
    version: int | None = None
    config_type: str | None = None
    period: Period = Period()


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """Which records are told; None means any. `config_type`: those that a config of this type had a part in."""

    environment: str
    request_id: str | None = None
    config_id: UUID | None = None
    version: int | None = None
    config_type: str | None = None
    outcome: Outcome | None = None
    user_id: str | None = None
    period: Period = Period()


@dataclass(frozen=True, slots=True)
class FailurePage:
    items: tuple[Failure, ...]
    next: Place | None


@dataclass(frozen=True, slots=True)
class UsagePage:
    items: tuple[Usage, ...]
    next: Place | None


class FailingVersion(NamedTuple):
    """The failures of one version of a config; of a layer without configs, where `config_id` is None."""

    config_type: str
    config_id: UUID | None
    version: int | None
    layer: str
    failures: int
    users: int
    healed: int
    first_us: int
    last_us: int
    last_error: str
    is_over: bool


class Recent(NamedTuple):
    """How often a version failed of late, and the error that came in last."""

    failures: int
    error: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """So many failures of one version within so many seconds are too many."""

    failures: int = 20
    seconds: float = 300.0

    def since(self, now_us: int) -> int:
        return now_us - round(self.seconds * 1_000_000)


class Reports(Protocol):
    """Where reports are kept. Everything raises StoreUnavailable."""

    def add_failures(self, failures: Sequence[Failure]) -> Collection[UUID]:
        """Keep those that are new; their ids."""

    def failures(self, wanted: FailureFilter, *, after: Place | None, limit: int) -> FailurePage:
        """A page of them, the newest first."""

    def failing(
        self, wanted: FailureFilter, *, threshold: Threshold, now_us: int, limit: int
    ) -> Sequence[FailingVersion]:
        """Failures by version, the most first; of the newest `SUMMED` that came in."""

    def recent(self, subject: ConfigVersion, *, since_us: int) -> Recent:
        """What came in about a version since then, of what counts; at most `MANY` are counted."""

    def add_usage(self, records: Sequence[Usage]) -> int:
        """Keep those that are new; how many."""

    def usage(self, wanted: UsageFilter, *, after: Place | None, limit: int) -> UsagePage:
        """A page of records, the newest first."""

    def contexts_seen(self, environment: str, *, since_us: int, limit: int) -> SeenContexts:
        """The distinct contexts of usage records since then; a time is known to the hour, and rather told too many."""

    def prune(self, *, before_us: int, limit: int) -> int:
        """Forget some of what came in before a time, of each kind so many at most; how many went."""


MANY = 10_000
SUMMED = 50_000  # of the newest reports: what a sum may cost has a bound
