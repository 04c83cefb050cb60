"""Take reports of health in: keep each, record when the verdict changes, and take back what was released just now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID, uuid4

import orjson

from application.commands import Commands, DryRun, Outcome
from application.health_reports import HealthReport, HealthReports
from application.judge_health import Judged, JudgeHealth, Measured
from application.moments import SERVER
from application.ports import Command
from application.take_back import TakeBack
from application.unit_of_work import UnitOfWork
from domain.releases.checks import Alert
from domain.releases.health import Health, health_id


class HealthSignals(Protocol):
    """Where alerts go."""

    def stand(self, environment: str, alerts: Sequence[Alert]) -> None:
        """These are all that stand there from now on."""


class CheckHealth:
    """`guarding` goes through no gate: evidence is taken in a frozen environment too."""

    def __init__(
        self,
        judge: JudgeHealth,
        reports: HealthReports,
        take_back: TakeBack,
        signals: HealthSignals,
        *,
        commands: Commands,
        guarding: Commands,
    ) -> None:
        self.judge = judge
        self.reports = reports
        self._back = take_back
        self._signals = signals
        self._commands = commands
        self._guarding = guarding

    def revise(
        self,
        environment: str,
        *,
        bounds: dict[str, dict[str, Any]] | None,
        auto_rollback: bool | None,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Check otherwise; what is None stays. Raises NotFound, InvalidRequest, StaleVersion."""
        stream = self.judge.health(environment).id

        def decide(work: UnitOfWork) -> None:
            health = work.load(Health, stream)
            health.require(version=expected_version)
            health.revise(
                environment,
                bounds=health.bounds if bounds is None else bounds,
                auto_rollback=health.auto_rollback if auto_rollback is None else auto_rollback,
                stamp=command.stamp,
            )

        return self._commands.run(command, decide, dry_run=dry_run)

    def report(self, measured: Measured) -> dict[str, Any]:
        """Take a report in; its JSON. A server that is read only keeps it, and does nothing about it.

        Raises NotFound, StoreUnavailable.
        """
        judged, id_ = self.judge.judged(measured), uuid4()
        content = {"id": str(id_), **judged.content}
        known = (measured.environment, measured.config_version, not judged.alerts, measured.at_us)
        self.reports.add(HealthReport(id_, *known, orjson.dumps(content).decode()))
        if not self._guarding.is_read_only:
            self._record(measured, id_, judged)
            self._take_back(measured, id_, judged)
        return content

    def _record(self, measured: Measured, id_: UUID, judged: Judged) -> None:
        news: list[tuple[Alert, ...]] = []
        command = Command(SERVER, f"health:{id_}", "take_health_report", b"")

        def decide(work: UnitOfWork) -> None:
            health = work.load(Health, health_id(measured.environment))
            health.take(
                measured.environment,
                judged.alerts,
                unchecked=judged.unchecked,
                report_id=id_,
                config_version=measured.config_version,
                stamp=command.stamp,
            )
            news[:] = [health.alerts] if health.pending_events else []

        self._guarding.run(command, decide)
        for alerts in news:
            self._signals.stand(measured.environment, alerts)

    def _take_back(self, measured: Measured, id_: UUID, judged: Judged) -> None:
        critical = [one for one in judged.alerts if one.severity == "critical"]
        if critical:
            told = [one.to_data() for one in critical]
            evidence = {"health_report": str(id_), "alerts": told, "metrics": dict(measured.metrics)}
            why = "; ".join(one.message for one in critical)
            self._back.because(why, evidence=evidence, environment=measured.environment)
