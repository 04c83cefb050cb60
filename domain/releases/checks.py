"""What a healthy retrieval looks like: bounds on what applications measure, and how bad it is to be beyond them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from domain.releases.verdict import direction_of, loss

Severity = Literal["critical", "warning"]
GOLD_USAGE = "reader_gold_usage"
COLLAPSE = 0.5
"""Worse than the baseline by more than this share of it is critical, whatever the bounds say."""


@dataclass(frozen=True, slots=True)
class Bound:
    at_least: float | None = None
    at_most: float | None = None
    severity: Severity = "warning"

    def holds(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        if self.at_least is not None and self.at_least == self.at_most:
            return f"{self.at_least:g}"
        least = [] if self.at_least is None else [f"at least {self.at_least:g}"]
        return " and ".join([*least, *([] if self.at_most is None else [f"at most {self.at_most:g}"])])

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


DEFAULTS: Mapping[str, Bound] = {
    "bm25_prefix_leakage": Bound(at_most=0, severity="critical"),
    "over_budget_chunks": Bound(at_most=0, severity="critical"),
    "avg_snapshot_size": Bound(at_least=30, at_most=60),
    "oracle_hit_rate": Bound(at_least=0.45),
    "filter_hit_rate": Bound(at_least=0.20),
    GOLD_USAGE: Bound(),  # at least what the baseline says
    "deduplication_rate": Bound(at_least=0.10, at_most=0.35),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """The code is that of what is checked: of two reports with the same code, both tell the same."""

    severity: Severity
    code: str
    message: str

    def to_data(self) -> dict[str, str]:
        return asdict(self)


def bounds_with(own: Mapping[str, Mapping[str, Any]], baseline: Mapping[str, float]) -> dict[str, Bound]:
    """The bounds that hold: an environment's own in the place of the defaults."""
    found = {**DEFAULTS, **{metric: Bound(**facts) for metric, facts in own.items()}}
    gold = found[GOLD_USAGE]
    if gold == DEFAULTS[GOLD_USAGE] and GOLD_USAGE in baseline:
        found[GOLD_USAGE] = replace(gold, at_least=baseline[GOLD_USAGE])
    return found


def unknown_in(metrics: Mapping[str, float], bounds: Mapping[str, Bound]) -> list[str]:
    """What cannot be told: it was not measured, or there is nothing to hold it to."""
    return [metric for metric, bound in bounds.items() if metric not in metrics or not str(bound)]


def alerts_in(
    metrics: Mapping[str, float], bounds: Mapping[str, Bound], baseline: Mapping[str, float]
) -> Iterator[Alert]:
    for metric, bound in bounds.items():
        if metric in metrics and not bound.holds(metrics[metric]):
            yield Alert(bound.severity, metric, f"{metric} is {metrics[metric]:g}: it must be {bound}")
    for metric in sorted(metrics.keys() & baseline.keys()):
        direction = direction_of(metric)
        worse = 0.0 if direction is None else loss(metrics[metric], baseline[metric], direction)
        if worse > COLLAPSE * abs(baseline[metric]):
            told = f"{metric} is {metrics[metric]:g}: worse than its baseline of {baseline[metric]:g} by over half"
            yield Alert("critical", f"baseline.{metric}", told)
