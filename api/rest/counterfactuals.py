"""What never happened."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Response
from pydantic import Field

from api.access import Access, ReadsLog
from api.answers import json_response
from api.deps import Cases, StrictRoute
from api.rest.bodies import CreateConfig
from api.rest.compare import SIDE, TURN, MomentBody, WhoBody, changes_data, context_data, event_data
from api.rest.examples import responses
from application.counterfactual import Imagined, WhatIf
from application.use_cases import UseCases
from domain.configs.scope import Context
from domain.errors import InvalidRequest

router = APIRouter(prefix="/api", tags=["time"], route_class=StrictRoute)

IMAGINED = {
    "items": [
        {
            "environment": "production",
            "user_id": "u-1",
            "collection_ids": ["c-9"],
            "scopes": [],
            "attributes": {},
            "digest": SIDE["digest"],
            "imagined_digest": SIDE["digest"],
            "changes": TURN["changes"],
        }
    ],
    "lost": TURN["events"],
    "position": 1078,
    "as_of": None,
}


class DraftBody(CreateConfig):
    """A config that is not there; it has no use for a name."""

    name: str = "draft"


class CounterfactualBody(MomentBody):
    """An event to leave out, or a config to put in force; as of a moment."""

    contexts: list[WhoBody] = Field(
        [], max_length=1000, description="Whose answers; where none is named, everybody's whose answer differs."
    )
    without: int | None = Field(None, ge=1, lt=2**63, description="The position of the event to leave out.")
    draft: DraftBody | None = None


@router.post(
    "/counterfactuals",
    operation_id="counterfactual",
    responses=responses(400, 404, 413, 415, 503, ok={200: ("Who would have got what.", IMAGINED)}),
)
def counterfactual(body: CounterfactualBody, cases: Cases, access: ReadsLog) -> Response:
    """Resolve contexts as of a moment with one event left out, or a draft put in. Reads only.

    `changes` lead from what was to what would have been; `lost` are later events that could not have happened.
    """
    moment = body.moment(cases)
    contexts = [one.context(cases) for one in body.contexts]
    _require_seen(access, body, contexts, cases)
    if body.without is not None and body.draft is None:
        found = cases.counterfactual.without(body.without, contexts, moment=moment)
    elif body.draft is not None and body.without is None:
        draft = body.draft.draft(environment=cases.default_environment)
        found = cases.counterfactual.with_draft(draft, contexts, moment=moment)
    else:
        raise InvalidRequest.at("", "say what to imagine: without an event, or with a draft", "one_of")
    content = {**imagined_data(found), "position": moment.position, "as_of": moment.as_of}
    return json_response(content, cases=cases, position=moment.position)


def _require_seen(access: Access, body: CounterfactualBody, contexts: list[Context], cases: UseCases) -> None:
    """Where no context is named, everybody's answers in the environment of the event, or of the draft, are told."""
    for context in contexts:
        access.to_context(context)
    position = body.without or 0
    for event in cases.store.events(first=position, last=position):
        access.to_event(event)
        environment = orjson.loads(event.state).get("environment")
        if not contexts and environment is not None:
            access.to(environment)
        elif not contexts:
            access.to_all()
    if not contexts and body.draft is not None:
        access.to(body.draft.environment)


def imagined_data(found: Imagined) -> dict[str, Any]:
    return {
        "items": [what_if_data(one) for one in found.answers],
        "lost": [event_data(event) for event in found.lost],
    }


def what_if_data(one: WhatIf) -> dict[str, Any]:
    return {
        **context_data(one.context),
        "digest": one.actual.digest,
        "imagined_digest": one.imagined.digest if one.imagined else None,
        "changes": changes_data(one.changes),
    }
