"""From one environment to the next: what differs, side by side, and as a change set."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.access import ChangesConfigs, ReadsConfigs
from api.answers import json_response
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import Body, Reason
from api.rest.change_set_bodies import LongText, Text
from api.rest.change_set_examples import CHANGE_SET
from api.rest.change_set_shapes import answered
from api.rest.change_sets import router as change_sets
from api.rest.examples import COMMAND_FAULTS, CONFIG_ID, DRY_RUN, leads_to, responses
from application.change_sets import change_set_id
from application.side_by_side import Compared, InForce, Part, Side
from domain.access.roles import Action
from domain.configs.scope import Scope
from domain.errors import InvalidRequest

router = APIRouter(prefix="/api", tags=["change sets"], route_class=StrictRoute)

FEWEST, MOST = 2, 10  # environments side by side
RELEASE: dict[str, Any] = {
    "from": "staging",
    "to": "production",
    "types": ["chunking"],
    "title": "chunking of sprint 12",
    "reason": "RAG-812",
}
SIDE = {"config_id": CONFIG_ID, "version": 3, "mode": "overlay", "config_data": {"max_chunk_size": 900}, "unset": []}
SETTINGS: dict[str, Any] = {"retrieval": {"number_of_results": 25}}
COMPARED: dict[str, Any] = {
    "items": [
        {
            "config_type": "chunking",
            "scope": "global",
            "environments": {"staging": SIDE, "production": None},
            "fields": [{"pointer": "/max_chunk_size", "values": {"staging": 900}}],
        },
        {
            "config_type": None,
            "scope": "profile:long_documents",
            "environments": {
                "staging": {"description": None, "is_active": True, "settings": SETTINGS},
                "production": {"description": None, "is_active": False, "settings": SETTINGS},
            },
            "fields": [{"pointer": "/is_active", "values": {"staging": True, "production": False}}],
        },
    ],
    "next": None,
}
RELEASED = responses(*COMMAND_FAULTS, ok={201: ("The change set, proposed.", CHANGE_SET), 200: ("Dry run.", DRY_RUN)})
RELEASED[201]["links"] = leads_to("read_change_set", "check_change_set", id="$response.body#/id")
Names = Annotated[list[Text] | None, Field(min_length=1, max_length=500)]


class Release(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [RELEASE]})

    from_: Text = Field(alias="from")
    to: Text
    title: Text
    description: LongText | None = None
    scopes: Names = Field(None, description="As global or kind:id; absent: every scope.")
    types: Names = Field(None, description="Absent: every type.")
    configs: Annotated[list[Annotated[UUID, Field(strict=False)]] | None, Field(min_length=1, max_length=500)] = None
    profiles: Names = Field(
        None, description="Names; absent: every profile where no scopes, types or configs are named, else none."
    )
    deletions: bool = Field(False, description="What the target has alone is deleted there.")
    reason: Reason = None

    def part(self) -> Part:
        """Raises InvalidRequest."""
        return _part(self.scopes, self.types, self.profiles, None if self.configs is None else frozenset(self.configs))


@router.post("/releases", operation_id="create_release", status_code=201, responses=RELEASED)
def create_release(
    body: Release, cases: Cases, access: ChangesConfigs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Make a change set, proposed, of what is in force in one environment and not, or otherwise, in another.

    Profiles come along where nothing is named, or they are; experiments and who is given a profile do not.

    Secrets are not carried over: what is released keeps those of the environment that it comes to.
    """
    access.to(body.from_, action=Action.READ_CONFIGS)
    access.to(body.to)
    command = asked.command(reason=body.reason)
    wishes = cases.releases.side_by_side.wishes(body.from_, body.to, body.part(), deletions=body.deletions)
    outcome = cases.releases.change_sets.create(
        body.to,
        title=body.title,
        description=body.description,
        wishes=wishes,
        origin={"release_from": body.from_},
        proposed=True,
        command=command,
        dry_run=dry_run,
    )
    id_ = change_set_id(command)
    return answered(cases, id_, outcome, status=201, headers={"Location": f"{change_sets.prefix}/{id_}"})


@router.get(
    "/compare",
    operation_id="compare_environments",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The slots in which they differ.", COMPARED)}),
)
def compare_environments(
    cases: Cases,
    access: ReadsConfigs,
    environments: Annotated[list[str], Query(description="Two or more.")],
    scope: Annotated[list[str] | None, Query(description="global or kind:id; absent: every scope.")] = None,
    config_type: Annotated[list[str] | None, Query(description="Absent: every type.")] = None,
    profile: Annotated[
        list[str] | None, Query(description="Names. Absent: every profile, unless others narrow.")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=600, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """What is in force in environments, slot by slot, and their profiles (without `config_type`), where they differ."""
    names = list(dict.fromkeys(environments))
    if not FEWEST <= len(names) <= MOST:
        raise InvalidRequest.at("/environments", f"name {FEWEST} to {MOST} different environments", "environments")
    for name in names:
        access.to(name)
    position = cases.progress.visible
    found = cases.releases.side_by_side.compare(names, _part(scope, config_type, profile, None))
    following = [one for one in found if cursor is None or _key(one) > cursor]
    next_ = _key(following[limit - 1]) if len(following) > limit else None
    content = {"items": [compared_data(one) for one in following[:limit]], "next": next_}
    return json_response(content, cases=cases, position=position)


def _part(
    scopes: list[str] | None, types: list[str] | None, profiles: list[str] | None, configs: frozenset[UUID] | None
) -> Part:
    named = None if scopes is None else frozenset(str(Scope.parse(one, at="/scopes")) for one in scopes)
    kinds, names = (None if one is None else frozenset(one) for one in (types, profiles))
    return Part(named, kinds, configs, names)


def _key(one: Compared) -> str:
    return "/".join(one.place)


def compared_data(one: Compared) -> dict[str, Any]:
    """One slot or profile, in each environment; null where nothing is in force."""
    return {
        "config_type": one.place.config_type or None,
        "scope": one.place.scope,
        "environments": {name: side_data(side) for name, side in one.sides.items()},
        "fields": [{"pointer": pointer, "values": values} for pointer, values in one.fields.items()],
    }


def side_data(side: Side | None) -> dict[str, Any] | None:
    if not isinstance(side, InForce):
        return None if side is None else side.data
    return {
        "config_id": str(side.config_id),
        "version": side.version,
        "mode": side.mode,
        "config_data": side.data,
        "unset": side.unset,
    }
