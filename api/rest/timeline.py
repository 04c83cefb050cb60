"""Each moment at which what a context gets became another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from api.access import Access, ReadsLog
from api.answers import json_response
from api.deps import Cases, StrictRoute
from api.rest.compare import TURN, changes_data, commit_data, event_data, moment_at
from api.rest.effective import Collections, Environment, Scopes, Told, Types, context_of
from api.rest.examples import responses
from application.compare import Turn
from application.use_cases import UseCases
from domain.configs.attributes import parsed_attributes
from domain.configs.scope import Context
from domain.errors import InvalidRequest

router = APIRouter(prefix="/api/runtime-configs", tags=["time"], route_class=StrictRoute)

RESPONSES = responses(400, 404, 503, ok={200: ("What changed, oldest first.", {"items": [TURN], "next": None})})


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a timeline was asked for."""

    from_: Annotated[
        str | None, Query(alias="from", max_length=100, description="A moment; the first event if absent.")
    ] = None
    to: Annotated[str | None, Query(max_length=100, description="A moment; now if absent.")] = None
    cursor: Annotated[int | None, Query(ge=0, lt=2**63, description="`next` of the page before.")] = None
    limit: Annotated[int, Query(ge=1, le=500)] = 100

    def positions(self, cases: UseCases) -> tuple[int, int]:
        """Beyond the first, up to the second. Raises InvalidRequest."""
        start, end = moment_at(cases, self.from_, "/from"), moment_at(cases, self.to, "/to")
        upto = end.position if end else cases.progress.visible
        after = self.cursor if self.cursor is not None else (start.position if start else 0)
        if after > upto:
            raise InvalidRequest.at("/from", "from lies after to: exchange them", "order")
        return after, upto


@router.get("/timeline", operation_id="timeline_without_user", responses=RESPONSES)
def timeline_without_user(
    request: Request,
    cases: Cases,
    access: ReadsLog,
    part: Annotated[Part, Depends()],
    environment: Environment = None,
    collection_id: Collections = [],
    scope: Scopes = [],
    attribute: Told = [],
    config_types: Types = [],
) -> Response:
    """The timeline of a context in which no user is known."""
    context = context_of(cases, environment, None, collection_id, scope, parsed_attributes(attribute))
    return timeline_of(context, request, cases, access, types=config_types, part=part)


@router.get("/effective/{user_id:path}/timeline", operation_id="timeline", responses=RESPONSES)
def timeline(
    user_id: str,
    request: Request,
    cases: Cases,
    access: ReadsLog,
    part: Annotated[Part, Depends()],
    environment: Environment = None,
    collection_id: Collections = [],
    scope: Scopes = [],
    attribute: Told = [],
    config_types: Types = [],
) -> Response:
    """Each moment at which this context's effective config changed, what did it, and the difference."""
    context = context_of(cases, environment, user_id, collection_id, scope, parsed_attributes(attribute))
    return timeline_of(context, request, cases, access, types=config_types, part=part)


def timeline_of(
    context: Context, request: Request, cases: UseCases, access: Access, *, types: list[str], part: Part
) -> Response:
    access.to_context(context)
    after, upto = part.positions(cases)
    turns = cases.compare.timeline(context, after=after, upto=upto, types=types or None)
    items = [turn_data(turn) for turn in islice(turns, part.limit)]
    following, headers = None, {}
    if next(turns, None):
        following = str(items[-1]["position"])
        url = request.url.include_query_params(cursor=following)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return json_response({"items": items, "next": following}, cases=cases, position=upto, headers=headers)


def turn_data(turn: Turn) -> dict[str, Any]:
    """A commit, why it was made, and what it changed for the context."""
    events = [event_data(event) for event in turn.events]
    changes = changes_data(turn.changes)
    return {**commit_data(turn.commit), "reason": turn.reason, "events": events, "changes": changes}
