"""What change sets are made of, as callers write it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Discriminator, Field, Tag

from api.access import Access
from api.rest.bodies import Body, CreateConfig, ModeField, Reason, Unset
from api.rest.change_set_examples import MORE, NEW
from api.rest.config_types import RuleBody
from api.rest.experiments import PlanFields
from api.rest.profiles import Settings
from application.draft_changes import Wish
from application.subjects import DATA
from application.try_changes import faults_under
from domain.config_types.spec import Mode
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import Fault, InvalidRequest
from domain.experiments.experiment import PLAN
from domain.profiles.profile import profile_scope
from domain.releases.change_set import MOST_DRAFTS
from domain.releases.ramp import Ramp

Text = Annotated[str, Field(min_length=1, max_length=255)]
LongText = Annotated[str, Field(max_length=10_000)]
BaseVersion = Annotated[
    int | None, Field(ge=0, description="The version that was read; absent: as it is now. Later changes are merged.")
]
PLACE = ("scope", "user_id", "collection_id", "scope_id")


class ConfigDraft(Body):
    """Of a config: `config_id` names it, or its place, type and name; without a name, the default there."""

    kind: Literal["config"] = "config"
    action: Literal["put", "delete"] = "put"
    config_id: Annotated[UUID | None, Field(strict=False)] = None
    scope: str = Field("global", description="global, user, collection, another kind of the ladder, or kind:id")
    user_id: str | None = None
    collection_id: str | None = None
    scope_id: str | None = None
    config_type: str | None = None
    name: Text | None = None
    description: LongText | None = None
    config_data: Document | None = None
    mode: ModeField | None = None
    unset: Unset | None = None
    is_default: bool | None = None
    is_active: bool | None = None
    base_version: BaseVersion = None

    def wish(self) -> Wish:
        """Raises InvalidRequest."""
        self._require_one_name()
        given = self.model_fields_set & {"description", DATA, "mode", "unset", "is_default", "is_active"}
        fields = {
            name: getattr(self, name) for name in given if name == "description" or getattr(self, name) is not None
        }
        _require_bare(self.action, fields)
        if self.config_id is not None and self.name is not None:
            fields["name"] = self.name
        place: dict[str, Any] = {} if self.config_id else {"scope": self.place(), "config_type": self.config_type}
        marks: dict[str, Any] = {"deletes": self.action == "delete", "base_version": self.base_version}
        return Wish("config", fields, self.name, config_id=self.config_id, **place, **marks)

    def _require_one_name(self) -> None:
        extra = sorted({*PLACE, "config_type"} & self.model_fields_set) if self.config_id is not None else []
        faults = [Fault(f"/{name}", f"config_id names the config: leave {name} out", "extra") for name in extra]
        if self.config_id is None and self.config_type is None:
            faults.append(Fault("/config_type", "name config_id, or config_type and a place", "missing"))
        if faults:
            raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)

    def place(self) -> Scope:
        return CreateConfig.model_construct(**{name: getattr(self, name) for name in PLACE}).place()

    def ask(self, access: Access, environment: str) -> None:
        if self.config_id is not None:
            access.to_config(self.config_id)
        else:
            access.to(environment, self.place())


def _require_bare(action: str, fields: Document) -> None:
    """Raises InvalidRequest."""
    if action == "delete" and fields:
        raise InvalidRequest.at(f"/{min(fields)}", f"{min(fields)} has no use for delete: leave it out", "extra")


class ProfileDraft(Body):
    """Of a profile: made, or changed in the fields given; `settings` are given whole. One that nobody has may go."""

    kind: Literal["profile"]
    action: Literal["put", "delete"] = "put"
    name: Text
    description: LongText | None = None
    settings: Settings = Field(default_factory=dict)
    is_active: bool = True
    base_version: BaseVersion = None

    def wish(self) -> Wish:
        fields = self.model_dump(include=self.model_fields_set & {"description", "settings", "is_active"})
        _require_bare(self.action, fields)
        return Wish("profile", fields, self.name, deletes=self.action == "delete", base_version=self.base_version)

    def ask(self, access: Access, environment: str) -> None:
        access.to(environment, profile_scope(self.name))


class TypeDraft(Body):
    """Of a config type of one's own; `schema` and `rules` are given whole."""

    kind: Literal["type"]
    name: Text
    description: LongText = ""
    mode: Mode = "overlay"
    schema_: Document = Field(alias="schema", description="JSON Schema, draft 2020-12, of an object.")
    rules: list[RuleBody] = Field(default_factory=list, max_length=100)
    base_version: BaseVersion = None

    def wish(self) -> Wish:
        rules = [rule.model_dump() for rule in self.rules]
        fields = {"description": self.description, "mode": self.mode, "schema": self.schema_, "rules": rules}
        return Wish("type", fields, self.name, base_version=self.base_version)

    def ask(self, access: Access, environment: str) -> None:  # noqa: ARG002 -- types are of every environment
        access.to_definitions()


class ExperimentDraft(PlanFields):
    """Of an experiment that is not started: planned, or its plan changed in the fields given."""

    kind: Literal["experiment"]
    name: Text
    base_version: BaseVersion = None

    def wish(self) -> Wish:
        fields = self.model_dump(include=self.model_fields_set & set(PLAN))
        return Wish("experiment", fields, self.name, base_version=self.base_version)

    def ask(self, access: Access, environment: str) -> None:
        access.to(environment, Scope("experiment", self.name))


def _kind(given: Any) -> str:
    return str(given.get("kind", "config") if isinstance(given, dict) else getattr(given, "kind", ""))


DraftBody = Annotated[
    Annotated[ConfigDraft, Tag("config")]
    | Annotated[ProfileDraft, Tag("profile")]
    | Annotated[TypeDraft, Tag("type")]
    | Annotated[ExperimentDraft, Tag("experiment")],
    Discriminator(_kind),
]


class DraftsBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [MORE]})

    drafts: list[DraftBody] = Field(min_length=1, max_length=MOST_DRAFTS)
    reason: Reason = None


class NewChangeSet(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [NEW]})

    environment: str | None = None
    title: Text
    description: LongText | None = None
    drafts: list[DraftBody] = Field(default_factory=list, max_length=MOST_DRAFTS)
    copy_of: Annotated[UUID | None, Field(strict=False, description="Begin with the drafts of this one.")] = None
    reason: Reason = None


class Act(Body):
    reason: Reason = None


class RampGuardrail(Body):
    name: Annotated[str, Field(min_length=1, max_length=255, description="The metric, as outcomes have it.")]
    better: Literal["higher", "lower"]
    tolerated_change_percent: float = Field(ge=0, le=1_000, description="For the worse, of the other users' mean.")


class RampBody(Body):
    steps: list[float] = Field(max_length=100, description="Percents of users, rising to 100.")
    bake_minutes: float = Field(30, allow_inf_nan=False, description="How long each step lasts.")
    guardrails: list[RampGuardrail] = Field(
        default_factory=list, max_length=20, description="It is rolled back where it surely does more harm than this."
    )

    def ramp(self) -> Ramp:
        """Raises InvalidRequest."""
        return Ramp.checked(self.steps, self.bake_minutes, [one.model_dump() for one in self.guardrails])


class Publish(Act):
    publish_at: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="A time to come; then the service publishes it, if nothing stands in the way."
    )
    ramp: RampBody | None = Field(None, description="First for a part of the users; drafts of global configs alone.")


class Step(Act):
    percent: float | None = Field(None, gt=0, le=100, description="The next step where it is absent.")


class RollBack(Act):
    force: list[Annotated[str, Field(max_length=2_500)]] = Field(
        default_factory=list,
        max_length=1_000,
        description="Pointers, as told, to give back all the same.",
    )


def wishes(drafts: Sequence[DraftBody], access: Access, environment: str) -> list[Wish]:
    """What is wanted, as far as the caller may draft it. Raises InvalidRequest, Forbidden, NotFound."""
    found = []
    for index, draft in enumerate(drafts):
        with faults_under(f"/drafts/{index}"):
            draft.ask(access, environment)
            found.append(draft.wish())
    return found
