"""Assignments: which profile each user is given."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access import ChangesConfigs, ReadsConfigs
from api.answers import command_response, gone_response, json_response, moment_headers
from api.deps import Asked, AtPosition, Cases, DryRunFlag, MomentAsked, StrictRoute, catalog_of, position_of
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, responses
from application.assign_profiles import MOST_AT_ONCE
from application.assignments import AssignmentRow
from application.commands import Outcome
from domain.configs.scope import Scope
from domain.errors import NotFound
from domain.profiles.profile import profile_id
from domain.times import rfc3339

router = APIRouter(prefix="/api/assignments", tags=["profiles"], route_class=StrictRoute)

ASSIGNMENT = {
    "environment": "production",
    "user_id": "u-1",
    "profile_id": "5f0c8a44-b7be-5a7f-9f6d-0d6f0f3a9b1c",
    "profile": "experimental_v1",
    "assigned_at": "2026-11-20T10:00:00.000001Z",
    "assigned_by": "anonymous",
    "reason": "asks long questions",
    "position": 1043,
}
ASSIGNED = {"environment": "production", "profile_id": ASSIGNMENT["profile_id"], "profile": "experimental_v1"}
ASSIGNED_ALL = {**ASSIGNED, "users": 2, "changed": 2}
Environment = Annotated[str | None, Query(description="The default environment where it is not named.")]


class Assign(Body):
    profile_id: UUID = Field(strict=False)
    reason: Reason = None


class AssignAll(Assign):
    users: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE)


@router.put(
    "/{user_id:path}",
    operation_id="assign_profile",
    responses=responses(*COMMAND_FAULTS, ok={200: ("What the user is given now.", ASSIGNMENT)}),
)
def assign_profile(
    user_id: str, body: Assign, cases: Cases, access: ChangesConfigs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Give a user a profile, instead of the one before: the next read has it. The profile tells the environment."""
    known = cases.catalogs.current().profiles.get(body.profile_id.hex)
    access.to(known.environment if known else None, Scope.checked("user", user_id, at="/user_id"))
    known = cases.catalogs.current().profile(body.profile_id.hex)
    command = asked.command(reason=body.reason)
    outcome = cases.assign_profiles.assign(known, [user_id], command=command, dry_run=dry_run)

    def content(outcome: Outcome) -> dict[str, Any]:
        row = cases.assignments.of(known.environment, user_id, position=outcome.position)
        assert row is not None, "it was assigned at this position, or before"
        return assignment_data(row)

    return command_response(outcome, content, cases=cases)


@router.post(
    "",
    operation_id="assign_profile_to_all",
    responses=responses(*COMMAND_FAULTS, ok={200: ("To how many it is new.", ASSIGNED_ALL)}),
)
def assign_profile_to_all(
    body: AssignAll, cases: Cases, access: ChangesConfigs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Give up to 10,000 users a profile, in one commit."""
    known = cases.catalogs.current().profiles.get(body.profile_id.hex)
    environment = known.environment if known else None
    access.to(environment, *[Scope.checked("user", one, at=f"/users/{n}") for n, one in enumerate(body.users)])
    known = cases.catalogs.current().profile(body.profile_id.hex)
    command = asked.command(reason=body.reason)
    outcome = cases.assign_profiles.assign(known, body.users, command=command, dry_run=dry_run)
    content = {
        "environment": known.environment,
        "profile_id": str(body.profile_id),
        "profile": known.name,
        "users": len(set(body.users)),
    }
    return command_response(
        outcome, lambda done: {**content, "changed": done.commit.last - done.commit.first + 1}, cases=cases
    )


@router.delete(
    "/{user_id:path}",
    operation_id="unassign_profile",
    status_code=204,
    responses=responses(*COMMAND_FAULTS, empty={204: "The user is given no profile."}),
)
def unassign_profile(
    user_id: str,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    environment: Environment = None,
    dry_run: DryRunFlag = False,
    reason: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Take a user's profile away; one who has none stays so."""
    place = cases.default_environment if environment is None else environment
    access.to(place, Scope.checked("user", user_id, at="/user_id"))
    outcome = cases.assign_profiles.unassign(place, user_id, command=asked.command(reason=reason), dry_run=dry_run)
    return gone_response(outcome, cases=cases)


@router.get(
    "",
    operation_id="list_assignments",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("A page.", {"items": [ASSIGNMENT], "next": None})}),
)
def list_assignments(
    request: Request,
    cases: Cases,
    access: ReadsConfigs,
    asked: MomentAsked,
    environment: Environment = None,
    profile_id: UUID | None = None,
    cursor: Annotated[str | None, Query(max_length=255, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Who is given a profile, by user id; now or as of a moment."""
    access.to(environment)
    moment = asked.found(cases)
    place = cases.default_environment if environment is None else environment
    catalog = catalog_of(cases, moment)
    catalog.require_environment(place)
    profile = None if profile_id is None else catalog.profile(profile_id.hex).name
    position = None if moment is None else moment.position
    rows = cases.assignments.given(place, profile=profile, after=cursor, limit=limit + 1, position=position)
    following = rows[limit - 1].user_id if len(rows) > limit else None
    headers = moment_headers(moment)
    if following:
        url = request.url.include_query_params(cursor=following)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    content = {"items": [assignment_data(row) for row in rows[:limit]], "next": following}
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=headers)


@router.get(
    "/{user_id:path}",
    operation_id="read_assignment",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("What the user is given.", ASSIGNMENT)}),
)
def read_assignment(
    user_id: str, cases: Cases, access: ReadsConfigs, asked: MomentAsked, environment: Environment = None
) -> Response:
    """The profile of one user, now or as of a moment."""
    place = cases.default_environment if environment is None else environment
    access.to(place, Scope.checked("user", user_id, at="/user_id"))
    moment = asked.found(cases)
    catalog_of(cases, moment).require_environment(place)
    row = cases.assignments.of(place, user_id, position=None if moment is None else moment.position)
    if row is None or row.profile is None:
        raise NotFound(f"user:{user_id} is given no profile in {place}: PUT /api/assignments/{{user}} gives one")
    return json_response(
        assignment_data(row), cases=cases, position=position_of(cases, moment), headers=moment_headers(moment)
    )


def assignment_data(row: AssignmentRow) -> dict[str, Any]:
    profile = row.profile or ""
    return {
        "environment": row.environment,
        "user_id": row.user_id,
        "profile_id": str(profile_id(row.environment, profile)),
        "profile": profile,
        "assigned_at": rfc3339(row.recorded_us),
        "assigned_by": row.actor,
        "reason": row.reason,
        "position": row.valid_from,
    }
