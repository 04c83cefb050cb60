"""Whether metrics are as good as a baseline, by which direction is better and how much worse is tolerated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Direction = Literal["higher", "lower"]
Verdict = Literal["pass", "fail", "unknown"]

HIGHER = frozenset(
    {"accuracy", "accepted", "f1", "faithfulness", "gold", "hit", "map", "mrr", "ndcg", "precision", "recall", "score"}
)
LOWER = frozenset({"cost", "error", "errors", "failures", "hallucination", "latency", "leakage", "seconds", "toxicity"})
ROUNDING = 1e-9  # of the baseline: what a decimal loses when it is kept as a double


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much worse than the baseline a metric may be: as a number, or in percent of the baseline."""

    direction: Direction
    change: float = 0.0
    percent: float | None = None

    def allowed(self, baseline: float) -> float:
        return self.change if self.percent is None else abs(baseline) * self.percent / 100

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric beside its baseline; None where there is none."""

    metric: str
    value: float | None
    baseline: float | None
    verdict: Verdict
    reason: str

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


def direction_of(metric: str) -> Direction | None:
    """Which way is better, where a word of the metric's name tells: `f1_score`, `latency_p95_ms`."""
    words = set(metric.lower().replace("-", "_").split("_"))
    higher, lower = bool(words & HIGHER), bool(words & LOWER)
    if higher == lower:
        return None
    return "higher" if higher else "lower"


def loss(value: float, baseline: float, direction: Direction) -> float:
    """By how much a value is worse; negative where it is better."""
    return baseline - value if direction == "higher" else value - baseline


def compared(
    metrics: Mapping[str, float], baseline: Mapping[str, float], tolerances: Mapping[str, Tolerance]
) -> Iterator[Compared]:
    """Every metric that the baseline or a tolerance names, in the order of their names."""
    for metric in sorted({*baseline, *tolerances}):
        yield _compared(metric, metrics.get(metric), baseline.get(metric), tolerances.get(metric))


def verdict_of(found: Sequence[Compared]) -> Verdict:
    """What fails decides; what is unknown is never taken for passed; nothing compared is unknown."""
    verdicts = {one.verdict for one in found}
    if "fail" in verdicts:
        return "fail"
    return "pass" if verdicts == {"pass"} else "unknown"


def _compared(metric: str, value: float | None, baseline: float | None, tolerance: Tolerance | None) -> Compared:
    if value is None:
        return Compared(metric, value, baseline, "unknown", "the run does not tell it")
    if baseline is None:
        return Compared(metric, value, baseline, "unknown", "the baseline does not tell it")
    if tolerance is None:
        direction = direction_of(metric)
        if direction is None:
            return Compared(metric, value, baseline, "unknown", "say in tolerances which direction is better")
        tolerance = Tolerance(direction)
    worse, allowed = loss(value, baseline, tolerance.direction), tolerance.allowed(baseline)
    way = "worse" if worse > 0 else "better"
    told = f"{value:g} is {abs(worse):g} {way} than {baseline:g}, and {allowed:g} is tolerated"
    return Compared(metric, value, baseline, "pass" if worse <= allowed + abs(baseline) * ROUNDING else "fail", told)
