"""What the whole installation agrees on: the ladder, and what its environment variables say."""

from __future__ import annotations

import os
from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from api.access import ChangesConfigs, Defines, ReadsDefinitions
from api.answers import command_response, json_response, moment_headers
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, MomentAsked, StrictRoute, catalog_of, position_of
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, CONFIG_ID, responses
from application.commands import DryRun
from application.read_environment import Synced
from domain.configs.scope import PROCESS

router = APIRouter(prefix="/api", route_class=StrictRoute)

LADDER = {"kinds": ["global", "user", "collection"]}
SYNC = {
    "values": {"llm": {"temperature": 0.7}},
    "problems": [{"variable": "TOP_K", "message": "TOP_K is not a whole number"}],
    "hidden": [
        {
            "config_type": "llm",
            "pointer": "/temperature",
            "value": 0.7,
            "hidden_by": "global",
            "config_id": CONFIG_ID,
            "hidden_value": 0.2,
        }
    ],
    "materialized": [],
    "not_materialized": [],
    "notes": [],
    "position": 1042,
}


class LadderBody(Body):
    kinds: list[str] = Field(max_length=32, description="Weakest first.")
    reason: Reason = None


@router.get(
    "/ladder",
    tags=["installation"],
    operation_id="read_ladder",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The order of the scope kinds, weakest first.", LADDER)}),
)
def read_ladder(cases: Cases, access: ReadsDefinitions, asked: MomentAsked) -> Response:
    """The order of the scope kinds, now or as of a moment."""
    access.to_installation()
    moment = asked.found(cases)
    catalog = catalog_of(cases, moment)
    headers = {"ETag": f'"{catalog.ladder_version}"', **moment_headers(moment)}
    content = {"kinds": catalog.ladder.kinds}
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=headers)


@router.put(
    "/ladder",
    tags=["installation"],
    operation_id="change_ladder",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The new order.", LADDER)}),
)
def change_ladder(
    body: LadderBody,
    cases: Cases,
    access: Defines,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Add kinds of scope, or order them anew. A kind in use cannot be dropped."""
    access.to_installation()
    command = asked.command(reason=body.reason)
    outcome = cases.change_ladder.change(body.kinds, command=command, expected_version=expected, dry_run=dry_run)
    return command_response(outcome, lambda _: {"kinds": body.kinds}, cases=cases)


class SyncBody(Body):
    environment: str | None = None
    materialize: bool = Field(
        False, description="Also copy the values into a global default of each type that has none."
    )
    reason: Reason = None


@router.post(
    "/runtime-configs/sync-defaults",
    tags=["installation"],
    operation_id="sync_defaults",
    responses=responses(*COMMAND_FAULTS, ok={200: ("What the environment variables say now.", SYNC)}),
)
def sync_defaults(
    body: SyncBody, cases: Cases, access: ChangesConfigs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Read the server's environment variables again, and record what they say; tell what a higher layer hides."""
    access.to(body.environment, PROCESS)
    synced = cases.read_environment.sync(
        os.environ,
        environment=cases.default_environment if body.environment is None else body.environment,
        command=asked.command(reason=body.reason),
        materialize=body.materialize,
        dry_run=dry_run,
    )
    return command_response(synced.outcome, lambda _: synced_data(synced), cases=cases)


def synced_data(synced: Synced) -> dict[str, Any]:
    """What a sync did, as it is served."""
    hidden = [
        {
            "config_type": one.config_type,
            "pointer": one.pointer,
            "value": one.value,
            "hidden_by": one.hidden_by,
            "config_id": one.config_id,
            "hidden_value": one.hidden_value,
        }
        for one in synced.hidden
    ]
    notes = ["a copy hides later changes of its environment variables"] if synced.materialized else []
    return {
        "values": synced.values,
        "problems": [{"variable": name, "message": message} for name, message in synced.problems],
        "hidden": hidden,
        "materialized": synced.materialized,
        "not_materialized": [{"config_type": name, "message": message} for name, message in synced.not_materialized],
        "notes": notes,
        "position": None if isinstance(synced.outcome, DryRun) else synced.outcome.position,
    }
