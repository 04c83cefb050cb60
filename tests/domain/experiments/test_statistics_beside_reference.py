"""The same figures as statsmodels and scipy compute, over inputs far wider than experiments have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import integrate, stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from domain.experiments.results import Measured
from domain.experiments.statistics import (
    ALPHA,
    EXPECTED_SCORE,
    EXPECTED_USERS,
    MOST_UNSURE,
    SCORE_SPREAD,
    Comparison,
    Sample,
    anytime_p_value,
    anytime_reach,
    chi_square_tail,
    compared,
    mismatch_p_value,
)

SAME = 1e-9
USERS = st.integers(MOST_UNSURE, 10**9)
RATE = st.fractions(0, 1, max_denominator=10**6)
VALUES = st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=6)


def comparison(ours: tuple[Sequence[float], Sequence[int]], theirs: tuple[Sequence[float], Sequence[int]]) -> None:
    """Values, and how many users have each: compared by both."""
    reference = CompareMeans(*(DescrStatsW(values, weights=counts) for values, counts in (ours, theirs)))
    found = compared(sample(*ours), sample(*theirs))
    assert found is not None
    agrees(found, reference)


def sample(values: Sequence[float], counts: Sequence[int]) -> Sample:
    """Exact, by fractions: what is checked is what comes after the sums."""
    users = sum(counts)
    mean = sum(Fraction(value) * count for value, count in zip(values, counts, strict=True)) / users
    squared = sum((Fraction(value) - mean) ** 2 * count for value, count in zip(values, counts, strict=True))
    return Sample(users, float(mean), float(squared))


def agrees(found: Comparison, reference: CompareMeans) -> None:
    score, p_value = reference.ztest_ind(usevar="unequal")
    low, high = reference.zconfint_diff(alpha=ALPHA, usevar="unequal")
    scale = max(abs(low), abs(high))
    assert found.difference == pytest.approx((low + high) / 2, abs=SAME * scale)
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=SAME * scale)
    assert found.p_value == pytest.approx(p_value, rel=SAME * max(1.0, score**2), abs=1e-300)


@given(USERS, RATE, USERS, RATE)
def test_two_rates_compare_as_by_the_z_test(ours: int, our_rate: Fraction, theirs: int, their_rate: Fraction):
    ours_by_value, theirs_by_value = zeros_and_ones(ours, our_rate), zeros_and_ones(theirs, their_rate)
    if 0 in ours_by_value and 0 in theirs_by_value:
        assert compared(sample([0, 1], ours_by_value), sample([0, 1], theirs_by_value)) is None
    else:
        comparison(([0, 1], ours_by_value), ([0, 1], theirs_by_value))


def zeros_and_ones(users: int, rate: Fraction) -> list[int]:
    ones = round(users * rate)
    return [users - ones, ones]


@given(VALUES, st.integers(50, 10**8), VALUES, st.integers(50, 10**8))
def test_two_means_compare_as_by_the_z_test(ours: list[int], each: int, theirs: list[int], each_there: int):
    if len(set(ours)) > 1 or len(set(theirs)) > 1:
        comparison((ours, [each] * len(ours)), (theirs, [each_there] * len(theirs)))


@given(st.floats(1e-6, 1e15), USERS, USERS)
def test_values_that_differ_by_rounding_alone_do_not_vary(value: float, ours: int, theirs: int):
    next_to_it = math.nextafter(value, math.inf)
    off = (next_to_it - value) ** 2
    assert compared(Sample(ours, value, ours * off), Sample(theirs, next_to_it, theirs * off)) is None


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=50), st.integers(0, 50))
def test_a_rate_has_the_variance_of_its_values_and_zeros(values: list[int], zeros: int):
    known = sample(values, [1] * len(values))
    of_those_with_one = Measured(len(values), known.mean, known.deviations)
    measured = of_those_with_one.sample({"kind": "rate"}, exposed=len(values) + zeros)
    reference = DescrStatsW([*values, *[0] * zeros])
    assert (measured.users, measured.mean) == (reference.nobs, pytest.approx(reference.mean, abs=1e-12))
    assert measured.deviations == pytest.approx(reference.sumsquares, rel=SAME, abs=SAME)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10_000)), min_size=2, max_size=20))
def test_shares_compare_as_by_pearsons_test(variants: list[tuple[int, int]]):
    users, due = {}, {}
    for number, (count, share) in enumerate(variants):
        users[str(number)], due[str(number)] = count, share / 10_000
    everybody, whole = sum(users.values()), sum(due.values())
    if everybody:
        reference = stats.chisquare(list(users.values()), [share / whole * everybody for share in due.values()])
        scale = max(1.0, reference.statistic)  # how much a digit of it weighs
        assert mismatch_p_value(users, due) == pytest.approx(reference.pvalue, rel=SAME * scale, abs=1e-300)


@example(value=5e-324, freedom=3)
@given(value=st.floats(0, 1e6), freedom=st.integers(1, 200))
def test_the_tail_of_chi_square_is_the_librarys(value: float, freedom: int):
    assert chi_square_tail(value, freedom=freedom) == pytest.approx(stats.chi2.sf(value, freedom), rel=SAME, abs=1e-300)


@given(st.floats(0, 30), USERS)
def test_the_bound_of_every_look_is_the_mean_of_martingales_over_normal_effects(score: float, users: int):
    about, spread = EXPECTED_SCORE / math.sqrt(EXPECTED_USERS), SCORE_SPREAD / math.sqrt(EXPECTED_USERS)
    total, certainty = score * math.sqrt(users), users + 1 / spread**2
    likely = (total + about / spread**2) / certainty  # where most of the mean comes from
    reach = 12 / math.sqrt(certainty)

    def exponent(effect: float) -> float:
        return effect * total - effect**2 * users / 2 - ((effect - about) / spread) ** 2 / 2

    def martingale(effect: float) -> float:
        return math.exp(exponent(effect) - exponent(likely)) / (spread * math.sqrt(2 * math.pi))

    mean, _ = integrate.quad(martingale, likely - reach, likely + reach, points=[likely], epsrel=1e-12)
    log_mean = math.log(mean) + exponent(likely)
    assert anytime_p_value(score, users) == pytest.approx(min(1.0, 2 * math.exp(-log_mean)), rel=SAME)


@given(USERS, st.floats(1e-6, 0.5))
def test_the_interval_of_every_look_excludes_zero_where_its_p_value_is_below_the_level(users: int, alpha: float):
    assert anytime_p_value(anytime_reach(users, alpha=alpha), users) == pytest.approx(alpha, rel=SAME)
