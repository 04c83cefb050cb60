"""Which environments are switched to the applications' own defaults, for a scrape."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from application.catalog import Catalogs
from domain.installation.serving import DEFAULTS


class ServingMetrics(Collector):
    def __init__(self, catalogs: Catalogs) -> None:
        self._catalogs = catalogs

    def collect(self) -> Iterator[Metric]:
        told = GaugeMetricFamily(
            "varve_serving_defaults", "Whether applications are to use their own defaults.", labels=["environment"]
        )
        catalog = self._catalogs.current()
        for name in sorted(catalog.environments):
            told.add_metric([name], catalog.serving(name).serving == DEFAULTS)
        yield told
