"""What a scrape of /metrics sees, in the text format of Prometheus."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Metric,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from application.ports import Rebuilder, Status
from domain.errors import StoreUnavailable
from infrastructure.answers import KeptAnswers
from infrastructure.vitals import Vitals


class Reading(NamedTuple):
    """What the store says of itself."""

    status: Status
    size_bytes: int


class Exposition:
    """A registry of our own, and what is read from the store for one scrape."""

    def __init__(
        self, vitals: Vitals, rebuilder: Rebuilder, kept: KeptAnswers, *others: Collector, is_read_only: bool = False
    ) -> None:
        self._vitals = vitals
        self._rebuilder = rebuilder
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody asks for
        self.registry = CollectorRegistry()
        for one in (KeptMetrics(kept), *others):
            self.registry.register(one)
        ProcessCollector(registry=self.registry)
        labels = ["version", "python"]
        build = Gauge("varve_build_info", "The version that runs.", labels, registry=self.registry)
        read_only = Gauge("varve_read_only", "Whether every command is refused.", registry=self.registry)
        read_only.set(is_read_only)
        build.labels(version("varve-server"), platform.python_version()).set(1)

    def read(self) -> Reading | None:
        """Asks the store, and waits as long as it hangs; None where it is away."""
        try:
            return Reading(self._rebuilder.status(), self._vitals.size_bytes())
        except StoreUnavailable:
            return None

    def text(self, reading: Reading | None) -> bytes:
        of_store = CollectorRegistry()
        of_store.register(StoreMetrics(reading))
        return generate_latest(self.registry) + generate_latest(of_store)


class KeptMetrics(Collector):
    """The effective answers that are kept; the ratio is hits / (hits + misses)."""

    def __init__(self, kept: KeptAnswers) -> None:
        self._kept = kept

    def collect(self) -> Iterator[Metric]:
        kept = self._kept
        yield CounterMetricFamily("varve_kept_answer_hits", "Effective reads answered from memory.", kept.hits)
        yield CounterMetricFamily("varve_kept_answer_misses", "Effective answers that had to be made.", kept.misses)
        yield GaugeMetricFamily("varve_kept_answers", "Effective answers in memory.", len(kept.kept))
        yield GaugeMetricFamily("varve_kept_answer_bytes", "About what they take.", kept.bytes)


class StoreMetrics(Collector):
    """Of a store that does not answer nothing is told but that."""

    def __init__(self, reading: Reading | None) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("varve_store_up", "Whether the store answered.", int(self._reading is not None))
        if self._reading is None:
            return
        status, size_bytes = self._reading
        behind = max(0, status.head - status.position)
        yield GaugeMetricFamily("varve_store_bytes", "The log and its views; on PostgreSQL, the database.", size_bytes)
        yield GaugeMetricFamily("varve_log_position", "The newest position of the log.", status.head)
        yield GaugeMetricFamily("varve_projection_position", "The position of the views.", status.position)
        yield GaugeMetricFamily("varve_projection_lag_positions", "How far the views are behind the log.", behind)
        yield GaugeMetricFamily(
            "varve_projection_lag_seconds", "The age of the oldest commit not in the views.", status.behind_seconds
        )
        yield GaugeMetricFamily("varve_projection_generation", "Which generation of views serves.", status.generation)
