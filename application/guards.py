"""What watches over what is in force by itself, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from application.catalog import Catalogs
from application.commands import Commands
from application.edit_configs import EditConfigs
from application.guard_experiments import GuardExperiments, GuardSignals
from application.guard_ramps import GuardRamps
from application.measure_experiments import MeasureExperiments
from application.measurements import Measurements
from application.ports import EventStore, Views
from application.quarantine import Quarantine
from application.reports import Reports
from application.run_experiments import RunExperiments
from application.schedule_experiments import ScheduleExperiments, ScheduleSignals
from application.take_back import TakeBack
from application.watch_failures import FailureSignals, WatchFailures, Watching


class ExperimentSignals(GuardSignals, ScheduleSignals, Protocol):
    """Where it is told what the service does about experiments."""


@dataclass(frozen=True, slots=True)
class Guards:
    failures: WatchFailures
    quarantine: Quarantine
    experiments: GuardExperiments
    ramps: GuardRamps
    schedule: ScheduleExperiments

    @classmethod
    def of(
        cls,
        store: EventStore,
        views: Views,
        catalogs: Catalogs,
        *,
        reports: Reports,
        measurements: Measurements,
        take_back: TakeBack,
        run: RunExperiments,
        guarding: Commands,
        failure_signals: FailureSignals,
        experiment_signals: ExperimentSignals,
        watching: Watching,
        is_read_only: bool,
    ) -> Guards:
        """`guarding` are the commands that no environment refuses."""
        quarantine, guarded = (
            Quarantine(store, views, EditConfigs(store, catalogs, guarding)),
            RunExperiments(catalogs, guarding),
        )
        measure, told = MeasureExperiments(measurements, catalogs), experiment_signals
        often: dict[str, Any] = {"now_us": store.now_us}
        acting = {**often, "is_read_only": is_read_only}
        return cls(
            WatchFailures(reports, views, quarantine, failure_signals, take_back=take_back, watching=watching, **often),
            quarantine,
            GuardExperiments(measure, guarded, catalogs, told, **acting),
            GuardRamps(measurements, catalogs, take_back, **acting),
            ScheduleExperiments(run, guarded, catalogs, told, **acting),
        )
