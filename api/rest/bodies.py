"""What commands take: bodies with their own fields and no others."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.rest.examples import CREATE
from application.edit_configs import Draft
from domain.config_types.spec import Mode
from domain.configs.scope import GLOBAL, Scope
from domain.documents import Document
from domain.errors import InvalidRequest

ModeField = Annotated[Mode, Field(description="replace starts again from the defaults; overlay merges")]
MOST_FIELDS = 50
Reason = Annotated[str | None, Field(max_length=2000, description="Why; recorded with the event.")]
Force = Annotated[bool, Field(description="Although a running experiment varies a field that is changed.")]
Unset = Annotated[
    list[Annotated[str, Field(max_length=2000)]],
    Field(max_length=1000, description="Pointers that an overlay gives back to the type's defaults."),
]


class Body(BaseModel):
    """A body that takes its own fields and no others, and no value for another."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _of_few_fields(cls, given: Any) -> Any:
        """Each unknown field is named, but not a hundred thousand of them."""
        if isinstance(given, dict) and len(given) > MOST_FIELDS:
            raise PydanticCustomError("too_many_fields", "a body has few fields: see /docs for those that it takes")
        return given


class AtScope(Body):
    """A body that says where something stands."""

    scope: str = Field("global", description="global, user, collection, another kind of the ladder, or kind:id")
    user_id: str | None = None
    collection_id: str | None = None
    scope_id: str | None = Field(None, description="The id, for a kind of scope that has no field of its own.")

    def place(self) -> Scope:
        """The scope, from whichever fields name it. Raises InvalidRequest where they do not agree."""
        ids = {"user": self.user_id, "collection": self.collection_id}
        kind, colon, inline = self.scope.partition(":")
        if colon and not inline:
            raise InvalidRequest.at("/scope", "write the id after the colon, such as user:u-1", "scope_form")
        for other, value in ids.items():
            if value is not None and other != kind:
                message = f"{other}_id is for the scope {other}, and this one is {kind}: leave it out"
                raise InvalidRequest.at(f"/{other}_id", message, "scope_id")
        named = [value for value in (inline or None, ids.get(kind), self.scope_id) if value is not None]
        if len(set(named)) > 1:
            raise InvalidRequest.at(
                "/scope_id", "the scope's id is given twice, and not the same: give it once", "scope_id"
            )
        return Scope.checked(kind, named[0] if named else "") if kind != "global" or named else GLOBAL


class CreateConfig(AtScope):
    model_config = ConfigDict(json_schema_extra={"examples": [CREATE]})

    environment: str | None = None
    config_type: str
    name: str
    description: str | None = Field(None, max_length=10_000)
    config_data: Document
    mode: ModeField | None = None
    unset: Unset = []
    is_default: bool | None = None
    is_active: bool = True
    force: Force = False
    reason: Reason = None

    def draft(self, *, environment: str) -> Draft:
        return Draft(
            environment if self.environment is None else self.environment,
            self.place(),
            self.config_type,
            self.name,
            self.config_data,
            self.description,
            self.mode,
            tuple(self.unset),
            self.is_default,
            self.is_active,
        )


class UpdateConfig(Body):
    """What is left out stays as it is."""

    name: str = ""
    description: str | None = Field(None, max_length=10_000)
    config_data: Document = {}
    mode: ModeField = "overlay"
    unset: Unset = []
    is_active: bool = True
    is_default: bool = False
    force: Force = False
    reason: Reason = None

    def changes(self) -> dict[str, Any]:
        given = self.model_dump(include=self.model_fields_set - {"reason", "force"})
        return {"data" if name == "config_data" else name: value for name, value in given.items()}


class SetDefault(Body):
    is_default: bool
    force: Force = False
    reason: Reason = None


class SetActive(Body):
    is_active: bool
    force: Force = False
    reason: Reason = None
