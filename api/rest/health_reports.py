"""Reports of health: what applications measure of retrieval, judged where it comes in."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field

from api.access import Governs, ReadsDefinitions, ReadsReports, ReportsUse
from api.answers import command_response, json_response
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import Body, Reason
from api.rest.evaluation_bodies import MOST_METRICS, Number
from api.rest.examples import COMMAND_FAULTS, responses
from api.rest.reports import Cursor, Environment, Id, Limit, Time, at_us, page_response, place_of
from application.judge_health import Measured
from application.use_cases import UseCases
from domain.releases.checks import DEFAULTS, Severity
from domain.releases.health import Health

router = APIRouter(prefix="/api", tags=["health reports"], route_class=StrictRoute)

METRICS = {
    "bm25_prefix_leakage": 0,
    "over_budget_chunks": 0,
    "avg_snapshot_size": 45.2,
    "oracle_hit_rate": 0.4,
    "filter_hit_rate": 0.3,
    "reader_gold_usage": 0.6,
    "deduplication_rate": 0.2,
}
NEW: dict[str, Any] = {"environment": "production", "config_version": "2026-11-20-100000-v1", "metrics": METRICS}
ALERT = {
    "severity": "warning",
    "code": "oracle_hit_rate",
    "message": "oracle_hit_rate is 0.4: it must be at least 0.45",
}
REPORT: dict[str, Any] = {
    "id": "3d1e8a52-6f0e-4d0a-9a53-0f7c2f0f7b15",
    "environment": "production",
    "timestamp": "2026-11-20T10:00:00.000001Z",
    "config_version": "2026-11-20-100000-v1",
    "overall_healthy": False,
    "config_health": {"valid": True, "issues": [], "warnings": []},
    "retrieval_health": {"healthy": False, **METRICS, "unknown": ["reader_gold_usage"]},
    "alerts": [ALERT],
}
OWN = {"oracle_hit_rate": {"at_least": 0.5, "at_most": None, "severity": "critical"}}
CHANGED: dict[str, Any] = {"bounds": OWN, "auto_rollback": True}
SETTINGS: dict[str, Any] = {
    "environment": "production",
    "version": 1,
    "auto_rollback": True,
    "own_bounds": OWN,
    "bounds": {metric: bound.to_data() for metric, bound in DEFAULTS.items()},
    "alerts": [ALERT],
}


class ReportBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [NEW]})

    environment: str | None = None
    config_version: Id | None = Field(None, description="Of what is measured: the version label of a lock, say.")
    metrics: dict[Id, Number] = Field(
        max_length=MOST_METRICS, description="Those that are known; others have a say too."
    )
    at: Time | None = Field(None, description="Never later than it came in; when it came in where it is absent.")


class BoundBody(Body):
    at_least: Number | None = None
    at_most: Number | None = None
    severity: Severity = "warning"


class HealthBody(Body):
    """What is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [CHANGED]})

    bounds: dict[Id, BoundBody] = Field(
        default_factory=dict, description="By metric, in the place of the default ones."
    )
    auto_rollback: bool = Field(True, description="Roll back a release that is followed by a critical alert.")
    reason: Reason = None


@router.post(
    "/health-reports",
    operation_id="report_health",
    status_code=201,
    responses=responses(400, 404, 413, 415, 503, ok={201: ("The report, judged.", REPORT)}),
)
def report_health(body: ReportBody, cases: Cases, access: ReportsUse) -> Response:
    """Report what was measured. The answer says what of it is bad, and what could not be told.

    A critical alert within 15 minutes of a release rolls it back, unless the environment has that switched off.
    """
    environment = cases.default_environment if body.environment is None else body.environment
    access.to(environment)
    received_us = cases.store.now_us()
    at = received_us if body.at is None else at_us(body.at, received_us=received_us)
    content = cases.check_health.report(Measured(environment, body.metrics, body.config_version, at))
    return json_response(content, cases=cases, position=cases.progress.visible, status=201)


@router.get(
    "/health-reports",
    operation_id="list_health_reports",
    responses=responses(400, 404, 503, ok={200: ("A page, the newest first.", {"items": [REPORT], "next": None})}),
)
def list_health_reports(
    request: Request,
    cases: Cases,
    access: ReadsReports,
    environment: Environment = None,
    healthy: Annotated[bool | None, Query(description="Only those that are, or only those that are not.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """The reports of an environment, as they were judged when they came in; `limit=1` is the latest."""
    place = cases.default_environment if environment is None else environment
    access.to(place)
    cases.catalogs.current().require_environment(place)
    page = cases.check_health.reports.page(place, is_healthy=healthy, after=place_of(cursor), limit=limit)
    return page_response([orjson.loads(one.body) for one in page.items], page.next, request=request, cases=cases)


@router.get(
    "/environments/{name}/health",
    operation_id="read_health",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("What is checked, and what is wrong.", SETTINGS)}),
)
def read_health(name: str, cases: Cases, access: ReadsDefinitions) -> Response:
    """The bounds that hold in an environment, and the alerts that stand there."""
    access.to(name)
    health = cases.check_health.judge.health(name)
    headers = {"ETag": f'"{health.version}"'}
    return json_response(
        health_data(cases, name, health), cases=cases, position=cases.progress.visible, headers=headers
    )


@router.put(
    "/environments/{name}/health",
    operation_id="revise_health",
    responses=responses(*COMMAND_FAULTS, ok={200: ("What is checked from now on.", SETTINGS)}),
)
def revise_health(
    name: str,
    body: HealthBody,
    cases: Cases,
    access: Governs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Hold metrics to other bounds, or switch automatic rollback off and on."""
    access.to(name)
    given = body.model_dump(include=body.model_fields_set)
    outcome = cases.check_health.revise(
        name,
        bounds=given.get("bounds"),
        auto_rollback=given.get("auto_rollback"),
        command=asked.command(reason=body.reason),
        expected_version=expected,
        dry_run=dry_run,
    )
    return command_response(
        outcome, lambda _: health_data(cases, name, cases.check_health.judge.health(name)), cases=cases
    )


def health_data(cases: UseCases, name: str, health: Health) -> dict[str, Any]:
    bounds = cases.check_health.judge.bounds(name)
    return {
        "environment": name,
        "version": health.version,
        "auto_rollback": health.auto_rollback,
        "own_bounds": health.bounds,
        "bounds": {metric: one.to_data() for metric, one in bounds.items()},
        "alerts": [one.to_data() for one in health.alerts],
    }
