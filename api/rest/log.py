"""The log itself, and the views that are made of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.access import Operates, ReadsDefinitions, ReadsLog
from api.answers import json_response
from api.deps import AtPosition, Cases, StrictRoute
from api.json_text import json_text
from api.rest.examples import CONFIG_ID, responses
from application.inspect_log import Wanted
from application.moments import TAG, parsed_us
from application.use_cases import UseCases
from domain.configs.scope import Scope
from domain.errors import InvalidRequest, NotFound

router = APIRouter(prefix="/api", route_class=StrictRoute)

EVENT = {
    "position": 1077,
    "commit": {"first": 1077, "last": 1078, "recorded_at": "2026-11-20T10:00:00.000001Z"},
    "type": "config.updated",
    "stream_id": CONFIG_ID,
    "stream_version": 2,
    "environment": None,
    "scope": None,
    "actor": "u-2",
    "reason": "worse recall",
    "command_id": "6f1c…",
    "correlation_id": None,
    "caller_time": None,
    "data": {"name": "contracts", "data": {"chunk_overlap": 100}},
}
VIEW = {"name": "configs", "generation": 1, "position": 1042, "head": 1042, "behind": 0, "behind_seconds": 0.0}
STATUS = {"items": [VIEW], "next": None, "building": {"events": 40_000, "of": 200_000, "seconds": 0.9}}
REBUILT = {"generation": 2, "events": 1042, "position": 1042, "seconds": 0.4, "digest": "9f86d0…"}
COMPARED = {"equal": True, "position": 1042, "digest": "9f86d0…", "difference": None}

PAGE_OF_EVENTS = responses(
    400, 404, 503, ok={200: ("A page of the log, oldest first.", {"items": [EVENT], "next": "1077"})}
)
PAGE_OF_EVENTS[200]["content"]["application/x-ndjson"] = {"example": json_text(EVENT).decode() + "\n"}

FROM = "A time: only what was recorded then or later. Or tag:NAME: only what came after it."
TO = "A time, or tag:NAME: only what was recorded then or earlier."


@router.get(
    "/events",
    tags=["log"],
    operation_id="list_events",
    dependencies=[AtPosition],
    responses=PAGE_OF_EVENTS,
)
def list_events(
    request: Request,
    cases: Cases,
    access: ReadsLog,
    after: Annotated[int, Query(ge=0, lt=2**63, description="A position: events beyond it are told.")] = 0,
    before: Annotated[int | None, Query(ge=1, lt=2**63, description="A position: events below it are told.")] = None,
    order: Annotated[Literal["oldest", "newest"], Query(description="Which come first.")] = "oldest",
    types: Annotated[list[str], Query(max_length=50, description="Only events of these types; may repeat.")] = [],
    actor: Annotated[str | None, Query(max_length=255, description="Only what this actor did.")] = None,
    subject: Annotated[
        str | None, Query(max_length=300, description="Only about a stream (its id), or a scope (global, kind:id).")
    ] = None,
    environment: Annotated[str | None, Query(max_length=63, description="Only what belongs to this one.")] = None,
    from_: Annotated[str | None, Query(alias="from", max_length=100, description=FROM)] = None,
    to: Annotated[str | None, Query(max_length=100, description=TO)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    format: Annotated[  # noqa: A002 -- the parameter's name on the wire
        Literal["json", "ndjson"], Query(description="ndjson: all that follows, a line each, with no limit.")
    ] = "json",
) -> Response:
    """The log, event by event, in the order of positions, or the newest first.

    `next` is the `after` of the page that follows, or its `before`.
    """
    access.to_installation()
    sees = None if access.sees_every_event else access.sees_event
    wanted = Wanted(frozenset(types), actor, subject_of(subject), environment, sees)
    if from_ is not None:
        after = max(after, position_of_bound(cases, from_, "/from"))
    ends = [] if to is None else [position_of_bound(cases, to, "/to")]
    ends += [] if before is None else [before - 1]
    look = cases.inspect_log.events if order == "oldest" else cases.inspect_log.newest
    look = partial(look, wanted, after=after, upto=min(ends, default=None))
    if format == "ndjson":
        lines = (json_text(one.told()) + b"\n" for one in look())
        return StreamingResponse(lines, media_type="application/x-ndjson")
    found = list(look(limit=limit))
    following = str(found[-1].event.position) if len(found) == limit else None
    headers = {}
    if following:
        url = request.url.include_query_params(**{"after" if order == "oldest" else "before": following})
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    content = {"items": [one.told() for one in found], "next": following}
    newest = max((one.commit.last for one in found), default=0)  # the log may be ahead of the views
    return json_response(content, cases=cases, position=max(newest, cases.progress.visible), headers=headers)


def position_of_bound(cases: UseCases, text: str, at: str) -> int:
    """The position before a `from`, or the last up to a `to`. Raises InvalidRequest, NotFound for an unknown tag."""
    if text.startswith(TAG):
        return cases.moments.named(text).position
    return cases.inspect_log.position_at(time_at(text, at) - (at == "/from"))


def time_at(text: str, at: str) -> int:
    """A time, in microseconds since the epoch. Raises InvalidRequest at the pointer."""
    try:
        return parsed_us(text)
    except InvalidRequest:
        message = f"{at[1:]} is a time with its offset, such as 2026-11-20T10:00:00Z, or tag:NAME"
        raise InvalidRequest.at(at, message, "time") from None


def subject_of(text: str | None) -> UUID | str | None:
    """A stream's id, or a scope."""
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        return str(Scope.parse(text, at="/subject"))


@router.get(
    "/projections",
    tags=["projections"],
    operation_id="projection_status",
    responses=responses(400, 503, ok={200: ("How far the views are.", STATUS)}),
)
def projection_status(cases: Cases, access: ReadsDefinitions) -> Response:
    """How far the views are behind the log, in positions and seconds; they all stand at one position.

    `building` says how many events a new generation has taken, while one is being built or compared.
    """
    access.to_installation()
    status = cases.rebuilder.status()
    told = {
        "generation": status.generation,
        "position": status.position,
        "head": status.head,
        "behind": status.head - status.position,
        "behind_seconds": status.behind_seconds,
    }
    content = {
        "items": [{"name": name, **told} for name in status.views],
        "next": None,
        "building": status.building._asdict() if status.building else None,
    }
    return json_response(content, cases=cases, position=status.position)


@router.post(
    "/projections/rebuild",
    tags=["projections"],
    operation_id="rebuild_projections",
    responses=responses(400, 409, 413, 415, 503, ok={200: ("The views were built anew and are served.", REBUILT)}),
)
def rebuild_projections(cases: Cases, access: Operates) -> Response:
    """Build every view anew from position 0, beside those that are served, and serve the new ones.

    Answers when it is done.
    """
    access.to_installation()
    rebuilt = cases.rebuilder.rebuild()
    return json_response(rebuilt._asdict(), cases=cases, position=rebuilt.position)


@router.post(
    "/projections/{name}/rebuild",
    tags=["projections"],
    operation_id="rebuild_projection",
    responses=responses(400, 404, 409, 413, 415, 503, ok={200: ("The views were built anew and are served.", REBUILT)}),
)
def rebuild_projection(name: str, cases: Cases, access: Operates) -> Response:
    """Build this view anew, and with it all others: they stand at one position, and are replaced together."""
    access.to_installation()
    views = cases.rebuilder.status().views
    if name not in views:
        raise NotFound(f"there is no view {name[:64]}: there are {', '.join(views)}")
    return rebuild_projections(cases, access)


@router.post(
    "/projections/verify",
    tags=["projections"],
    operation_id="verify_projections",
    responses=responses(400, 409, 413, 415, 503, ok={200: ("Whether the views equal a replay from zero.", COMPARED)}),
)
def verify_projections(cases: Cases, access: Operates) -> Response:
    """Compare every view with a replay from position 0; the first difference is named."""
    access.to_installation()
    compared = cases.rebuilder.verify()
    return json_response(compared._asdict(), cases=cases, position=compared.position)
