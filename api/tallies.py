"""Requests counted in plain integers, made into Prometheus' families when they are scraped: a count costs no lock."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BOUNDS = (*map(str, BUCKETS), "+Inf")
LABELS = ("method", "route", "status")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Tally:
    """How many requests of one kind took how long."""

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * len(BOUNDS)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        self.buckets[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


class Requests(Collector):
    """Changed by the event loop alone. Labels are few: routes by their template, statuses by their class."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str, int], Tally] = {}
        self._problems: dict[str, int] = {}

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Status 0 is a request that got no answer."""
        key = (method, route, status // 100)
        tally = self._tallies.get(key)
        if tally is None:
            key = (method if method in METHODS else "other", *key[1:])
            tally = self._tallies.setdefault(key, Tally())
        tally.add(seconds)

    def add_problem(self, code: str) -> None:
        self._problems[code] = self._problems.get(code, 0) + 1

    def collect(self) -> Iterator[Metric]:
        about = "How long it took to answer a request, by route; a _count of it counts requests."
        durations = HistogramMetricFamily("varve_http_request_duration_seconds", about, labels=LABELS)
        for (method, route, hundreds), tally in list(self._tallies.items()):
            buckets = list(zip(BOUNDS, accumulate(tally.buckets), strict=True))
            status = f"{hundreds}xx" if hundreds else "none"
            durations.add_metric((method, route, status), buckets, tally.seconds)
        yield durations
        problems = CounterMetricFamily("varve_http_problems", "Requests that were refused.", labels=["code"])
        for code, times in list(self._problems.items()):
            problems.add_metric([code], times)
        yield problems
