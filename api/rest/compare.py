"""How answers differ: two of them side by side, and who changed a field."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from api.access import ReadsLog
from api.answers import json_response
from api.deps import Cases, StrictRoute, require_position
from api.rest.bodies import Body
from api.rest.effective import GivenAttributes, context_of
from api.rest.examples import CONFIG_ID, responses
from application.assemble import Effective
from application.compare import Blamed
from application.moments import Moment
from application.ports import Commit, Recorded
from application.use_cases import UseCases
from domain.configs.diff import Change
from domain.configs.scope import Context
from domain.errors import InvalidRequest
from domain.pointers import MISSING, keys_of
from domain.times import rfc3339

router = APIRouter(prefix="/api", tags=["time"], route_class=StrictRoute)

CHANGE = {"op": "replace", "pointer": "/max_chunk_size", "before": 400, "after": 1500}
TURN = {
    "position": 1042,
    "at": "2026-11-20T10:00:00.000001Z",
    "actor": "u-1",
    "operation": "create_config",
    "reason": "clauses were cut in half",
    "events": [{"position": 1041, "type": "config.created", "stream_id": CONFIG_ID, "stream_version": 1}],
    "changes": {"chunking": [CHANGE]},
}
SIDE = {
    "environment": "production",
    "user_id": "u-1",
    "collection_ids": ["c-9"],
    "scopes": [],
    "attributes": {},
    "position": 1042,
    "as_of": None,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
DIFF = {"left": SIDE, "right": {**SIDE, "position": 1078}, "changes": {"chunking": [CHANGE]}, "events": TURN["events"]}
BLAME = [
    {
        "position": 12,
        "at": "2026-11-20T09:00:00.000001Z",
        "actor": "varve",
        "operation": "prepare",
        "after": 400,
        "source": {"layer": "default", "config_id": None, "version": None, "reason": None},
    },
    {
        "position": 1042,
        "at": "2026-11-20T10:00:00.000001Z",
        "actor": "u-1",
        "operation": "create_config",
        "before": 400,
        "after": 1500,
        "source": {
            "layer": "collection:c-9",
            "config_id": CONFIG_ID,
            "version": 1,
            "reason": "clauses were cut in half",
        },
    },
]


class WhoBody(Body):
    """A context."""

    environment: str | None = None
    user_id: str | None = None
    collection_id: str | None = None
    collection_ids: list[str] = Field([], max_length=50)
    scopes: list[str] = Field([], max_length=50, description="Further scopes as kind:id.")
    attributes: GivenAttributes = Field(default_factory=dict)

    def context(self, cases: UseCases) -> Context:
        collections = ([] if self.collection_id is None else [self.collection_id]) + self.collection_ids
        return context_of(cases, self.environment, self.user_id, collections, self.scopes, self.attributes)


class MomentBody(Body):
    """A moment; now where none is named."""

    as_of: str | None = Field(None, max_length=100)
    position: int | None = Field(None, ge=0, lt=2**63)

    def moment(self, cases: UseCases) -> Moment:
        asked = cases.moments.at(as_of=self.as_of, position=self.position)
        moment = asked or Moment(cases.progress.visible)
        require_position(cases, moment.position)
        return moment


class ContextBody(WhoBody, MomentBody):
    """A context, now or as of a moment."""


class DiffBody(Body):
    left: ContextBody
    right: ContextBody
    config_types: list[str] = Field([], max_length=500)


class BlameBody(Body):
    context: ContextBody
    config_type: str
    pointer: str = Field(max_length=1000, description="JSON pointer of one field, such as /max_chunk_size.")


@router.post(
    "/diff",
    operation_id="diff",
    responses=responses(400, 404, 413, 415, 503, ok={200: ("Two answers side by side.", DIFF)}),
)
def diff(body: DiffBody, cases: Cases, access: ReadsLog) -> Response:
    """Two effective configs by field: another time, another environment, another user; and the events between."""
    sides = []
    for one in (body.left, body.right):
        access.to_context(one.context(cases))
        moment = one.moment(cases)
        types = body.config_types or None
        sides.append(cases.resolve_config.effective(one.context(cases), types=types, moment=moment))
    found = cases.compare.difference(*sides)
    content = {
        "left": side_data(found.left),
        "right": side_data(found.right),
        "changes": changes_data(found.changes),
        "events": [event_data(event) for event in found.events],
    }
    return json_response(content, cases=cases, position=max(side.position for side in sides))


@router.post(
    "/blame",
    operation_id="blame",
    responses=responses(
        400, 404, 413, 415, 503, ok={200: ("Who changed it, oldest first.", {"items": BLAME, "next": None})}
    ),
)
def blame(body: BlameBody, cases: Cases, access: ReadsLog) -> Response:
    """For one field: every event that ever changed what this context got, its value or where it came from."""
    access.to_context(body.context.context(cases))
    if not body.pointer.startswith("/") or not all(keys_of(body.pointer)):
        raise InvalidRequest.at("/pointer", "pointer names one field, such as /max_chunk_size", "pointer")
    moment = body.context.moment(cases)
    found = cases.compare.blame(
        body.context.context(cases), config_type=body.config_type, pointer=body.pointer, upto=moment.position
    )
    content = {"items": [blame_data(one) for one in found], "next": None}
    return json_response(content, cases=cases, position=moment.position)


def moment_at(cases: UseCases, text: str | None, at: str) -> Moment | None:
    """The moment that a parameter names, faults told at it."""
    if text is None:
        return None
    try:
        moment = cases.moments.named(text)
    except InvalidRequest as refusal:
        message = refusal.detail.replace("as_of", at[1:], 1)
        raise InvalidRequest.at(at, message, refusal.faults[0].rule) from refusal
    if moment is not None:
        require_position(cases, moment.position)
    return moment


def commit_data(commit: Commit) -> dict[str, Any]:
    at = rfc3339(commit.recorded_us)
    return {"position": commit.last, "at": at, "actor": commit.principal, "operation": commit.operation}


def event_data(event: Recorded) -> dict[str, Any]:
    return {
        "position": event.position,
        "type": event.topic,
        "stream_id": str(event.stream),
        "stream_version": event.version,
    }


def changes_data(changes: dict[str, list[Change]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [change_data(one) for one in found] for name, found in changes.items()}


def change_data(change: Change) -> dict[str, Any]:
    """`before` and `after` are left out on the side that has no such field."""
    found: dict[str, Any] = {"op": "replace", "pointer": change.pointer}
    if change.old is MISSING:
        found["op"] = "add"
    else:
        found["before"] = change.old
    if change.new is MISSING:
        found["op"] = "remove"
    else:
        found["after"] = change.new
    return found


def context_data(context: Context) -> dict[str, Any]:
    """A context, as WhoBody takes it."""
    return {
        "environment": context.environment,
        "user_id": context.user_id,
        "collection_ids": context.collection_ids,
        "scopes": [str(scope) for scope in context.others],
        "attributes": dict(context.attributes),
    }


def side_data(answer: Effective) -> dict[str, Any]:
    return {
        **context_data(answer.context),
        "position": answer.position,
        "as_of": answer.moment.as_of if answer.moment else None,
        "digest": answer.digest,
    }


def blame_data(one: Blamed) -> dict[str, Any]:
    found = commit_data(one.commit)
    if one.before is not MISSING:
        found["before"] = one.before
    if one.after is not MISSING:
        found["after"] = one.after
    keys = ("layer", "config_id", "version", "reason")
    found["source"] = {key: one.source[key] for key in keys} if one.source else None  # type: ignore[literal-required]
    return found
