"""What counts as more harm than a guardrail tolerates."""

from __future__ import annotations

from typing import Any

import pytest

from domain.experiments.guardrails import breaches
from domain.experiments.results import Exposed, Measured, question_about, results
from tests.domain.experiments.test_results import known

LATENCY: dict[str, Any] = {"name": "latency", "better": "lower", "kind": "mean", "tolerated_change_percent": 5}


def around(mean: float, *, users: int = 2000, spread: float = 10.0) -> Measured:
    """Half of the users as far below the mean as the others are above it."""
    return Measured(users, mean, users * spread**2)


def found(control: Measured, deep: Measured, **metric: Any) -> list[str]:
    """Of the latency of `deep`: each breach, in words."""
    exposed = {"control": Exposed(control.users, control.users), "deep": Exposed(deep.users, deep.users)}
    plan = {"primary_metric": {**LATENCY, "name": "other"}, "guardrails": [{**LATENCY, **metric}]}
    del plan["primary_metric"]["tolerated_change_percent"]
    measured = {"latency": {"control": control, "deep": deep}, "other": {"control": control, "deep": deep}}
    return list(map(str, breaches(results(question_about(known(**plan)), exposed, measured))))


@pytest.mark.parametrize(
    ("control", "deep", "better", "count"),
    [
        (around(100), around(120), "lower", 1),
        (around(100), around(80), "lower", 0),
        (around(100), around(80), "higher", 1),
        (around(100), around(120), "higher", 0),
        (around(-100), around(-80), "lower", 1),  # percents of a mean below zero
        (around(100), around(104), "lower", 0),  # surely worse, and tolerated
        (around(100), around(105.5), "lower", 0),  # beyond what is tolerated, but not surely so
        (around(100, users=99), around(120, users=99), "lower", 0),
        (around(0), around(20), "lower", 0),  # no mean to take percents of
        (around(100), around(120, users=3000), "lower", 0),  # the shares do not match
    ],
)
def test_a_breach_is_harm_that_is_surely_beyond_what_is_tolerated(
    control: Measured, deep: Measured, better: str, count: int
):
    assert len(found(control, deep, better=better)) == count


def test_a_breach_says_its_figures():
    (told,) = found(around(100), around(120))
    assert told == (
        "latency of deep is +20 % beside the control's, surely +19.1 % to +20.9 %; "
        "a change of 5 % for the worse is tolerated"
    )
