"""Profiles: named sets of settings."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.access import Access, ChangesConfigs, ReadsConfigs
from api.answers import command_response, gone_response, json_response, moment_headers
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, MomentAsked, StrictRoute, catalog_of, position_of
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, leads_to, responses
from application.assign_profiles import NewProfile
from application.commands import DryRun, Outcome
from application.moments import Moment
from application.use_cases import UseCases
from application.views import ConfigFilter
from domain.configs.scope import GLOBAL
from domain.documents import Document
from domain.profiles.profile import KnownProfile, profile_id, profile_scope
from domain.times import rfc3339

router = APIRouter(prefix="/api/profiles", tags=["profiles"], route_class=StrictRoute)

MOST_TYPES = 500
NEW: dict[str, Any] = {
    "environment": "production",
    "name": "experimental_v1",
    "description": "more results, a warmer model",
    "settings": {"retrieval": {"number_of_results": 25}, "llm": {"temperature": 0.2}},
}
PROFILE = {
    "id": "5f0c8a44-b7be-5a7f-9f6d-0d6f0f3a9b1c",
    **NEW,
    "is_active": True,
    "version": 1,
    "created_at": "2026-11-20T10:00:00.000001Z",
    "created_by": "anonymous",
    "updated_at": "2026-11-20T10:00:00.000001Z",
    "updated_by": "anonymous",
    "position": 1042,
}
CREATED = responses(*COMMAND_FAULTS, ok={201: ("The profile.", PROFILE), 200: ("Dry run.", DRY_RUN)})
CREATED[201]["links"] = leads_to("read_profile", "update_profile", "delete_profile", id="$response.body#/id")
Settings = Annotated[
    dict[str, Document],
    Field(max_length=MOST_TYPES, description="By config type: the fields that it sets, over what lies below."),
]


class ProfileBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [NEW]})

    environment: str | None = None
    name: str
    description: str | None = Field(None, max_length=10_000)
    settings: Settings
    is_active: bool = True
    reason: Reason = None


class ProfileChanges(Body):
    """What is left out stays as it is; `settings` are given whole."""

    description: str | None = Field(None, max_length=10_000)
    settings: Settings = Field(default_factory=dict)
    is_active: bool = True
    reason: Reason = None

    def changes(self) -> dict[str, Any]:
        return self.model_dump(include=self.model_fields_set - {"reason"})


@router.post("", operation_id="create_profile", status_code=201, responses=CREATED)
def create_profile(
    body: ProfileBody, cases: Cases, access: ChangesConfigs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Create a profile. Who is assigned to it gets what it sets, over global settings and under the user's own."""
    environment = cases.default_environment if body.environment is None else body.environment
    access.to(environment, profile_scope(body.name))
    new = NewProfile(environment, body.name, body.settings, body.description, body.is_active)
    outcome = cases.assign_profiles.create(new, command=asked.command(reason=body.reason), dry_run=dry_run)
    id_ = profile_id(environment, body.name)
    return profile_response(cases, id_, outcome, status=201, headers={"Location": f"{router.prefix}/{id_}"})


@router.get(
    "",
    operation_id="list_profiles",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("Every profile.", {"items": [PROFILE], "next": None})}),
)
def list_profiles(
    cases: Cases,
    access: ReadsConfigs,
    asked: MomentAsked,
    environment: Annotated[str | None, Query(description="The default environment where it is not named.")] = None,
) -> Response:
    """The profiles of an environment by name, now or as of a moment."""
    access.to(environment, GLOBAL)
    moment = asked.found(cases)
    place = cases.default_environment if environment is None else environment
    catalog = catalog_of(cases, moment)
    catalog.require_environment(place)
    found = [one for one in catalog.profiles.values() if one.environment == place]
    items = [profile_data(cases, one, moment) for one in sorted(found, key=lambda one: one.name)]
    content = {"items": items, "next": None}
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=moment_headers(moment))


@router.get(
    "/{id:uuid}",
    operation_id="read_profile",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The profile.", PROFILE)}),
)
def read_profile(id: UUID, cases: Cases, access: ReadsConfigs, asked: MomentAsked) -> Response:  # noqa: A002 -- its name in the address
    """One profile, now or as of a moment."""
    moment = asked.found(cases)
    known = known_profile(id, cases, access, moment)
    headers = {"ETag": f'"{known.version}"', **moment_headers(moment)}
    content = profile_data(cases, known, moment)
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=headers)


@router.put(
    "/{id:uuid}",
    operation_id="update_profile",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The profile as it is now.", PROFILE)}),
)
def update_profile(
    id: UUID,  # noqa: A002 -- its name in the address
    body: ProfileChanges,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Change a profile: its users' next reads have it. Its name stays."""
    known = known_profile(id, cases, access, None)
    command = asked.command(reason=body.reason)
    outcome = cases.assign_profiles.update(
        known, body.changes(), command=command, expected_version=expected, dry_run=dry_run
    )
    return profile_response(cases, id, outcome)


@router.delete(
    "/{id:uuid}",
    operation_id="delete_profile",
    status_code=204,
    responses=responses(*COMMAND_FAULTS, ok={200: ("Dry run.", DRY_RUN)}, empty={204: "It is gone."}),
)
def delete_profile(
    id: UUID,  # noqa: A002 -- its name in the address
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
    reason: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Delete a profile that nobody is assigned to; its history stays."""
    known = known_profile(id, cases, access, None)
    command = asked.command(reason=reason)
    outcome = cases.assign_profiles.delete(known, command=command, expected_version=expected, dry_run=dry_run)
    return gone_response(outcome, cases=cases)


def known_profile(id_: UUID, cases: UseCases, access: Access, moment: Moment | None) -> KnownProfile:
    """A profile that the caller may do this with. Raises NotFound, Forbidden."""
    access.has_asked = True
    known = catalog_of(cases, moment).profile(id_.hex)
    access.to(known.environment, profile_scope(known.name))
    return known


def profile_response(
    cases: UseCases,
    id_: UUID,
    outcome: Outcome | DryRun,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """The profile as the commit left it."""

    def content(outcome: Outcome) -> dict[str, Any]:
        known = cases.catalogs.as_of(outcome.position).profile(id_.hex)
        return profile_data(cases, known, Moment(outcome.position))

    return command_response(outcome, content, cases=cases, status=status, headers=headers)


def profile_data(cases: UseCases, known: KnownProfile, moment: Moment | None) -> dict[str, Any]:
    """A profile and what it sets."""
    position = None if moment is None else moment.position
    wanted = ConfigFilter(known.environment, "profile", known.name, is_default=True)
    page = cases.views.configs(wanted, after=None, limit=MOST_TYPES, position=position)
    return {
        "id": str(UUID(known.id)),
        "environment": known.environment,
        "name": known.name,
        "description": known.description,
        "settings": {one.config_type: one.data for one in sorted(page.items, key=lambda one: one.config_type)},
        "is_active": known.is_active,
        "version": known.version,
        "created_at": rfc3339(known.created_us),
        "created_by": known.created_by,
        "updated_at": rfc3339(known.updated_us),
        "updated_by": known.updated_by,
        "position": known.position,
    }
