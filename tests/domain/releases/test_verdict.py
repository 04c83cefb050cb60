"""What a run is found to be beside a baseline."""

from __future__ import annotations

import pytest

from domain.releases.verdict import Tolerance, compared, direction_of, verdict_of


@pytest.mark.parametrize(
    ("value", "baseline", "tolerance", "verdict"),
    [
        (0.60, 0.61, Tolerance("higher", 0.01), "pass"),  # exactly as much as is tolerated, whatever doubles make of it
        (0.59, 0.61, Tolerance("higher", 0.01), "fail"),
        (0.70, 0.61, Tolerance("higher"), "pass"),
        (115, 100, Tolerance("lower", percent=15), "pass"),
        (115.1, 100, Tolerance("lower", percent=15), "fail"),
        (80, 100, Tolerance("lower", percent=15), "pass"),
        (-0.1, -0.2, Tolerance("lower", percent=50), "pass"),
        (0.6, 0.61, None, "fail"),  # what is not tolerated by name must not be worse
    ],
)
def test_a_metric_passes_as_far_as_it_is_tolerated(
    value: float, baseline: float, tolerance: Tolerance | None, verdict: str
):
    tolerances = {} if tolerance is None else {"f1": tolerance}
    assert [one.verdict for one in compared({"f1": value}, {"f1": baseline}, tolerances)] == [verdict]


@pytest.mark.parametrize(
    ("metrics", "baseline", "tolerances", "why"),
    [
        ({}, {"f1": 0.6}, {}, "the run does not tell it"),
        ({"f1": 0.6}, {}, {"f1": Tolerance("higher")}, "the baseline does not tell it"),
        ({"size": 6}, {"size": 5}, {}, "say in tolerances which direction is better"),
    ],
)
def test_what_cannot_be_compared_is_unknown_and_says_why(
    metrics: dict[str, float], baseline: dict[str, float], tolerances: dict[str, Tolerance], why: str
):
    (found,) = compared(metrics, baseline, tolerances)
    assert (found.verdict, found.reason) == ("unknown", why)


def test_one_failure_decides_and_what_is_unknown_is_never_passed():
    passed, unknown, failed = (
        list(compared({"f1": value}, baseline, {}))
        for value, baseline in ((0.6, {"f1": 0.6}), (0.6, {"f1": 0.6, "recall": 0.1}), (0.5, {"f1": 0.6, "recall": 1}))
    )
    assert (verdict_of(passed), verdict_of(unknown), verdict_of(failed)) == ("pass", "unknown", "fail")
    assert verdict_of([]) == "unknown"


@pytest.mark.parametrize(
    ("metric", "direction"),
    [("recall_at_20", "higher"), ("latency_p95_ms", "lower"), ("size", None), ("error_score", None)],
)
def test_a_name_tells_which_direction_is_better_or_nothing(metric: str, direction: str | None):
    assert direction_of(metric) == direction
