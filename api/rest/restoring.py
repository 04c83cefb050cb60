"""Bring the past back: a whole environment to a moment, and the opposite of one event."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api.access import ChangesConfigs
from api.answers import command_response, json_response
from api.conditions import ExpectedPosition, ExpectedVersion
from api.deps import Asked, Cases, DryRunFlag, StrictRoute, require_position
from api.rest.bodies import Body, Reason
from api.rest.compare import CHANGE, change_data
from api.rest.configs import config_response
from api.rest.examples import COMMAND_FAULTS, CONFIG, CONFIG_ID, responses
from application.commands import DryRun
from application.moments import Moment
from application.restore import Restored, selected
from application.use_cases import UseCases
from domain.configs.scope import Scope
from domain.errors import InvalidRequest

router = APIRouter(prefix="/api", tags=["time"], route_class=StrictRoute)

ROLLED_BACK = {
    "configs": [
        {
            "id": CONFIG_ID,
            "environment": "production",
            "scope": "collection:c-9",
            "config_type": "chunking",
            "name": "contracts",
            "operation": "UPDATE",
            "changes": [{**CHANGE, "pointer": "/config_data/max_chunk_size"}],
        }
    ],
    "to_position": 1042,
    "dry_run": False,
}


class RollbacksBody(Body):
    """Which part of an environment, and the moment: as_of or position."""

    environment: str | None = None
    scopes: list[str] | None = Field(None, max_length=1000, description="global or kind:id; all where it is absent.")
    types: list[str] | None = Field(None, max_length=500, description="All where it is absent.")
    as_of: str | None = Field(None, max_length=100)
    position: int | None = Field(None, ge=0, lt=2**63)
    reason: Reason = None

    def moment(self, cases: UseCases) -> Moment:
        moment = cases.moments.at(as_of=self.as_of, position=self.position)
        if moment is None:
            raise InvalidRequest.at("", "name the moment to go back to: as_of or position", "one_moment")
        require_position(cases, moment.position)
        return moment


class UndoBody(Body):
    force: list[str] = Field([], max_length=1000, description="Pointers of fields to undo although they changed since.")
    reason: Reason = None


@router.post(
    "/rollbacks",
    operation_id="rollback_environment",
    responses=responses(*COMMAND_FAULTS, ok={200: ("What became of each config.", ROLLED_BACK)}),
)
def rollback_environment(
    body: RollbacksBody,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedPosition,
    dry_run: DryRunFlag = False,
) -> Response:
    """Take an environment, or some scopes or types of it, back to a moment: one commit, all or nothing.

    `dry_run` lists each config and field. If-Match takes a position: refused where a config here changed beyond it.
    """
    command, moment = asked.command(reason=body.reason), body.moment(cases)
    scopes = None if body.scopes is None else [Scope.parse(text, at="/scopes") for text in body.scopes]
    access.to(body.environment, *(scopes or ()))
    environment = cases.default_environment if body.environment is None else body.environment
    selection = selected(environment, scopes, body.types, known=cases.catalogs.current().types)
    done = cases.restore.rollback(
        selection, moment=moment, command=command, expected_position=expected, dry_run=dry_run
    )
    content = {
        "configs": [restored_data(one) for one in done.configs],
        "to_position": moment.position,
        "dry_run": dry_run,
    }
    if isinstance(done.outcome, DryRun):
        return json_response(content, cases=cases, position=cases.progress.visible)
    return command_response(done.outcome, lambda _: content, cases=cases)


@router.post(
    "/events/{position}/undo",
    operation_id="undo_event",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The config as it is now.", CONFIG)}),
)
def undo_event(
    position: Annotated[int, Path(ge=1, lt=2**63)],
    body: UndoBody,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Do the opposite of one old event over what is there today.

    Fields that have changed since are conflicts (409), each by its pointer, unless `force` names them.
    """
    for event in cases.store.events(first=position, last=position):
        access.to_event(event)
    config_id: UUID = cases.undo.event(position).stream
    access.to_config(config_id)
    outcome = cases.undo.undo(
        position,
        command=asked.command(reason=body.reason),
        force=frozenset(body.force),
        expected_version=expected,
        dry_run=dry_run,
    )
    return config_response(cases, config_id, outcome)


def restored_data(one: Restored) -> dict[str, Any]:
    config = one.config
    return {
        "id": str(config.id),
        **config.place,
        "config_type": config.config_type,
        "name": config.name,
        "operation": one.operation,
        "changes": [change_data(change) for change in one.changes],
    }
