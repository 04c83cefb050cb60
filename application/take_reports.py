"""Takes in what applications report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from application.catalog import Catalogs
from application.reports import Failure, Reports, Usage
from application.watch_failures import FailureSignals, WatchFailures

OTHER = "other"  # in a label of a metric, for types that are not defined


class Taken(NamedTuple):
    accepted: int
    repeated: int


class TakeReports:
    def __init__(self, reports: Reports, catalogs: Catalogs, watch: WatchFailures, signals: FailureSignals) -> None:
        self._reports = reports
        self._catalogs = catalogs
        self._watch = watch
        self._signals = signals

    def failures(self, environment: str, failures: Sequence[Failure]) -> Taken:
        """Each is taken once, by its id. Raises StoreUnavailable; NotFound for the environment."""
        catalog = self._catalogs.current()
        catalog.require_environment(environment)
        new = self._reports.add_failures(failures) if failures else ()
        fresh = {one.id: one for one in failures if one.id in new}.values()
        for config_type, times in Counter(one.config_type for one in fresh).items():
            known = config_type if config_type in catalog.types else OTHER
            self._signals.failed(environment, known, times=times)
        self._watch.note(one.subject for one in fresh if one.subject is not None)
        return Taken(len(new), len(failures) - len(new))

    def usage(self, environment: str, records: Sequence[Usage]) -> Taken:
        """Each is taken once, by its request id. Raises StoreUnavailable; NotFound for the environment."""
        self._catalogs.current().require_environment(environment)
        new = self._reports.add_usage(records) if records else 0
        return Taken(new, len(records) - new)
