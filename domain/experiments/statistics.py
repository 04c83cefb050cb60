"""What the numbers of an experiment say, and how sure one may be, however often one looks.

A unit of analysis is a user: each counts once in a variant, with the mean of what was recorded of it. Intervals and
p-values rest on the normal approximation, so a verdict waits for MOST_UNSURE users in each variant.

One look that was planned ahead: the z-test of two means with unequal variances (Wald's interval). Shares: Pearson's
chi-square test.

Every look: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central
limit theory and asymptotic confidence sequences" (2024), for the difference of two means. It is Robbins' mixture
martingale, exp(effect · sum - effect² · users / 2), averaged over effects. Where there is no difference it ever exceeds
1 / level with a probability of the level at most (Ville), whichever effects are averaged over, if no data chose them.
Here each side has half of ALPHA, and normal effects about one that an experiment of EXPECTED_USERS would just find.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

NORMAL = NormalDist()
ALPHA = 0.05
MOST_UNSURE = 100  # users of a variant, below which the normal approximation is not trusted
EXPECTED_USERS = 5_000  # about where the bound is tightest
EXPECTED_SCORE, SCORE_SPREAD = 2.5, 1.0  # of the effects averaged over, in standard errors at EXPECTED_USERS
ROUNDING = 1e-15  # of a mean: what varies less than this is one value, written differently
MISMATCH = 0.001  # p-value of the shares below which they are not what was asked for


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of a variant: users, the mean of their values, and the sum of the squared deviations from it.

    Deviations rather than squares: of large values that vary little, nothing would be left of a difference of squares.
    """

    users: int
    mean: float
    deviations: float

    @property
    def variance(self) -> float:
        """Of the values; the unbiased estimate. A rate's is that of its zeros and ones."""
        return self.deviations / (self.users - 1) if self.users > 1 else 0.0

    def with_zeros(self, count: int) -> Sample:
        """The same with so many more users, whose value is 0."""
        if not count:
            return self
        users = self.users + count
        between = self.mean**2 * self.users * count / users
        return Sample(users, self.mean * self.users / users, self.deviations + between)


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    @classmethod
    def around(cls, middle: float, reach: float) -> Interval:
        return cls(middle - reach, middle + reach)

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variant against the control; `relative` is None where the control's mean is zero.

    `interval` and `p_value` hold for one look that was planned ahead, `anytime_…` at every look.
    """

    difference: float
    relative: float | None
    interval: Interval
    p_value: float
    anytime_interval: Interval
    anytime_p_value: float

    @property
    def is_sure(self) -> bool:
        """Whether there is a difference, at whichever look this is."""
        return self.anytime_interval.excludes_zero


def compared(variant: Sample, control: Sample, *, alpha: float = ALPHA) -> Comparison | None:
    """How a variant differs from the control; None while either has too few users, or nothing varies."""
    if min(variant.users, control.users) < MOST_UNSURE:
        return None
    error = math.sqrt(variant.variance / variant.users + control.variance / control.users)
    if error <= ROUNDING * max(abs(variant.mean), abs(control.mean)):
        return None
    difference, users = variant.mean - control.mean, variant.users + control.users
    score = abs(difference) / error
    return Comparison(
        difference,
        difference / abs(control.mean) if control.mean else None,
        Interval.around(difference, NORMAL.inv_cdf(1 - alpha / 2) * error),
        math.erfc(score / math.sqrt(2)),
        Interval.around(difference, error * anytime_reach(users, alpha=alpha)),
        anytime_p_value(score, users),
    )


def anytime_reach(users: int, *, alpha: float = ALPHA) -> float:
    """How many standard errors away the bound of every look lies: the score at which its p-value is alpha."""
    about, spread = expected_effects(users)
    needed = about**2 + 2 * (spread + 1) * math.log(2 / alpha * math.sqrt(spread + 1))
    return (math.sqrt(about**2 + spread * needed) - about) / spread


def anytime_p_value(score: float, users: int) -> float:
    """The smallest level at which the bound excludes zero; `score` is the size of the difference in standard errors."""
    about, spread = expected_effects(users)
    exponent = (spread * score**2 + 2 * about * score - about**2) / (2 * (spread + 1))
    return min(1.0, 2 * math.sqrt(spread + 1) * math.exp(-exponent))


def expected_effects(users: int) -> tuple[float, float]:
    """Mean and variance of the effects averaged over, in standard errors at so many users."""
    known = users / EXPECTED_USERS
    return EXPECTED_SCORE * math.sqrt(known), SCORE_SPREAD**2 * known


def mismatch_p_value(users: Mapping[str, int], due: Mapping[str, float]) -> float:
    """How likely counts that far from their due shares would be by chance: Pearson's chi-square test."""
    everybody, whole = sum(users.values()), sum(due.values())
    if not everybody or len(due) < 2:
        return 1.0
    expected = {name: everybody * share / whole for name, share in due.items()}
    if any(users.get(name, 0) for name, count in expected.items() if count == 0):
        return 0.0
    terms = ((users.get(name, 0) - count) ** 2 / count for name, count in expected.items() if count)
    return chi_square_tail(sum(terms), freedom=sum(count > 0 for count in expected.values()) - 1)


def chi_square_tail(value: float, *, freedom: int) -> float:
    """The probability of more than this value: a finite sum, since the degrees of freedom are whole."""
    half = value / 2
    if freedom <= 0 or half <= 0:
        return 1.0
    first = 0.5 if freedom % 2 else 0.0
    steps = (freedom - 1) // 2 if freedom % 2 else freedom // 2
    # By logarithms: of a large value, each factor alone would leave the range of numbers.
    terms = (math.exp((first + step) * math.log(half) - half - math.lgamma(first + step + 1)) for step in range(steps))
    return min(1.0, math.fsum(terms) + (math.erfc(math.sqrt(half)) if freedom % 2 else 0.0))
