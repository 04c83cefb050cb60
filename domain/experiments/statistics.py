"""What the numbers of an experiment say, and how sure one may be, however often one looks.

A unit of analysis is a user: each counts once in a variant, with the mean of what was recorded of it. Intervals and
p-values rest on the normal approximation, so a verdict waits for MOST_UNSURE users in each variant.

The bound that holds at every look is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and
Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences" (2024), for the difference of two means.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

NORMAL = NormalDist()
ALPHA = 0.05
MOST_UNSURE = 100  # users of a variant, below which the normal approximation is not trusted
TUNED_TO = 5_000  # users at which the bound is tightest
MISMATCH = 0.001  # p-value of the shares below which they are not what was asked for


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of a variant: users, and the sum and the sum of squares of their values."""

    users: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.users if self.users else 0.0

    @property
    def variance(self) -> float:
        """Of the values; the unbiased estimate. A rate's is that of its zeros and ones."""
        if self.users < 2:
            return 0.0
        return max(0.0, (self.squares - self.users * self.mean**2) / (self.users - 1))


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
    if error == 0.0:
        return None
    difference, users = variant.mean - control.mean, variant.users + control.users
    score = abs(difference) / error
    return Comparison(
        difference,
        difference / abs(control.mean) if control.mean else None,
        Interval.around(difference, NORMAL.inv_cdf(1 - alpha / 2) * error),
        2 * NORMAL.cdf(-score),
        Interval.around(difference, error * anytime_reach(users, alpha=alpha)),
        anytime_p_value(score, users, alpha=alpha),
    )


def anytime_reach(users: int, *, alpha: float = ALPHA) -> float:
    """How many standard errors the bound that holds at every look lies away."""
    spread = users * tuning(alpha)
    return math.sqrt(2 * (spread + 1) / spread * math.log(math.sqrt(spread + 1) / alpha))


def anytime_p_value(score: float, users: int, *, alpha: float = ALPHA) -> float:
    """The smallest level at which the bound would exclude zero; `score` is the difference in standard errors."""
    spread = users * tuning(alpha)
    return min(1.0, math.sqrt(spread + 1) * math.exp(-(score**2) * spread / (2 * (spread + 1))))


def tuning(alpha: float) -> float:
    """The square of the bound's parameter rho, for which it is tightest at TUNED_TO users."""
    log = -2 * math.log(alpha)
    return (log + math.log(log + 1)) / TUNED_TO


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
    if freedom <= 0 or value <= 0:
        return 1.0
    half = value / 2
    if freedom % 2:
        tail, term, start = math.erfc(math.sqrt(half)), math.sqrt(half) * 2 / math.sqrt(math.pi), 1.5
        steps = (freedom - 1) // 2
    else:
        tail, term, start, steps = 0.0, 1.0, 1.0, freedom // 2
    for step in range(steps):
        tail += math.exp(-half) * term
        term *= half / (start + step)
    return min(1.0, tail)
