"""Experiments that are looked at every day for two weeks: how often each test finds what is there, and what is not.

The verdict's own code judges them; `benchmarks.peeking SEED` plays other ones.
"""

from __future__ import annotations

import math
import sys
from random import Random
from typing import NamedTuple

from domain.experiments.statistics import ALPHA, Comparison, Sample, compared

DAYS, EXPERIMENTS = 14, 2_000
SURE_99 = 2.326  # standard errors, one-sided
NOTHING_THERE = [(20, 0.05), (20, 0.2), (100, 0.05), (100, 0.2), (1_000, 0.2)]  # users a day in a variant, their rate
LIFTS = (0.02, 0.04, 0.06, 0.08)  # over 0.2, with 100 users a day


class Found(NamedTuple):
    """In how many experiments a difference was found: by the bound, by the plain p-value; by that at the end alone."""

    at_some_look: int
    plain_at_some_look: int
    plain_at_the_end: int


def simulated(
    *, experiments: int, users_a_day: int, rate: float = 0.2, lift: float = 0.0, seed: int, days: int = DAYS
) -> Found:
    random = Random(seed)
    found = [looks(random, users_a_day, rate, lift, days) for _ in range(experiments)]
    return Found(
        sum(any(look is not None and look.is_sure for look in one) for one in found),
        sum(any(is_plain(look) for look in one) for one in found),
        sum(is_plain(one[-1]) for one in found),
    )


def looks(random: Random, users_a_day: int, rate: float, lift: float, days: int) -> list[Comparison | None]:
    """One experiment, day by day."""
    ours = theirs = 0
    found = []
    for day in range(1, days + 1):
        ours += sum(random.random() < rate + lift for _ in range(users_a_day))
        theirs += sum(random.random() < rate for _ in range(users_a_day))
        users = day * users_a_day
        found.append(compared(sample(users, ours), sample(users, theirs)))
    return found


def sample(users: int, ones: int) -> Sample:
    return Sample(users, ones / users, ones * (users - ones) / users)


def is_plain(look: Comparison | None) -> bool:
    return look is not None and look.p_value < ALPHA


def most_by_chance(experiments: int) -> float:
    """No more would a test find that is right ALPHA of the time, 99 times in 100."""
    return ALPHA * experiments + SURE_99 * math.sqrt(experiments * ALPHA * (1 - ALPHA))


def main(seed: int) -> None:
    allowed = most_by_chance(EXPERIMENTS)
    print(f"{EXPERIMENTS:,} experiments each, looked at on {DAYS} days; {ALPHA:.0%} is up to {allowed:.0f} by chance")
    print("| nothing there: users a day, rate | bound, at some look | plain, at some look | plain, at the end |")
    for users_a_day, rate in NOTHING_THERE:
        found = simulated(experiments=EXPERIMENTS, users_a_day=users_a_day, rate=rate, seed=seed)
        tell(f"{users_a_day:,}, {rate:.0%}", found)
    print("| 100 users a day, 20 %, and a lift of | | | |")
    for lift in LIFTS:
        tell(f"+{100 * lift:g} points", simulated(experiments=EXPERIMENTS, users_a_day=100, lift=lift, seed=seed))


def tell(what: str, found: Found) -> None:
    print(f"| {what} | " + " | ".join(f"{count / EXPERIMENTS:.2%}" for count in found) + " |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
