"""Verdicts in words, and when there is none."""

from __future__ import annotations

from typing import Any

import pytest

from domain.experiments.experiment import Experiment
from domain.experiments.known import Happened, KnownExperiment, known_experiment
from domain.experiments.results import Exposed, Measured, Results, question_about, results, shares_of

SCORE: dict[str, Any] = {"name": "score", "better": "higher", "kind": "mean"}
PLAN: dict[str, Any] = {
    "variants": [
        {"name": "control", "weight": 1, "is_control": True},
        {"name": "deep", "weight": 1, "is_control": False},
    ],
    "traffic_percent": 100,
    "primary_metric": SCORE,
    "guardrails": [],
}


def event(topic: str, body: dict[str, Any], *, recorded_us: int = 1) -> Happened:
    return Happened(topic, f"{7:032x}", 1, 1, body, recorded_us, "u-1")


def known(**plan: Any) -> KnownExperiment:
    body = {"environment": "production", "scope": "experiment:e-1", **PLAN, **plan}
    return known_experiment(event(Experiment.Created.TOPIC, body), None)


def rate(users: int, ones: int) -> Measured:
    """As many values of 1, and 0 of the others."""
    return Measured(users, ones / users, ones * (users - ones) / users)


def found(
    control: Measured, deep: Measured, *, metric: dict[str, Any] | None = None, crossed: int = 0, idle: int = 0
) -> Results:
    """`idle` users of each have no outcome."""
    exposed = {
        name: Exposed(one.users + idle, one.users + idle) for name, one in (("control", control), ("deep", deep))
    }
    measured = {"score": {"control": control, "deep": deep}}
    return results(
        question_about(known(primary_metric=metric or SCORE)), {**exposed, None: Exposed(crossed, 0)}, measured
    )


@pytest.mark.parametrize(
    ("control", "deep", "better", "verdict"),
    [
        (rate(2000, 500), rate(2000, 1000), "higher", "better"),
        (rate(2000, 500), rate(2000, 1000), "lower", "worse"),
        (rate(2000, 1000), rate(2000, 500), "higher", "worse"),
        (rate(2000, 500), rate(2000, 505), "higher", "no difference seen yet"),
        (rate(2000, 0), rate(2000, 0), "higher", "no difference seen yet"),
        (rate(99, 0), rate(99, 90), "higher", "too few users"),
        (rate(2000, 500), rate(2400, 1200), "higher", "shares do not match"),
    ],
)
def test_a_variant_has_a_verdict_beside_the_control(control: Measured, deep: Measured, better: str, verdict: str):
    (metric,) = found(control, deep, metric={**SCORE, "better": better}).metrics
    assert [one.verdict for one in metric.variants] == [None, verdict]


def test_what_one_look_would_believe_is_no_verdict_yet():
    (metric,) = found(rate(2000, 500), rate(2000, 560)).metrics
    comparison = metric.variants[1].comparison
    assert comparison is not None
    assert comparison.interval.excludes_zero
    assert metric.variants[1].verdict == "no difference seen yet"


def test_of_a_rate_users_without_an_outcome_count_as_zero_and_of_a_mean_not_at_all():
    half = Measured(users=500, mean=1.0, deviations=0.0)
    for kind, means in (("rate", [0.5, 0.5]), ("mean", [1.0, 1.0])):
        (metric,) = found(half, half, metric={**SCORE, "kind": kind}, idle=500).metrics
        assert [one.sample.mean for one in metric.variants] == means


def test_who_met_several_variants_is_counted_apart():
    told = found(rate(100, 1), rate(100, 1), crossed=4)
    assert (told.users, told.crossed) == ({"control": 100, "deep": 100}, 4)


def test_users_from_before_a_change_of_weights_do_not_speak_against_the_shares():
    before = known()
    weights = [{**one, "weight": weight} for one, weight in zip(PLAN["variants"], (1, 3), strict=True)]
    body = {**PLAN, "variants": weights}
    after = known_experiment(event(Experiment.Revised.TOPIC, body, recorded_us=50), before)
    assert (before.weighed_us, after.weighed_us, shares_of(after)) == (0, 50, {"control": 0.25, "deep": 0.75})
    again = known_experiment(event(Experiment.Revised.TOPIC, {**body, "traffic_percent": 9}, recorded_us=70), after)
    assert again.weighed_us == 50
    told = results(question_about(after), {"control": Exposed(1100, 100), "deep": Exposed(1300, 300)}, {"score": {}})
    assert (told.shares_p_value, told.shares_match) == (1.0, True)
