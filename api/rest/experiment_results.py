"""What has come of an experiment."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api.access import ReadsReports
from api.deps import AtPosition, Cases, StrictRoute, json_response
from api.rest.examples import responses
from api.rest.experiments import EXPERIMENT, allowed
from domain.experiments.known import KnownExperiment
from domain.experiments.results import MetricResult, Results, VariantResult, shares_of
from domain.times import rfc3339

router = APIRouter(prefix="/api/experiments", tags=["experiments"], route_class=StrictRoute)

COMPARISON = ("difference", "relative", "interval", "p_value", "anytime_interval", "anytime_p_value")
CONTROL = {"name": "control", "users": 512, "mean": 0.41, **dict.fromkeys(COMPARISON), "verdict": None}
DEEP = {
    "name": "deep",
    "users": 498,
    "mean": 0.53,
    "difference": 0.12,
    "relative": 0.29,
    "interval": {"low": 0.06, "high": 0.18},
    "p_value": 0.00012,
    "anytime_interval": {"low": 0.01, "high": 0.23},
    "anytime_p_value": 0.021,
    "verdict": "better",
}
RESULTS: dict[str, Any] = {
    "id": EXPERIMENT["id"],
    "environment": "production",
    "name": "deeper-retrieval",
    "status": "running",
    "started_at": "2026-11-20T10:05:00.000001Z",
    "users": {"control": 512, "deep": 498},
    "users_in_several_variants": 3,
    "shares": {"due": {"control": 0.5, "deep": 0.5}, "p_value": 0.66, "match": True},
    "metrics": [
        {"name": "answer_accepted", "better": "higher", "kind": "rate", "tolerated_change_percent": None,
         "variants": [CONTROL, DEEP]},
    ],
}  # fmt: skip


@router.get(
    "/{id:uuid}/results",
    operation_id="read_experiment_results",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("Each variant beside the control.", RESULTS)}),
)
def read_experiment_results(id: UUID, cases: Cases, access: ReadsReports) -> Response:  # noqa: A002 -- its name in the address
    """Each variant beside the control, by metric, over the exposures and outcomes that are kept.

    A verdict rests on the anytime interval, so that it may be looked at as often as one likes. Where users are not
    distributed as the shares say, or either variant has fewer than 100, there is none.
    """
    known = allowed(cases.catalogs.current(), id, access)
    content = results_data(known, cases.measure_experiments.results(known))
    return json_response(content, cases=cases, position=cases.progress.visible)


def results_data(known: KnownExperiment, found: Results) -> dict[str, Any]:
    due = {name: round(share, 4) for name, share in shares_of(known).items()}
    return {
        "id": str(known.uuid),
        "environment": known.environment,
        "name": known.name,
        "status": known.status,
        "started_at": None if known.started_us is None else rfc3339(known.started_us),
        "users": found.users,
        "users_in_several_variants": found.crossed,
        "shares": {"due": due, "p_value": found.shares_p_value, "match": found.shares_match},
        "metrics": list(map(metric_data, found.metrics)),
    }


def metric_data(one: MetricResult) -> dict[str, Any]:
    return {
        "name": one.metric["name"],
        "better": one.metric["better"],
        "kind": one.metric.get("kind", "mean"),
        "tolerated_change_percent": one.metric.get("tolerated_change_percent"),
        "variants": list(map(variant_data, one.variants)),
    }


def variant_data(one: VariantResult) -> dict[str, Any]:
    comparison = dict.fromkeys(COMPARISON) if one.comparison is None else asdict(one.comparison)
    mean = one.sample.mean if one.sample.users else None
    return {"name": one.name, "users": one.sample.users, "mean": mean, **comparison, "verdict": one.verdict}
