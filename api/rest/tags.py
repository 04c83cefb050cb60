"""Names for positions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from api.access import NamesPositions, ReadsDefinitions
from api.answers import command_response, json_response
from api.deps import Asked, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, responses

router = APIRouter(prefix="/api/tags", tags=["time"], route_class=StrictRoute)

TAG = {"name": "before-the-migration", "position": 1042}


class TagBody(Body):
    position: int | None = Field(None, ge=0, lt=2**63, description="Now if absent.")
    reason: Reason = None


@router.get(
    "",
    operation_id="list_tags",
    responses=responses(400, 503, ok={200: ("All of them.", {"items": [TAG], "next": None})}),
)
def list_tags(cases: Cases, access: ReadsDefinitions) -> Response:
    """Every tag and its position. A tag is a moment too: `as_of=tag:NAME`."""
    access.to_installation()
    items = [tag_data(name, position) for name, position in cases.name_positions.all().items()]
    return json_response({"items": items, "next": None}, cases=cases, position=cases.progress.visible)


@router.put("/{name}", operation_id="name_position", responses=responses(*COMMAND_FAULTS, ok={200: ("The tag.", TAG)}))
def name_position(
    name: str, body: TagBody, cases: Cases, access: NamesPositions, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Give a position a name, or the name another position; the log keeps both.

    A position inside a commit is rounded down to the end of the commit before.
    """
    access.to_installation()
    outcome = cases.name_positions.name(name, body.position, command=asked.command(reason=body.reason), dry_run=dry_run)
    return command_response(
        outcome, lambda done: tag_data(name, cases.name_positions.named_by(name, done)), cases=cases
    )


def tag_data(name: str, position: int) -> dict[str, Any]:
    return {"name": name, "position": position}
