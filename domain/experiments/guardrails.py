"""Whether a variant does more harm than a guardrail tolerates, as sure at whichever look this is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.documents import Document
from domain.experiments.results import MetricResult, Results, VariantResult


@dataclass(frozen=True, slots=True)
class Breach:
    """Changes are in percent of the control's mean; the true one lies between `low` and `high`."""

    variant: str
    metric: str
    change: float
    low: float
    high: float
    tolerated: float

    def to_data(self) -> Document:
        names = ("metric", "change", "low", "high", "tolerated")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        seen = f"{self.change:+.3g} % beside the control's, surely {self.low:+.3g} % to {self.high:+.3g} %"
        return f"{self.metric} of {self.variant} is {seen}; a change of {self.tolerated:g} % for the worse is tolerated"


def breaches(found: Results) -> Iterator[Breach]:
    """None where the shares do not match: then no figure can be trusted."""
    if not found.shares_match:
        return
    for metric in found.metrics:
        if "tolerated_change_percent" in metric.metric:
            yield from breaches_of(metric)


def breaches_of(metric: MetricResult) -> Iterator[Breach]:
    """Of one guardrail, by every variant."""
    for variant in metric.variants:
        yield from _breach(metric, variant)


def _breach(metric: MetricResult, variant: VariantResult) -> Iterator[Breach]:
    compared, control = variant.comparison, metric.control.sample.mean
    if compared is None or control == 0.0:  # nothing to take percents of
        return
    change, low, high = (
        100 * value / abs(control)
        for value in (compared.difference, compared.anytime_interval.low, compared.anytime_interval.high)
    )
    tolerated = metric.metric["tolerated_change_percent"]
    if (high < -tolerated) if metric.metric["better"] == "higher" else (low > tolerated):
        yield Breach(variant.name, metric.metric["name"], change, low, high, tolerated)
