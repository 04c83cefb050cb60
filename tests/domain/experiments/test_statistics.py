"""Verdicts that can be trusted: by known figures, and by simulated experiments that are looked at every day."""

from __future__ import annotations

from random import Random

import pytest

from domain.experiments.statistics import (
    ALPHA,
    NORMAL,
    Sample,
    anytime_p_value,
    anytime_reach,
    chi_square_tail,
    compared,
    mismatch_p_value,
)

DAYS, USERS_A_DAY = 14, 100  # in each variant


def rate(users: int, successes: int) -> Sample:
    return Sample(users, successes, successes)


@pytest.mark.parametrize(
    ("value", "freedom", "tail"),
    [(3.841459, 1, 0.05), (5.991465, 2, 0.05), (7.814728, 3, 0.05), (18.307038, 10, 0.05), (10.827566, 1, 0.001)],
)
def test_the_tail_of_chi_square_is_that_of_the_tables(value, freedom, tail):
    assert chi_square_tail(value, freedom=freedom) == pytest.approx(tail, rel=1e-5)


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


def simulated(random: Random, *, lift: float = 0.0) -> tuple[bool, bool, bool]:
    """Whether a difference was found at any look: by the bound, by the plain test; and by the plain test at the end."""
    ours = theirs = 0
    by_bound = by_plain = at_end = False
    for day in range(1, DAYS + 1):
        ours += sum(random.random() < 0.2 + lift for _ in range(USERS_A_DAY))
        theirs += sum(random.random() < 0.2 for _ in range(USERS_A_DAY))
        found = compared(rate(day * USERS_A_DAY, ours), rate(day * USERS_A_DAY, theirs))
        if found is not None:
            at_end = found.p_value < ALPHA
            by_bound, by_plain = by_bound or found.is_sure, by_plain or at_end
    return by_bound, by_plain, at_end


def test_looking_every_day_does_not_find_what_is_not_there():
    random, experiments = Random(6), 2_000
    bound, plain, _ = (sum(one) for one in zip(*(simulated(random) for _ in range(experiments)), strict=True))
    assert bound <= experiments * ALPHA
    assert plain > 2 * experiments * ALPHA  # which is why there is a bound: the plain test is fooled


def test_what_is_there_is_found():
    random = Random(6)
    found = [simulated(random, lift=0.08)[0] for _ in range(60)]
    assert sum(found) > 50
