"""What a change would do, before it is made. Nothing that is asked here is stored."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.access import ReadsConfigs
from api.answers import json_response
from api.deps import AtPosition, Cases, StrictRoute
from api.rest.bodies import Body, CreateConfig, ModeField, Unset
from api.rest.effective import GivenAttributes
from api.rest.examples import CHUNKING, CONFIG_ID, responses
from application.contexts_seen import SEEN_DAYS
from application.try_changes import Change, ChangeConfig, DeleteConfig, PutConfig, PutVariables, faults_under
from domain.configs.scope import Context, Scope
from domain.documents import Document
from domain.errors import Fault, InvalidRequest

router = APIRouter(prefix="/api/runtime-configs", tags=["preview"], route_class=StrictRoute)

FAULTS = (400, 404, 409, 413, 415, 503)
PLACE = ("scope", "user_id", "collection_id", "scope_id")
ACTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "put": (("config_type", "config_data"), (*PLACE, "mode", "unset")),
    "update": (("config_id",), ("config_data", "mode", "unset", "is_active", "is_default")),
    "delete": (("config_id",), ()),
    "variables": (("config_type", "config_data"), ()),
}
"""What each action must name, and what it may name."""

FIELD = {"pointer": "/chunking/max_chunk_size", "before": 400, "after": 1500, "hidden_by": None}
SERVED = {"effective": {**CHUNKING, "semantic_threshold": 0.5}, "resolution_path": "collection:c-9", "degraded": []}
NOW = {**SERVED, "effective": {"strategy": "fixed", "min_chunk_size": 100}, "resolution_path": "global"}
SIZES = {"min": 210, "p50": 900, "p90": 1480, "max": 1500, "mean": 934.5}
CHUNKED = {
    "strategy": "semantic",
    "count": 1,
    "sizes": SIZES,
    "embedder": {"name": "varve-trigrams", "version": 1},
    "chunks": [{"start": 0, "end": 900, "text": "Clause 1 …"}],
}
DRAFT = {"scope": "collection", "collection_id": "c-9", "config_type": "chunking", "config_data": CHUNKING}
TEST: dict[str, Any] = {**DRAFT, "sample": "Clause 1 …", "contexts": [{"user_id": "u-1", "collection_id": "c-9"}]}
TESTED = {
    "environment": "production",
    "scope": "collection:c-9",
    "config_type": "chunking",
    "mode": "replace",
    "config_data": CHUNKING,
    "unset": [],
    "position": 1042,
    "contexts": [
        {
            "user_id": "u-1",
            "collection_ids": ["c-9"],
            "scopes": [],
            "applies": True,
            "draft": SERVED,
            "now": NOW,
            "changes": [{**FIELD, "pointer": "/max_chunk_size"}],
        }
    ],
    "sample": {"draft": CHUNKED, "now": {**CHUNKED, "strategy": "fixed", "embedder": None}},
}
IMPACT_ASKED: dict[str, Any] = {
    "environment": "production",
    "changes": [
        {"action": "put", "scope": "global", "config_type": "chunking", "config_data": CHUNKING},
        {"action": "delete", "config_id": CONFIG_ID},
    ],
}
HIDING = {**FIELD, "after": 400, "hidden_by": "collection:c-9"}
IMPACT = {
    "environment": "production",
    "position": 1042,
    "scopes": {"global": {"affected": 1, "unaffected": 0}, "collection": {"affected": 0, "unaffected": 12}},
    "contexts_seen": {
        "days": 7,
        "seen": 120,
        "tried": 120,
        "is_whole": True,
        "affected": 14,
        "examples": [{"user_id": "u-1", "collection_id": None, "changes": [FIELD]}],
    },
    "fields": {"/chunking/max_chunk_size": 1},
    "examples": [{"scope": "global", "changes": [FIELD]}],
    "hidden": {
        "count": 12,
        "fields": {"/chunking/max_chunk_size": 12},
        "examples": [{"scope": "collection:c-9", "changes": [HIDING]}],
    },
}
CONTEXTS_SEEN = "`contexts_seen`: those that usage records of so many days name."
REDUNDANT = {
    "environment": "production",
    "position": 1042,
    "count": 1,
    "items": [
        {
            "id": CONFIG_ID,
            "version": 1,
            "scope": "collection:c-9",
            "config_type": "chunking",
            "mode": "replace",
            "config_data": CHUNKING,
            "unset": [],
            "same_as": "global",
        }
    ],
}

ConfigId = Annotated[UUID | None, Field(strict=False, description="The config that is to change; it names its place.")]


class ChangeFields(Body):
    """What a change may name; what is left out of an update stays as it is."""

    scope: str = Field("global", description="global, user, collection, another kind of the ladder, or kind:id")
    user_id: str | None = None
    collection_id: str | None = None
    scope_id: str | None = None
    config_id: ConfigId = None
    config_type: str | None = None
    config_data: Document | None = None
    mode: ModeField | None = None
    unset: Unset = Field(default_factory=list)

    def change(self, action: str) -> Change:
        """Raises InvalidRequest for fields that the action lacks, or has no use for."""
        self._require_fields(action)
        if self.config_id is not None:
            return DeleteConfig(self.config_id) if action == "delete" else ChangeConfig(self.config_id, self._changes())
        assert self.config_type is not None
        assert self.config_data is not None
        if action == "variables":
            return PutVariables(self.config_type, self.config_data)
        return PutConfig(self.place(), self.config_type, self.config_data, self.mode, tuple(self.unset))

    def _require_fields(self, action: str) -> None:
        required, allowed = ACTIONS[action]
        given = self.model_fields_set & {name for names in ACTIONS.values() for part in names for name in part}
        faults = [Fault(f"/{n}", f"{n} is required here", "missing") for n in required if getattr(self, n) is None]
        extra = sorted(given.difference(required, allowed))
        faults += [Fault(f"/{n}", f"{n} has no use here: leave it out", "extra_forbidden") for n in extra]
        if faults:
            raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)

    def _changes(self) -> dict[str, Any]:
        given = self.model_fields_set.intersection(ACTIONS["update"][1])
        changes = {name: getattr(self, name) for name in sorted(given) if getattr(self, name) is not None}
        return {"data" if name == "config_data" else name: value for name, value in changes.items()}

    def place(self) -> Scope:
        return CreateConfig.model_construct(**{name: getattr(self, name) for name in PLACE}).place()


class ContextBody(Body):
    user_id: str | None = None
    collection_id: str | None = None
    collection_ids: list[str] = Field([], max_length=50, description="The first named is the strongest.")
    scopes: list[str] = Field([], max_length=50, description="Further scopes as kind:id.")
    attributes: GivenAttributes = Field(default_factory=dict)

    def context(self, environment: str) -> Context:
        """Raises InvalidRequest for ids that cannot be."""
        collections = [*([] if self.collection_id is None else [self.collection_id]), *self.collection_ids]
        others = [Scope.parse(text, at="/scopes") for text in self.scopes]
        return Context.checked(
            environment,
            user_id=self.user_id,
            collection_ids=collections,
            scopes=others,
            attributes=self.attributes,
        )


class TryConfig(ChangeFields):
    """A draft: for a place (`scope`, `config_type`, `config_data`), or a change of the config `config_id`."""

    model_config = ConfigDict(json_schema_extra={"examples": [TEST]})

    environment: str | None = None
    sample: str | Document | None = Field(None, description="A text for chunking, values of variables for template.")
    contexts: list[ContextBody] = Field([], max_length=100, description="Without any: the draft's own scope.")


class ChangeBody(ChangeFields):
    action: Literal["put", "update", "delete", "variables"] = Field(
        description="put: be in force in a slot; update, delete: of a config; variables: what a type's variables say."
    )
    is_active: bool | None = None
    is_default: bool | None = None


class ImpactBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [IMPACT_ASKED]})

    environment: str | None = None
    changes: list[ChangeBody] = Field(min_length=1, max_length=500, description="Made in this order, and together.")
    seen_days: int = Field(SEEN_DAYS, ge=1, le=3650, description=CONTEXTS_SEEN)


@router.post("/test", operation_id="test_config", responses=responses(*FAULTS, ok={200: ("Its effect.", TESTED)}))
def test_config(body: TryConfig, cases: Cases, access: ReadsConfigs) -> Response:
    """Check a draft as if it were stored, and tell its effect as the default of its slot, in force. Nothing is stored.

    `changes` compares field by field, for each context; a field that a higher layer hides says which.
    """
    environment = cases.default_environment if body.environment is None else body.environment
    if body.config_id is None:
        access.to(environment, body.place())
    else:
        access.to_config(body.config_id)
    draft = body.change("put" if body.config_id is None else "update")
    assert isinstance(draft, PutConfig | ChangeConfig)
    contexts = []
    for index, one in enumerate(body.contexts):
        with faults_under(f"/contexts/{index}"):
            contexts.append(one.context(environment))
            access.to_context(contexts[-1])
    tested = cases.preview.test(draft, environment=environment, sample=body.sample, contexts=contexts)
    return json_response(tested, cases=cases, position=tested.position)


@router.post(
    "/impact", operation_id="impact_of_changes", responses=responses(*FAULTS, ok={200: ("Whom it reaches.", IMPACT)})
)
def impact_of_changes(body: ImpactBody, cases: Cases, access: ReadsConfigs) -> Response:
    """How many scopes would get another effective config, which, and in which fields. Nothing is stored.

    Each scope that has a config of a type that changes is a context by itself. `hidden` are those in which a higher
    layer keeps everything as it is. `contexts_seen` are users and collections that usage records name: of those `seen`,
    the last are `tried`, with the profiles and experiments of these users.
    """
    access.to(body.environment)
    changes = []
    for index, one in enumerate(body.changes):
        with faults_under(f"/changes/{index}"):
            changes.append(one.change(one.action))
    environment = cases.default_environment if body.environment is None else body.environment
    impact = cases.preview.impact(changes, environment=environment, seen_days=body.seen_days)
    return json_response(impact, cases=cases, position=impact.position)


@router.get(
    "/redundant",
    operation_id="list_redundant_configs",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("Configs that change nothing.", REDUNDANT)}),
)
def list_redundant_configs(
    cases: Cases,
    access: ReadsConfigs,
    environment: Annotated[str | None, Query(description="The default environment where it is not named.")] = None,
    config_type: Annotated[str | None, Query(description="All types where none is named.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many are told; `count` is of all.")] = 100,
) -> Response:
    """Overrides in force that change nothing, because process and global give the same.

    For a config of a collection no user is known: it may still hide what a user's config says.
    """
    access.to(environment)
    place = cases.default_environment if environment is None else environment
    found = cases.preview.redundant(environment=place, config_type=config_type, limit=limit)
    return json_response(found, cases=cases, position=found.position)
