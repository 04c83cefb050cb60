"""What happened to a config."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.deps import AtPosition, Cases, StrictRoute, json_response
from api.rest.examples import CHUNKING, responses
from api.rest.shapes import rfc3339
from application.inspect_history import Step

router = APIRouter(prefix="/api/runtime-configs", tags=["time"], route_class=StrictRoute)

STEP = {
    "operation": "UPDATE",
    "version": 2,
    "position": 1078,
    "changed_at": "2026-11-20T10:00:00.000001Z",
    "changed_by": "u-2",
    "reason": "worse recall",
    "old_data": CHUNKING,
    "new_data": {**CHUNKING, "chunk_overlap": 100},
    "diff": [{"op": "replace", "path": "/chunk_overlap", "value": 100}],
    "changed": {},
    "restores": None,
    "command_id": "6f1c2d3e-0a1b-4c2d-8e3f-405162738495",
}


@router.get(
    "/{config_id}/history",
    operation_id="config_history",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("Its events, newest first.", {"items": [STEP], "next": None})}),
)
def config_history(
    config_id: UUID,
    request: Request,
    cases: Cases,
    cursor: Annotated[int | None, Query(ge=1, lt=2**31, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Every event of a config, newest first, with what it changed; also of a config that was deleted."""
    position = cases.progress.visible
    found = cases.inspect_history.of_config(config_id, before=cursor, limit=limit)
    headers = {}
    if found.next:
        url = request.url.include_query_params(cursor=found.next)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    following = str(found.next) if found.next else None
    content = {"items": [step_data(step) for step in found.steps], "next": following}
    return json_response(content, cases=cases, position=position, headers=headers)


def step_data(step: Step) -> dict[str, Any]:
    after = step.after
    return {
        "operation": after.operation,
        "version": after.version,
        "position": after.position,
        "changed_at": rfc3339(after.updated_us),
        "changed_by": after.updated_by,
        "reason": after.reason,
        "old_data": step.old_data,
        "new_data": step.new_data,
        "diff": step.diff,
        "changed": {name: list(sides) for name, sides in step.changed.items()},
        "restores": after.restores,
        "command_id": after.command_id,
    }
