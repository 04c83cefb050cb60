"""What applications answered their requests with."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field

from api.access import ReadsReports, ReportsUse
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
from application.reports import Usage, UsageFilter, UsedConfig
from domain.times import rfc3339

router = APIRouter(prefix="/api/usage", tags=["reports"], route_class=StrictRoute)

USED = {"config_type": "llm", "config_id": CONFIG_ID, "version": 7, "layer": "global"}
RECORD: dict[str, Any] = {
    "request_id": "req-8a1f",
    "at": "2026-11-20T10:00:00.000001Z",
    "user_id": "u-1",
    "collection_id": "c-9",
    "position": 1042,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "configs": [USED],
    "experiment": None,
    "variant": None,
    "outcome": "ok",
}
TOLD = {**RECORD, "environment": "production", "received_at": "2026-11-20T10:00:01.000001Z"}
PAGE = {"items": [TOLD], "next": None}
Outcome = Literal["ok", "failed", "healed"]


class UsedConfigBody(Body):
    config_type: Id
    config_id: UUID | None = Field(None, strict=False)
    version: Version = None
    layer: Layer


class RecordBody(Body):
    """One request. Position, digest and configs are those of the effective answer behind it."""

    request_id: Id
    at: Time
    user_id: Id | None = None
    collection_id: Id | None = None
    position: Position
    digest: str = Field(max_length=128)
    configs: list[UsedConfigBody] = Field([], max_length=100)
    experiment: Id | None = None
    variant: Id | None = None
    outcome: Outcome = "ok"


class UsageBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"environment": "production", "records": [RECORD]}]})

    environment: str | None = None
    records: list[RecordBody] = Field(max_length=MOST)


@router.post(
    "",
    operation_id="report_usage",
    status_code=202,
    responses=responses(400, 404, 413, 415, 503, ok={202: ("How many were new.", TAKEN)}),
)
def report_usage(body: UsageBody, cases: Cases, access: ReportsUse) -> Response:
    """Report requests with the configs behind their answers, up to 1,000 at once; a request id counts once."""
    environment = cases.default_environment if body.environment is None else body.environment
    access.to_reports_about(environment, {(one.user_id, one.collection_id) for one in body.records})
    received_us = cases.store.now_us()
    records = [record_of(one, environment, received_us=received_us) for one in body.records]
    return taken_response(cases.take_reports.usage(environment, records), cases=cases)


@router.get(
    "",
    operation_id="list_usage",
    responses=responses(400, 404, 503, ok={200: ("A page of records, the newest first.", PAGE)}),
)
def list_usage(
    request: Request,
    cases: Cases,
    access: ReadsReports,
    environment: Environment = None,
    request_id: Annotated[str | None, Query(max_length=255)] = None,
    config_id: UUID | None = None,
    version: OfVersion = None,
    config_type: OfType = None,
    outcome: Outcome | None = None,
    user_id: Annotated[str | None, Query(max_length=255)] = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Which requests used what: by request, by version of a config, by outcome, by user, by time."""
    place = cases.default_environment if environment is None else environment
    access.to(place)
    cases.catalogs.current().require_environment(place)
    require_config(config_id, version)
    period = period_of(since, until)
    wanted = UsageFilter(place, request_id, config_id, version, config_type, outcome, user_id, period)
    page = cases.reports.usage(wanted, after=place_of(cursor), limit=limit)
    return page_response([record_data(one) for one in page.items], page.next, request=request, cases=cases)


def record_of(body: RecordBody, environment: str, *, received_us: int) -> Usage:
    return Usage(
        environment,
        body.request_id,
        body.user_id,
        body.collection_id,
        body.position,
        body.digest,
        tuple(UsedConfig(one.config_type, one.config_id, one.version, one.layer) for one in body.configs),
        body.experiment,
        body.variant,
        body.outcome,
        at_us(body.at, received_us=received_us),
        received_us,
    )


def record_data(one: Usage) -> dict[str, Any]:
    own = ("request_id", "user_id", "collection_id", "position", "digest", "experiment", "variant", "outcome")
    configs = (used._asdict() for used in one.configs)
    return {
        "at": rfc3339(one.at_us),
        "received_at": rfc3339(one.received_us),
        "environment": one.environment,
        **{name: getattr(one, name) for name in own},
        "configs": [{**used, "config_id": str(used["config_id"]) if used["config_id"] else None} for used in configs],
    }
