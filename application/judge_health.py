"""How healthy an environment is: what is in force there, and what applications measure of their retrieval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from application.catalog import Catalogs
from application.check_policies import standing
from application.lock_configs import LockConfigs
from application.ports import EventStore, Views
from application.record_evaluations import numbers
from application.resolve_config import ResolveConfig
from domain.configs.scope import Context
from domain.releases.checks import Alert, Bound, alerts_in, bounds_with, unknown_in
from domain.releases.health import Health, health_id
from domain.releases.lock import PRODUCTION
from domain.times import rfc3339

CONFIG_INVALID = "config_invalid"
TOLD = ("bm25_prefix_leakage", "over_budget_chunks", "avg_snapshot_size")  # also where they were not measured


@dataclass(frozen=True, slots=True)
class Measured:
    """What an application says of itself."""

    environment: str
    metrics: Mapping[str, float]
    config_version: str | None
    at_us: int


class Judged(NamedTuple):
    """The report in JSON, its alerts, and the codes of those that could not be checked."""

    content: dict[str, Any]
    alerts: list[Alert]
    unchecked: frozenset[str]


class JudgeHealth:
    def __init__(
        self, store: EventStore, views: Views, catalogs: Catalogs, resolve: ResolveConfig, locks: LockConfigs
    ) -> None:
        self._store = store
        self._views = views
        self._catalogs = catalogs
        self._resolve = resolve
        self._locks = locks

    def health(self, environment: str) -> Health:
        """What is checked there, and what is wrong now. Raises NotFound."""
        return self._store.load(Health, health_id(self._catalogs.current().require_environment(environment)))

    def baseline(self, environment: str) -> dict[str, float]:
        """What was measured with the newest production lock that is held there."""
        held = [one for one in self._locks.locks(environment) if one.is_held and one.kind == PRODUCTION]
        return numbers(held[-1].baseline_metrics) if held else {}

    def bounds(self, environment: str) -> dict[str, Bound]:
        """Those that hold there. Raises NotFound."""
        return bounds_with(self.health(environment).bounds, self.baseline(environment))

    def judged(self, measured: Measured) -> Judged:
        """Raises NotFound."""
        bounds, baseline = self.bounds(measured.environment), self.baseline(measured.environment)
        config = self._config_health(measured.environment)
        found = list(alerts_in(measured.metrics, bounds, baseline))
        alerts = [*(Alert("critical", CONFIG_INVALID, issue) for issue in config["issues"][:1]), *found]
        alerts.sort(key=lambda one: (one.severity, one.code))
        unknown = unknown_in(measured.metrics, bounds)
        content = {
            "environment": measured.environment,
            "timestamp": rfc3339(measured.at_us),
            "config_version": measured.config_version,
            "overall_healthy": not alerts,
            "config_health": config,
            "retrieval_health": {"healthy": not found, **dict.fromkeys(TOLD), **measured.metrics, "unknown": unknown},
            "alerts": [one.to_data() for one in alerts],
        }
        beside = {f"baseline.{metric}" for metric in baseline.keys() - measured.metrics.keys()}
        return Judged(content, alerts, frozenset({*unknown, *beside}))

    def _config_health(self, environment: str) -> dict[str, Any]:
        """What everybody is served there, and what its policies say of all that is in force."""
        answer = self._resolve.effective(Context(environment))
        issues = [
            f"{name} is served without a layer that makes it invalid: {one['message']}"
            for name, served in answer.types.items()
            for one in served.degraded
        ]
        catalog = self._catalogs.current()
        warnings: list[str] = []
        for policy in catalog.environment(environment).policies.values():
            warned = {f"{policy.name}.{rule.name}" for rule in policy.rules if rule.severity == "warning"}
            for fault in standing(self._views, catalog, environment, policy):
                (warnings if fault.rule in warned else issues).append(f"{fault.pointer}: {fault.message}")
        return {"valid": not issues, "issues": issues, "warnings": warnings}
