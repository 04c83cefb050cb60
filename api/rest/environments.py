"""Environments: the stages that configs live in, and what each demands of changes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access import Defines, Governs, ReadsDefinitions
from api.answers import command_response, gone_response, json_response, moment_headers
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, MomentAsked, StrictRoute, catalog_of, position_of
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, responses
from application.commands import DryRun, Outcome
from application.known_environments import KnownEnvironment
from application.use_cases import UseCases
from domain.configs.scope import GLOBAL
from domain.installation.environment import Demands
from domain.times import rfc3339

router = APIRouter(prefix="/api/environments", tags=["environments"], route_class=StrictRoute)

DEMANDS = {
    "promoted_from": "staging",
    "approvals": 0,
    "require_reason": True,
    "reason_pattern": "OPS-[0-9]+",
    "require_if_match": False,
    "require_lock": False,
    "order": 3,
}
ENVIRONMENT = {
    "name": "production",
    **DEMANDS,
    "frozen": None,
    "version": 2,
    "created_at": "2026-11-20T10:00:00.000001Z",
    "created_by": "varve",
    "position": 1042,
}
FROZEN = {"since": "2026-12-23T18:00:00.000001Z", "by": "u-1", "reason": "the holidays"}


class DemandsBody(Body):
    """What is left out stays as it is."""

    promoted_from: str | None = Field(None, description="The environment whose settings come here next.")
    approvals: int = Field(0, description="By how many others a change must be approved.")
    require_reason: bool = False
    reason_pattern: str | None = Field(None, description="A regular expression that is found in every reason.")
    require_if_match: bool = Field(False, description="A change must name the version that it is about.")
    require_lock: bool = False
    order: int = Field(0, ge=0, le=1000, description="Listings go by it.")
    reason: Reason = None

    def demands(self) -> dict[str, Any]:
        return self.model_dump(include=self.model_fields_set & set(Demands.__slots__))


class EnvironmentBody(DemandsBody):
    name: str


class ReasonBody(Body):
    reason: Reason = None


@router.get(
    "",
    operation_id="list_environments",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The environments.", {"items": [ENVIRONMENT], "next": None})}),
)
def list_environments(cases: Cases, access: ReadsDefinitions, asked: MomentAsked) -> Response:
    """The environments that configs live in, now or as of a moment, in their order."""
    access.to_installation()
    moment = asked.found(cases)
    known = [one for one in catalog_of(cases, moment).environments.values() if access.sees_environment(one.name)]
    items = [environment_data(one) for one in sorted(known, key=lambda one: (one.demands.order, one.created_us))]
    content, headers = {"items": items, "next": None}, moment_headers(moment)
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=headers)


@router.post(
    "",
    operation_id="add_environment",
    status_code=201,
    responses=responses(
        *COMMAND_FAULTS, ok={201: ("It is there.", ENVIRONMENT), 200: ("What would be recorded.", DRY_RUN)}
    ),
)
def add_environment(
    body: EnvironmentBody, cases: Cases, access: Defines, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Add an environment; one that is there already stays as it is, and one that was retired comes back."""
    access.to_installation()
    command = asked.command(reason=body.reason)
    outcome = cases.govern_environments.add(body.name, body.demands(), command=command, dry_run=dry_run)
    return environment_response(cases, body.name, outcome, status=201)


@router.get(
    "/{name}",
    operation_id="read_environment",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The environment.", ENVIRONMENT)}),
)
def read_environment(name: str, cases: Cases, access: ReadsDefinitions, asked: MomentAsked) -> Response:
    """What an environment demands of changes, and whether it is frozen; now or as of a moment."""
    access.to(name, GLOBAL)
    moment = asked.found(cases)
    known = catalog_of(cases, moment).environment(name)
    headers = {"ETag": f'"{known.version}"', **moment_headers(moment)}
    return json_response(environment_data(known), cases=cases, position=position_of(cases, moment), headers=headers)


@router.put(
    "/{name}",
    operation_id="revise_environment",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The environment.", ENVIRONMENT)}),
)
def revise_environment(
    name: str,
    body: DemandsBody,
    cases: Cases,
    access: Governs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Change what it demands; every change in it is held to that from then on."""
    access.to(name)
    outcome = cases.govern_environments.revise(
        name,
        body.demands(),
        command=asked.command(reason=body.reason),
        expected_version=expected,
        dry_run=dry_run,
    )
    return environment_response(cases, name, outcome)


@router.delete(
    "/{name}",
    operation_id="retire_environment",
    status_code=204,
    responses=responses(*COMMAND_FAULTS, ok={200: ("What would be recorded.", DRY_RUN)}, empty={204: "It is retired."}),
)
def retire_environment(
    name: str,
    cases: Cases,
    access: Defines,
    asked: Asked,
    expected: ExpectedVersion,
    reason: Annotated[str | None, Query(max_length=2000)] = None,
    dry_run: DryRunFlag = False,
) -> Response:
    """Retire it: nothing in it is served or changed any more. Its past is still told, and adding it brings it back."""
    access.to_installation()
    outcome = cases.govern_environments.retire(
        name, command=asked.command(reason=reason), expected_version=expected, dry_run=dry_run
    )
    return gone_response(outcome, cases=cases)


@router.post(
    "/{name}/freeze",
    operation_id="freeze_environment",
    responses=responses(*COMMAND_FAULTS, ok={200: ("It is frozen.", {**ENVIRONMENT, "frozen": FROZEN})}),
)
def freeze_environment(
    name: str, body: ReasonBody, cases: Cases, access: Governs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Stop all changes in it, also those of admins. A frozen one stays so."""
    access.to(name)
    outcome = cases.govern_environments.freeze(name, command=asked.command(reason=body.reason), dry_run=dry_run)
    return environment_response(cases, name, outcome)


@router.post(
    "/{name}/thaw",
    operation_id="thaw_environment",
    responses=responses(*COMMAND_FAULTS, ok={200: ("It is not frozen.", ENVIRONMENT)}),
)
def thaw_environment(
    name: str, body: ReasonBody, cases: Cases, access: Governs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Let changes through again."""
    access.to(name)
    outcome = cases.govern_environments.thaw(name, command=asked.command(reason=body.reason), dry_run=dry_run)
    return environment_response(cases, name, outcome)


def environment_response(cases: UseCases, name: str, outcome: Outcome | DryRun, *, status: int = 200) -> Response:
    """The environment as the commit left it; its name alone while the views do not show that yet."""

    def content(outcome: Outcome) -> dict[str, Any]:
        if not outcome.visible:
            return {"name": name}
        return environment_data(cases.catalogs.as_of(outcome.position).environment(name))

    return command_response(outcome, content, cases=cases, status=status)


def environment_data(known: KnownEnvironment) -> dict[str, Any]:
    """An environment as it is served."""
    freeze = known.freeze
    return {
        "name": known.name,
        **known.demands.to_data(),
        "frozen": freeze and {"since": rfc3339(freeze.since_us), "by": freeze.by, "reason": freeze.reason},
        "version": known.version,
        "created_at": rfc3339(known.created_us),
        "created_by": known.created_by,
        "position": known.position,
    }
