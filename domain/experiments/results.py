"""What has come of an experiment so far: each variant beside the control, metric by metric, with a verdict in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from uuid import UUID

from domain.documents import Document
from domain.experiments.bucketing import BUCKETS
from domain.experiments.known import KnownExperiment
from domain.experiments.statistics import MISMATCH, MOST_UNSURE, Comparison, Sample, compared, mismatch_p_value

Verdict = Literal["better", "worse", "no difference seen yet", "too few users", "shares do not match"]
SHARE_DIGITS = 4  # all there are: a share is a number of BUCKETS
RATE = "rate"  # of a metric of this kind, users without an outcome count as 0; of a mean they are left out


class Question(NamedTuple):
    """What is asked of the measurements of an experiment; `shares` are those of the users that are in it."""

    experiment: UUID
    environment: str
    variants: Sequence[Mapping[str, Any]]
    shares: Mapping[str, float]
    metrics: Sequence[Document]  # the primary one first, then guardrails
    since_us: int  # users from before do not count for the shares: they had other weights

    @property
    def control(self) -> str:
        return str(next(one["name"] for one in self.variants if one["is_control"]))


class Exposed(NamedTuple):
    """Users who met one variant alone, and those of them whose first exposure was since the weights last changed."""

    users: int
    lately: int


class Measured(NamedTuple):
    """Of a variant: its users with an outcome, the mean of their means, and the squared deviations from that."""

    users: int
    mean: float
    deviations: float

    def sample(self, metric: Document, *, exposed: int) -> Sample:
        known = Sample(*self)
        return known.with_zeros(exposed - self.users) if metric.get("kind") == RATE else known


@dataclass(frozen=True, slots=True)
class VariantResult:
    """`comparison` is with the control; None of the control itself, and while there are too few users."""

    name: str
    sample: Sample
    comparison: Comparison | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class MetricResult:
    """`metric` as it is planned; a guardrail has a tolerated change."""

    metric: Document
    control: VariantResult
    variants: tuple[VariantResult, ...]  # with the control


@dataclass(frozen=True, slots=True)
class Results:
    """`users` by variant; `crossed` met several variants, and count nowhere."""

    users: Mapping[str, int]
    crossed: int
    shares_p_value: float
    metrics: tuple[MetricResult, ...]

    @property
    def shares_match(self) -> bool:
        return self.shares_p_value >= MISMATCH


def question_about(known: KnownExperiment) -> Question:
    shares, metrics = shares_of(known), metrics_of(known.plan)
    return Question(known.uuid, known.environment, known.plan["variants"], shares, metrics, known.weighed_us)


def metrics_of(plan: Mapping[str, Any]) -> tuple[Document, ...]:
    """The primary one first, then guardrails."""
    primary = plan["primary_metric"]
    return (*(() if primary is None else (primary,)), *plan["guardrails"])


def shares_of(known: KnownExperiment) -> dict[str, float]:
    """What part of the users in it is due to each variant."""
    found: dict[str, float] = dict.fromkeys((one["name"] for one in known.plan["variants"]), 0.0)
    for held in known.variants:
        found[held.owner] += held.size / BUCKETS
    return {name: round(share, SHARE_DIGITS) for name, share in found.items()}


def results(
    asked: Question, exposed: Mapping[str | None, Exposed], measured: Mapping[str, Mapping[str, Measured]]
) -> Results:
    """From users by variant, and by metric and variant what was measured."""
    names = [one["name"] for one in asked.variants]
    found = {name: exposed.get(name, Exposed(0, 0)) for name in names}
    p_value = mismatch_p_value({name: one.lately for name, one in found.items()}, asked.shares)
    metrics = (
        metric_result(
            metric, _samples(metric, found, measured[metric["name"]]), asked.control, shares_match=p_value >= MISMATCH
        )
        for metric in asked.metrics
    )
    crossed = exposed.get(None, Exposed(0, 0)).users
    return Results({name: one.users for name, one in found.items()}, crossed, p_value, tuple(metrics))


def _samples(
    metric: Document, exposed: Mapping[str, Exposed], measured: Mapping[str, Measured]
) -> Mapping[str, Sample]:
    nobody = Measured(0, 0.0, 0.0)
    return {name: measured.get(name, nobody).sample(metric, exposed=one.users) for name, one in exposed.items()}


def metric_result(metric: Document, samples: Mapping[str, Sample], control: str, *, shares_match: bool) -> MetricResult:
    """Each variant beside the control."""
    base, found = samples[control], []
    for name, sample in samples.items():
        comparison = None if name == control else compared(sample, base)
        said = None
        if name != control:
            said = _verdict(comparison, metric, fewest=min(sample.users, base.users), shares_match=shares_match)
        found.append(VariantResult(name, sample, comparison, said))
    return MetricResult(metric, found[list(samples).index(control)], tuple(found))


def _verdict(comparison: Comparison | None, metric: Document, *, fewest: int, shares_match: bool) -> Verdict:
    if not shares_match:
        return "shares do not match"
    if fewest < MOST_UNSURE:
        return "too few users"
    if comparison is None or not comparison.is_sure:
        return "no difference seen yet"
    return "better" if (comparison.difference > 0) == (metric["better"] == "higher") else "worse"
