"""How an environment's retrieval is: what is checked there, and when it fell ill or recovered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.errors import Fault, InvalidRequest, StaleVersion
from domain.releases.checks import Alert
from domain.stamp import Stamp

WHOLE = "global"
MOST_BOUNDS = 100


def health_id(environment: str) -> UUID:
    return stream_id("health", environment)


class Health(Aggregate):
    """One for each environment. Reports are telemetry; what is recorded here is when their verdict changes."""

    TOPIC = "health"

    class Revised(PlacedEvent):
        TOPIC = "health.revised"
        bounds: dict[str, dict[str, Any]]  # by metric: in the place of the default ones
        auto_rollback: bool

        def apply(self, aggregate: Health) -> None:
            aggregate.bounds, aggregate.auto_rollback = self.bounds, self.auto_rollback

    class Alerted(PlacedEvent):
        """Something is wrong that was not, or is worse. `alerts` are all that stand now."""

        TOPIC = "health.alerted"
        report_id: UUID
        config_version: str | None
        alerts: list[dict[str, str]]

        def apply(self, aggregate: Health) -> None:
            aggregate.alerts = tuple(Alert(**one) for one in self.alerts)  # type: ignore[arg-type]

    class Recovered(PlacedEvent):
        TOPIC = "health.recovered"
        report_id: UUID
        config_version: str | None

        def apply(self, aggregate: Health) -> None:
            aggregate.alerts = ()

    def start(self) -> None:
        self.bounds: dict[str, dict[str, Any]] = {}
        self.auto_rollback = True
        self.alerts: tuple[Alert, ...] = ()

    def require(self, *, version: int | None) -> None:
        """Raises StaleVersion."""
        if version is not None and version != self.version:
            message = f"this is at version {self.version}, and If-Match names {version}: read it again"
            raise StaleVersion(message)

    def revise(self, environment: str, *, bounds: dict[str, dict[str, Any]], auto_rollback: bool, stamp: Stamp) -> None:
        """Check so from now on; the same again records nothing. Raises InvalidRequest with every fault."""
        faults = [fault for metric, bound in bounds.items() for fault in _faults(metric, bound)]
        if len(bounds) > MOST_BOUNDS:
            faults.append(Fault("/bounds", f"at most {MOST_BOUNDS} metrics have bounds", "bounds"))
        if faults:
            raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)
        if (bounds, auto_rollback) != (self.bounds, self.auto_rollback):
            facts = {"bounds": bounds, "auto_rollback": auto_rollback}
            self.record(Health.Revised, stamp=stamp, environment=environment, scope=WHOLE, **facts)

    def take(
        self,
        environment: str,
        found: Sequence[Alert],
        *,
        unchecked: Collection[str],
        report_id: UUID,
        config_version: str | None,
        stamp: Stamp,
    ) -> None:
        """A report has come in. What it could not check stays as it was; where nothing changed, nothing is recorded."""
        stay = [one for one in self.alerts if one.code in unchecked]
        alerts = sorted([*found, *stay], key=lambda one: (one.severity, one.code))
        place: dict[str, Any] = {"environment": environment, "scope": WHOLE}
        facts: dict[str, Any] = {**place, "report_id": report_id, "config_version": config_version}
        if not alerts and self.alerts:
            self.record(Health.Recovered, stamp=stamp, **facts)
        elif {_key(one) for one in alerts} - {_key(one) for one in self.alerts}:
            self.record(Health.Alerted, stamp=stamp, **facts, alerts=[one.to_data() for one in alerts])


def _key(alert: Alert) -> tuple[str, str]:
    return alert.severity, alert.code


def _faults(metric: str, bound: dict[str, Any]) -> list[Fault]:
    at, low, high = f"/bounds/{metric}", bound["at_least"], bound["at_most"]
    if low is None and high is None:
        return [Fault(at, f"say what {metric} must be: at_least, at_most, or both", "bounds")]
    if low is not None and high is not None and low > high:
        return [Fault(at, f"at_least of {metric} is over its at_most: no value can be both", "bounds")]
    return []
