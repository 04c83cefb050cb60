"""Calls of applications that failed with a config."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field

from api.access import ReadsReports, ReportsUse
from api.answers import json_response
from api.deps import Cases, StrictRoute
from api.rest.bodies import Body
from api.rest.examples import CONFIG_ID, responses
from api.rest.reports import (
    MOST,
    TAKEN,
    Cursor,
    Environment,
    Id,
    Layer,
    Limit,
    OfType,
    OfVersion,
    Position,
    Since,
    Time,
    Until,
    Version,
    at_us,
    page_response,
    period_of,
    place_of,
    require_config,
    taken_response,
)
from application.reports import FailingVersion, Failure, FailureFilter
from application.use_cases import UseCases
from domain.times import rfc3339

router = APIRouter(prefix="/api/failures", tags=["reports"], route_class=StrictRoute)

LONGEST_ERROR = 500
FAILURE: dict[str, Any] = {
    "id": "5e0f7b0c-6a2d-4b6e-9d57-7c1c3a4b5d6e",
    "at": "2026-11-20T10:00:00.000001Z",
    "config_type": "llm",
    "config_id": CONFIG_ID,
    "version": 7,
    "layer": "user:u-1",
    "user_id": "u-1",
    "collection_id": None,
    "position": 1042,
    "error": "NotFoundError: no such model",
    "healed_by": "global",
    "circuit": "closed",
    "counts": True,
}
TOLD = {
    **FAILURE,
    "environment": "production",
    "received_at": "2026-11-20T10:00:01.000001Z",
    "reported_by": "key:1f0c…",
}
PAGE = {"items": [TOLD], "next": None}
FAILING = {
    "config_type": "llm",
    "config_id": CONFIG_ID,
    "version": 7,
    "layer": "user:u-1",
    "failures": 31,
    "users": 1,
    "healed": 31,
    "first_at": "2026-11-20T10:00:00.000001Z",
    "last_at": "2026-11-20T10:04:00.000001Z",
    "last_error": "NotFoundError: no such model",
    "over_threshold": True,
    "quarantined_position": None,
}
SUMMARY = {"items": [FAILING], "next": None, "threshold": {"failures": 20, "seconds": 300}}


class FailureBody(Body):
    """One call that failed. What is not known of the config (its environment's layer has none) is null."""

    id: UUID = Field(strict=False, description="The report's own: one that is sent again is kept once.")
    at: Time
    config_type: Id
    config_id: UUID | None = Field(None, strict=False)
    version: Version = None
    layer: Layer
    user_id: Id | None = None
    collection_id: Id | None = None
    position: Position
    error: str = Field(description=f"The class and what it says; cut after {LONGEST_ERROR} characters.")
    healed_by: Layer | None = Field(None, description="The layer with which the call went well; null where none did.")
    circuit: Literal["closed", "open", "half-open"] = Field(
        "closed", description="Of the application, for this version: open where the call was not even tried with it."
    )
    counts: bool = Field(
        True, description="false: told, but no reason for an alert, as where every layer failed alike."
    )


class FailuresBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"environment": "production", "failures": [FAILURE]}]})

    environment: str | None = None
    failures: list[FailureBody] = Field(max_length=MOST)


@router.post(
    "",
    operation_id="report_failures",
    status_code=202,
    responses=responses(400, 404, 413, 415, 503, ok={202: ("How many were new.", TAKEN)}),
)
def report_failures(body: FailuresBody, cases: Cases, access: ReportsUse) -> Response:
    """Report calls that failed, up to 1,000 at once. Many of one version of a config raise an alert.

    Reports by callers who are bound to a user or a collection are kept, but raise none: one user could take a config
    from all.
    """
    environment = cases.default_environment if body.environment is None else body.environment
    access.to_reports_about(environment, {(one.user_id, one.collection_id) for one in body.failures})
    received_us = cases.store.now_us()
    failures = [
        Failure(
            one.id,
            environment,
            one.config_type,
            one.config_id,
            one.version,
            one.layer,
            one.user_id,
            one.collection_id,
            one.position,
            one.error[:LONGEST_ERROR],
            one.healed_by,
            one.circuit,
            at_us(one.at, received_us=received_us),
            received_us,
            access.principal.name,
            one.counts and not access.principal.is_bound,
        )
        for one in body.failures
    ]
    return taken_response(cases.take_reports.failures(environment, failures), cases=cases)


@router.get(
    "",
    operation_id="list_failures",
    responses=responses(400, 404, 503, ok={200: ("A page of reports, the newest first.", PAGE)}),
)
def list_failures(
    request: Request,
    cases: Cases,
    access: ReadsReports,
    environment: Environment = None,
    config_id: UUID | None = None,
    version: OfVersion = None,
    config_type: OfType = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Each call that failed, as it was reported."""
    place = cases.default_environment if environment is None else environment
    access.to(place)
    wanted = wanted_failures(cases, place, config_id, version, config_type, since, until)
    page = cases.reports.failures(wanted, after=place_of(cursor), limit=limit)
    return page_response([failure_data(one) for one in page.items], page.next, request=request, cases=cases)


@router.get(
    "/summary",
    operation_id="summarise_failures",
    responses=responses(400, 404, 503, ok={200: ("Failures by version, the most first.", SUMMARY)}),
)
def summarise_failures(
    cases: Cases,
    access: ReadsReports,
    environment: Environment = None,
    config_id: UUID | None = None,
    version: OfVersion = None,
    config_type: OfType = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Response:
    """Which versions of which configs fail: how often, for how many users, since when, and whether that is too much.

    Of the newest 50,000 reports, those that fit.
    """
    place = cases.default_environment if environment is None else environment
    access.to(place)
    wanted = wanted_failures(cases, place, config_id, version, config_type, since, until)
    threshold = cases.guards.failures.watching.threshold
    found = cases.reports.failing(wanted, threshold=threshold, now_us=cases.store.now_us(), limit=limit)
    content = {
        "items": [failing_data(cases, one) for one in found],
        "next": None,
        "threshold": {"failures": threshold.failures, "seconds": threshold.seconds},
    }
    return json_response(content, cases=cases, position=cases.progress.visible)


def wanted_failures(
    cases: UseCases,
    environment: str,
    config_id: UUID | None,
    version: int | None,
    config_type: str | None,
    since: str | None,
    until: str | None,
) -> FailureFilter:
    """Raises NotFound for an environment that is not there, InvalidRequest for a version of no config or a bad time."""
    cases.catalogs.current().require_environment(environment)
    require_config(config_id, version)
    return FailureFilter(environment, config_id, version, config_type, period_of(since, until))


def failure_data(one: Failure) -> dict[str, Any]:
    own = (
        "config_type",
        "version",
        "layer",
        "user_id",
        "collection_id",
        "position",
        "error",
        "healed_by",
        "circuit",
        "counts",
    )
    return {
        "id": str(one.id),
        "at": rfc3339(one.at_us),
        "received_at": rfc3339(one.received_us),
        "environment": one.environment,
        "config_id": str(one.config_id) if one.config_id else None,
        **{name: getattr(one, name) for name in own},
        "reported_by": one.reporter,
    }


def failing_data(cases: UseCases, one: FailingVersion) -> dict[str, Any]:
    quarantined = None
    if one.config_id is not None and one.version is not None:
        quarantined = cases.guards.quarantine.position_of(one.config_id, one.version)
    return {
        "config_type": one.config_type,
        "config_id": str(one.config_id) if one.config_id else None,
        "version": one.version,
        "layer": one.layer,
        "failures": one.failures,
        "users": one.users,
        "healed": one.healed,
        "first_at": rfc3339(one.first_us),
        "last_at": rfc3339(one.last_us),
        "last_error": one.last_error,
        "over_threshold": one.is_over,
        "quarantined_position": quarantined,
    }
