"""What happened to a config, and how it comes back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access import ChangesConfigs, ReadsLog
from api.answers import json_response
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute, require_position
from api.rest.bodies import Body, Reason
from api.rest.configs import config_response
from api.rest.examples import CHUNKING, COMMAND_FAULTS, CONFIG, responses
from api.rest.proposals import WAITING, DirectChange, environment_of, wish_to_restore
from application.inspect_history import Step
from application.use_cases import UseCases
from domain.errors import InvalidRequest, NotFound
from domain.times import rfc3339

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


class RollbackBody(Body):
    """Which version comes back: exactly one of these names it."""

    to_version: int | None = Field(None, ge=1, lt=2**31)
    as_of: str | None = Field(None, max_length=100)
    position: int | None = Field(None, ge=0, lt=2**63)
    reason: Reason = None

    def version(self, config_id: UUID, cases: UseCases) -> int:
        """Raises InvalidRequest where none or several are named, NotFound where there was nothing yet."""
        if sum(one is not None for one in (self.to_version, self.as_of, self.position)) != 1:
            raise InvalidRequest.at("", "name one: to_version, as_of, or position", "one_version")
        if self.to_version is not None:
            return self.to_version
        moment = cases.moments.at(as_of=self.as_of, position=self.position)
        assert moment is not None
        require_position(cases, moment.position)
        view = cases.views.config(config_id, position=moment.position)
        if view is None:
            raise NotFound(f"there was no config {config_id} at that moment")
        return view.version


@router.post(
    "/{config_id:uuid}/rollback",
    operation_id="rollback_config",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The config as it is now.", CONFIG), 202: WAITING}),
)
def rollback_config(
    config_id: UUID,
    body: RollbackBody,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Make an earlier version the newest one: data, name, mode and the rest. A deleted config comes back."""
    access.to_config(config_id)
    command = asked.command(reason=body.reason)
    version = body.version(config_id, cases)
    marks: dict[str, Any] = {"command": command, "expected_version": expected, "dry_run": dry_run}
    change = DirectChange(cases, command, environment_of(cases, config_id), dry_run)
    return change.answered(
        lambda: wish_to_restore(cases, config_id, version),
        lambda: cases.edit_configs.restore(config_id, version, **marks),
        lambda outcome: config_response(cases, config_id, outcome),
    )


@router.get(
    "/{config_id:uuid}/history",
    operation_id="config_history",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("Its events, newest first.", {"items": [STEP], "next": None})}),
)
def config_history(
    config_id: UUID,
    request: Request,
    cases: Cases,
    access: ReadsLog,
    cursor: Annotated[int | None, Query(ge=1, lt=2**31, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Every event of a config, newest first, with what it changed; also of a config that was deleted."""
    access.to_config(config_id)
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
