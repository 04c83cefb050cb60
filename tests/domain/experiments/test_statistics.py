"""Verdicts that can be trusted: by known figures, and by simulated experiments that are looked at every day."""

from __future__ import annotations

import pytest

from benchmarks.peeking import most_by_chance, simulated
from domain.experiments.statistics import (
    ALPHA,
    NORMAL,
    Sample,
    anytime_p_value,
    anytime_reach,
    compared,
    mismatch_p_value,
)


def rate(users: int, successes: int) -> Sample:
    return Sample(users, successes / users, successes * (users - successes) / users)


def test_two_rates_compare_as_the_textbook_says():
    found = compared(rate(1000, 120), rate(1000, 100))
    assert found is not None
    error = (0.12 * 0.88 / 999 + 0.1 * 0.9 / 999) ** 0.5
    assert found.difference == pytest.approx(0.02)
    assert found.relative == pytest.approx(0.2)
    assert found.p_value == pytest.approx(2 * NORMAL.cdf(-0.02 / error))
    assert (found.interval.high - found.interval.low) / 2 == pytest.approx(1.959964 * error, rel=1e-6)
    assert not found.is_sure


def test_too_few_users_and_values_that_do_not_vary_say_nothing():
    assert compared(rate(99, 50), rate(1000, 100)) is None
    assert compared(rate(1000, 0), rate(1000, 0)) is None


@pytest.mark.parametrize("users", [200, 1_000, 5_000, 100_000])
def test_interval_and_p_value_of_every_look_agree(users):
    reach = anytime_reach(users)
    assert anytime_p_value(reach, users) == pytest.approx(ALPHA)
    assert anytime_p_value(reach * 1.01, users) < ALPHA < anytime_p_value(reach * 0.99, users)


def test_shares_that_are_not_as_asked_are_found():
    assert mismatch_p_value({"a": 5_000, "b": 5_050}, {"a": 1, "b": 1}) > 0.1
    assert mismatch_p_value({"a": 5_000, "b": 5_500}, {"a": 1, "b": 1}) < 0.001
    assert mismatch_p_value({"a": 10, "b": 1}, {"a": 1, "b": 0}) == 0.0


def test_looking_every_day_does_not_find_what_is_not_there():
    found = simulated(experiments=2_000, users_a_day=100, seed=6)
    assert found.at_some_look <= most_by_chance(2_000)
    assert found.plain_at_some_look > 2 * most_by_chance(2_000)  # which is why there is a bound


def test_few_users_and_rare_successes_do_not_fool_the_bound_either():
    found = simulated(experiments=2_000, users_a_day=20, rate=0.05, seed=6)
    assert found.at_some_look <= most_by_chance(2_000)


def test_what_is_there_is_found():
    found = simulated(experiments=500, users_a_day=100, lift=0.06, seed=6)
    assert found.plain_at_the_end > found.at_some_look > 0.8 * 500
