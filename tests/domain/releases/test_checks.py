"""What is healthy, metric by metric."""

from __future__ import annotations

import pytest

from domain.releases.checks import DEFAULTS, Bound, alerts_in, bounds_with, unknown_in

HEALTHY = {
    "bm25_prefix_leakage": 0.0,
    "over_budget_chunks": 0.0,
    "avg_snapshot_size": 30.0,
    "oracle_hit_rate": 0.45,
    "filter_hit_rate": 0.20,
    "reader_gold_usage": 0.6,
    "deduplication_rate": 0.35,
}
BASELINE = {"reader_gold_usage": 0.6}


def found(metrics: dict[str, float], baseline: dict[str, float]) -> list[tuple[str, str]]:
    alerts = alerts_in(metrics, bounds_with({}, baseline), baseline)
    return [(one.severity, one.code) for one in alerts]


def test_what_lies_on_its_bounds_is_healthy():
    assert found(HEALTHY, BASELINE) == []
    assert unknown_in(HEALTHY, bounds_with({}, BASELINE)) == []


@pytest.mark.parametrize(
    ("metric", "value", "severity"),
    [
        ("bm25_prefix_leakage", 1, "critical"),
        ("over_budget_chunks", 1, "critical"),
        ("avg_snapshot_size", 29.9, "warning"),
        ("avg_snapshot_size", 60.1, "warning"),
        ("oracle_hit_rate", 0.449, "warning"),
        ("filter_hit_rate", 0.199, "warning"),
        ("reader_gold_usage", 0.599, "warning"),
        ("deduplication_rate", 0.099, "warning"),
        ("deduplication_rate", 0.351, "warning"),
    ],
)
def test_what_lies_beyond_is_an_alert(metric: str, value: float, severity: str):
    assert found({**HEALTHY, metric: value}, BASELINE) == [(severity, metric)]


def test_worse_than_half_of_the_baseline_is_critical_in_either_direction():
    baseline = {"recall_at_20": 0.4, "latency_ms": 100.0, "size": 5.0}
    assert found({"recall_at_20": 0.2, "latency_ms": 150.0, "size": 500.0}, baseline) == []
    assert found({"recall_at_20": 0.19, "latency_ms": 151.0}, baseline) == [
        ("critical", "baseline.latency_ms"),
        ("critical", "baseline.recall_at_20"),
    ]


def test_what_is_not_measured_or_held_to_nothing_is_unknown():
    assert unknown_in({}, DEFAULTS) == list(DEFAULTS)
    assert unknown_in(HEALTHY, bounds_with({}, {})) == ["reader_gold_usage"]


def test_own_bounds_take_the_place_of_the_defaults_and_may_be_of_any_metric():
    own = {
        "reader_gold_usage": {"at_least": 0.1},
        "latency_p95_ms": {"at_most": 800.0, "severity": "critical"},
    }
    bounds = bounds_with(own, BASELINE)
    assert bounds["reader_gold_usage"] == Bound(at_least=0.1)
    alerts = list(alerts_in({"latency_p95_ms": 801.0, "reader_gold_usage": 0.2}, bounds, {}))
    assert [one.message for one in alerts] == ["latency_p95_ms is 801: it must be at most 800"]
    assert [one.severity for one in alerts] == ["critical"]
