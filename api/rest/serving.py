"""Whether the settings of an environment are served, or applications are to use their own defaults."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import ConfigDict

from api.access import ReadsConfigs, SwitchesServing
from api.answers import command_response, json_response, moment_headers
from api.deps import Asked, AtPosition, Cases, DryRunFlag, MomentAsked, StrictRoute, catalog_of, position_of
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, responses
from domain.configs.scope import GLOBAL
from domain.installation.serving import KnownServing
from domain.times import rfc3339

router = APIRouter(prefix="/api/environments", tags=["installation"], route_class=StrictRoute)

ASKED: dict[str, Any] = {"serving": "defaults", "reason": "answers are wrong since 10:00: looking into it"}
SERVING: dict[str, Any] = {
    "environment": "production",
    **ASKED,
    "changed_at": "2026-11-20T10:05:00.000001Z",
    "changed_by": "u-1",
}


class ServingBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [ASKED]})

    serving: Literal["settings", "defaults"]
    reason: Reason = None


@router.get(
    "/{name}/serving",
    operation_id="read_serving",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("How the switch stands.", SERVING)}),
)
def read_serving(name: str, cases: Cases, access: ReadsConfigs, asked: MomentAsked) -> Response:
    """Whether settings are served in an environment, or defaults are used; now or as of a moment."""
    access.to(name, GLOBAL)
    moment = asked.found(cases)
    catalog = catalog_of(cases, moment)
    content = serving_data(catalog.serving(catalog.require_environment(name)))
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=moment_headers(moment))


@router.put(
    "/{name}/serving",
    operation_id="switch_serving",
    responses=responses(*COMMAND_FAULTS, ok={200: ("How the switch stands now.", SERVING)}),
)
def switch_serving(
    name: str, body: ServingBody, cases: Cases, access: SwitchesServing, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Have applications use their own defaults instead of the settings, or serve the settings again.

    Clients follow within a second. No setting is changed by it: answers hold them still, beside the mark.
    """
    access.to(name)
    command = asked.command(reason=body.reason)
    outcome = cases.switch_serving.to(body.serving, environment=name, command=command, dry_run=dry_run)
    return command_response(
        outcome, lambda done: serving_data(cases.catalogs.as_of(done.position).serving(name)), cases=cases
    )


def serving_data(known: KnownServing) -> dict[str, Any]:
    return {
        "environment": known.environment,
        "serving": known.serving,
        "reason": known.reason,
        "changed_at": None if known.changed_us is None else rfc3339(known.changed_us),
        "changed_by": known.changed_by,
    }
