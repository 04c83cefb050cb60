"""What an import is made of: settings of every kind, each with the pointer by which its faults are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from application.assign_profiles import NewProfile
from application.edit_configs import Draft
from application.shipped import shipped
from application.views import ConfigView
from domain.config_types.spec import TypeSpec
from domain.configs.scope import GLOBAL, Scope
from domain.documents import Document
from domain.errors import Fault, InvalidRequest, NotFound
from domain.pointers import pointer_of

VERSION = 1
CONFIGS_A_COMMIT = 1_500  # a new config is at most six events, and a commit holds 10,000 at most
TOLD_IN_DETAIL = 5
MOST_PROFILES = 500  # in one bundle


@dataclass(frozen=True, slots=True)
class Wanted:
    """A config that is to be there. `at` points to what it was made of; it replaces `strip` in pointers of faults."""

    draft: Draft
    at: str
    strip: str = ""

    def fault(self, fault: Fault) -> Fault:
        return replace(fault, pointer=self.at + fault.pointer.removeprefix(self.strip))


@dataclass(frozen=True, slots=True)
class WantedType:
    spec: TypeSpec
    at: str


@dataclass(frozen=True, slots=True)
class WantedProfile:
    profile: NewProfile
    at: str


@dataclass(frozen=True, slots=True)
class WantedVariables:
    """What the process layer of a type is to say."""

    environment: str
    config_type: str
    values: Document
    at: str


@dataclass(frozen=True, slots=True)
class Content:
    """All that one import asks for."""

    ladder: tuple[str, ...] = ()
    types: tuple[WantedType, ...] = ()
    variables: tuple[WantedVariables, ...] = ()
    configs: tuple[Wanted, ...] = ()
    profiles: tuple[WantedProfile, ...] = ()

    def in_order(self) -> Content:
        """What others are checked over comes first: global configs, and of a slot its default."""
        first = sorted(self.configs, key=lambda one: (one.draft.scope != GLOBAL, not one.draft.is_default))
        return replace(self, configs=tuple(first))

    def parts(self) -> list[Content]:
        """Pieces that fit into a commit each. They depend on the content alone, so that a repeat makes the same."""
        chunks = [self.configs[n : n + CONFIGS_A_COMMIT] for n in range(0, len(self.configs), CONFIGS_A_COMMIT)] or [()]
        return [replace(self, configs=chunks[0]), *(Content(configs=chunk) for chunk in chunks[1:])]


MOST_FAULTS = 100  # are told of one bundle
CONFIGS_A_LOOK = 200


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Rule(_Strict):
    name: str
    expression: str
    message: str
    fields: list[str]


class _Type(_Strict):
    name: str
    description: str = ""
    mode: Literal["replace", "overlay"] = "overlay"
    json_schema: Document = Field(alias="schema")
    rules: list[_Rule] = []

    def spec(self) -> TypeSpec:
        return TypeSpec.from_data({**self.model_dump(by_alias=True), "revision": None})


class _Config(_Strict):
    environment: str
    scope: str
    config_type: str
    name: str
    description: str | None = None
    mode: Literal["replace", "overlay"] | None = None
    config_data: Document
    unset: list[str] = []
    is_default: bool = False
    is_active: bool = True

    def draft(self) -> Draft:
        scope, unset = Scope.parse(self.scope), tuple(self.unset)
        facts = (self.environment, scope, self.config_type, self.name, self.config_data, self.description, self.mode)
        return Draft(*facts, unset=unset, is_default=self.is_default, is_active=self.is_active)


class _Profile(_Strict):
    environment: str
    name: str
    description: str | None = None
    is_active: bool = True
    settings: dict[str, Document]

    def wanted(self, at: str) -> WantedProfile:
        return WantedProfile(NewProfile(**dict(self)), at)


class _Bundle(_Strict):
    varve_bundle: Literal[1]
    ladder: list[str] = []
    builtin: list[str] = []  # what ships with the service: bundles, or types of them
    types: list[_Type] = []
    environment_variables: dict[str, dict[str, Document]] = {}
    configs: list[Any] = []  # read as _Config, by themselves
    profiles: list[_Profile] = Field([], max_length=MOST_PROFILES)


_CONFIGS = TypeAdapter(list[_Config])


def bundle_content(bundle: Document) -> Content:
    """What a bundle asks for. Raises InvalidRequest with every fault of its form, or with the first hundred."""
    faults: list[Fault] = []
    read = _read(bundle, faults)
    configs = _read_configs(read.configs if read else bundle.get("configs"), faults)
    if read is None or faults:
        raise refused(faults)
    wanted = tuple(_wanted_configs(configs, faults))
    ours = tuple(_wanted_builtin(read.builtin, faults))
    if faults:
        raise refused(faults)
    types = (*ours, *(WantedType(one.spec(), f"/types/{n}") for n, one in enumerate(read.types)))
    profiles = tuple(one.wanted(f"/profiles/{n}") for n, one in enumerate(read.profiles))
    return Content(tuple(read.ladder), types, tuple(_wanted_variables(read)), wanted, profiles)


def _read(bundle: Document, faults: list[Fault]) -> _Bundle | None:
    try:
        return _Bundle.model_validate(bundle)
    except ValidationError as error:
        faults += [_fault(one, one["loc"]) for one in error.errors()[:MOST_FAULTS]]
        return None


def _read_configs(given: Any, faults: list[Fault]) -> list[_Config]:
    """A part at a time: each fault costs far more than what has it."""
    found: list[_Config] = []
    for start in range(0, len(given) if isinstance(given, list) else 0, CONFIGS_A_LOOK):
        try:
            found += _CONFIGS.validate_python(given[start : start + CONFIGS_A_LOOK])
        except ValidationError as error:
            for one in error.errors():
                number, *rest = one["loc"]
                faults.append(_fault(one, ("configs", start + int(number), *rest)))
        if len(faults) > MOST_FAULTS:
            break
    return found


def _wanted_configs(configs: list[_Config], faults: list[Fault]) -> Iterator[Wanted]:
    defaults: set[tuple[str, Scope, str]] = set()
    for n, one in enumerate(configs):
        at = f"/configs/{n}"
        try:
            draft = one.draft()
        except InvalidRequest as refusal:
            faults += [fault.under(at) for fault in refusal.faults]
            continue
        slot = (draft.environment, draft.scope, draft.config_type)
        if draft.is_default and slot in defaults:
            message = f"{draft.config_type} at {draft.scope} has another default in this bundle: leave one"
            faults.append(Fault(f"{at}/is_default", message, "one_default"))
        if draft.is_default:
            defaults.add(slot)
        yield Wanted(draft, at)


def _wanted_builtin(names: list[str], faults: list[Fault]) -> Iterator[WantedType]:
    for n, name in enumerate(dict.fromkeys(names)):
        at = f"/builtin/{n}"
        try:
            yield from (WantedType(one.spec, at) for one in shipped(name))
        except NotFound as refusal:
            faults.append(Fault(at, refusal.detail, "builtin"))


def _wanted_variables(read: _Bundle) -> Iterator[WantedVariables]:
    for environment, types in read.environment_variables.items():
        for config_type, values in types.items():
            at = pointer_of(("environment_variables", environment, config_type))
            yield WantedVariables(environment, config_type, values, at)


def _fault(error: Any, at: Sequence[str | int]) -> Fault:
    message = str(error["msg"])
    if error["type"] == "extra_forbidden":
        message = f"{at[-1]} is not known in a bundle: take it out"
    elif error["type"] == "missing":
        message = f"{at[-1]} is required"
    elif tuple(at) == ("varve_bundle",):
        message = f"bundles of version {VERSION} are read here: export it with a Varve that writes that version"
    return Fault(pointer_of(at), message[:1].lower() + message[1:], str(error["type"]))


def refused(faults: list[Fault]) -> InvalidRequest:
    """Nothing was imported, with every reason."""
    told = dict.fromkeys(f"{fault.pointer or 'the bundle'}: {fault.message}" for fault in faults)
    more = f"; and {len(told) - TOLD_IN_DETAIL} more" if len(told) > TOLD_IN_DETAIL else ""
    return InvalidRequest(f"nothing was imported: {'; '.join(list(told)[:TOLD_IN_DETAIL])}{more}", faults=faults)


def exported_config(view: ConfigView) -> Document:
    """A config as a bundle holds it."""
    return {
        "environment": view.environment,
        "scope": str(Scope(view.scope_kind, view.scope_id)),
        "config_type": view.config_type,
        "name": view.name,
        "description": view.description,
        "mode": view.mode,
        "config_data": view.data,
        "unset": list(view.unset),
        "is_default": view.is_default,
        "is_active": view.is_active,
    }
