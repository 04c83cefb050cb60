"""What change sets can be about: each thing as one document, and how it becomes another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from application.assign_profiles import NewProfile, ProfileEditor, require_given_to_nobody
from application.assignments import Assignments
from application.catalog import Catalog
from application.edit_configs import ConfigEditor
from application.edit_configs import Draft as NewConfig
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.config_types.config_type import ConfigType
from domain.config_types.definition import TypeDefinition
from domain.config_types.expression_reads import pointers_read
from domain.config_types.expression_syntax import parsed
from domain.config_types.schema import checked
from domain.config_types.spec import TypeSpec
from domain.configs.config import Config
from domain.configs.diff import equal
from domain.configs.scope import Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Conflict
from domain.experiments.experiment import DRAFT, Experiment
from domain.experiments.plan import require_sound
from domain.pointers import pointer_of
from domain.profiles.profile import Profile, profile_scope
from domain.releases.draft import Draft
from domain.releases.reconcile import Tie
from domain.secrets.envelope import shown

DATA = "config_data"
TYPE_FIELDS = ("description", "mode", "schema", "rules")
CONFIG_FIELDS = ("name", "description", "mode", "unset", "is_active")


@dataclass(slots=True)
class Place:
    """One attempt: where the things are, and who changes them. `catalog` has the types that were `defined` in it."""

    work: UnitOfWork
    catalog: Catalog
    environment: str
    command: Command
    assignments: Assignments
    defined: list[TypeDefinition] = field(default_factory=list)

    @property
    def configs(self) -> ConfigEditor:
        return ConfigEditor(self.work, self.catalog, self.command.stamp)


class Subject(Protocol):
    """One thing. In documents secrets stand as placeholders; in what is put they may be texts."""

    def now(self) -> Document | None:
        """The thing as it is; None where it is not there."""

    def version(self) -> int: ...

    def put(self, document: Document) -> None:
        """Make it this. Raises what the commands raise that change such things."""

    def delete(self) -> None: ...

    def ties(self) -> list[Tie]:
        """By rule, the fields that it compares."""

    def parts(self, document: Document) -> dict[str, tuple[str, Document]]:
        """The documents in it that are of a config type: by that, with the pointer that leads there."""

    def stored(self) -> dict[str, Document]:
        """The same of the thing as it is, with its envelopes."""


class ConfigSubject:
    """`default` in its document is the id of the config that is its slot's default."""

    def __init__(self, place: Place, draft: Draft) -> None:
        self._place, self._draft = place, draft
        self._config = place.work.load(Config, draft.subject)

    def now(self) -> Document | None:
        return config_document(self._place.work, self._config) if self._config.exists else None

    def version(self) -> int:
        return self._config.version

    def put(self, document: Document) -> None:
        if not self._config.exists:
            self._place.configs.create(self._new(document), self._draft.subject)
            return
        now = config_document(self._place.work, self._config)
        changes = {name: document[name] for name in CONFIG_FIELDS if not equal(document[name], now[name])}
        if not equal(document[DATA], now[DATA]):
            changes["data"] = document[DATA]
        if document["default"] != now["default"]:
            changes["is_default"] = document["default"] == str(self._config.id)
        if changes:
            self._place.configs.update(self._config.id, changes)

    def _new(self, document: Document) -> NewConfig:
        scope, config_type = Scope.recorded(str(self._draft.scope)), str(self._draft.config_type)
        return NewConfig(
            self._place.environment,
            scope,
            config_type,
            document["name"],
            document[DATA],
            document["description"],
            document["mode"],
            tuple(document["unset"]),
            document["default"] == str(self._draft.subject),
            document["is_active"],
        )

    def delete(self) -> None:
        self._place.configs.delete(self._config.id)

    def ties(self) -> list[Tie]:
        return list(_ties(self._place.catalog, str(self._draft.config_type), f"/{DATA}"))

    def parts(self, document: Document) -> dict[str, tuple[str, Document]]:
        return {str(self._draft.config_type): (f"/{DATA}", document[DATA])}

    def stored(self) -> dict[str, Document]:
        return {self._config.config_type: self._config.data} if self._config.exists else {}


class ProfileSubject:
    def __init__(self, place: Place, draft: Draft) -> None:
        self._place, self._draft = place, draft
        self._profile = place.work.load(Profile, draft.subject)

    def now(self) -> Document | None:
        profile = self._profile
        if not profile.exists:
            return None
        settings = {name: shown(data) for name, data in self.stored().items()}
        return {"description": profile.description, "is_active": profile.is_active, "settings": settings}

    def stored(self) -> dict[str, Document]:
        profile, work = self._profile, self._place.work
        found = {}
        for name in profile.types if profile.exists else ():
            slot = work.load(Slot, slot_id(profile.environment, profile_scope(profile.name), name))
            if slot.default is not None:
                found[name] = work.load(Config, slot.default).data
        return found

    def version(self) -> int:
        return self._profile.version

    def put(self, document: Document) -> None:
        facts = (document["settings"], document["description"], document["is_active"])
        editor = ProfileEditor(self._place.work, self._place.configs, self._place.command)
        editor.make(NewProfile(self._place.environment, self._draft.name, *facts))

    def delete(self) -> None:
        require_given_to_nobody(self._place.assignments, self._profile)
        ProfileEditor(self._place.work, self._place.configs, self._place.command).delete(self._profile)

    def ties(self) -> list[Tie]:
        wanted = self._draft.wanted or {"settings": {}}
        types = {*self.stored(), *wanted["settings"]}
        return [
            tie for name in sorted(types) for tie in _ties(self._place.catalog, name, pointer_of(["settings", name]))
        ]

    def parts(self, document: Document) -> dict[str, tuple[str, Document]]:
        return {name: (pointer_of(["settings", name]), one) for name, one in document["settings"].items()}


class TypeSubject:
    """Types belong to the whole installation: their drafts are carried out first."""

    def __init__(self, place: Place, draft: Draft) -> None:
        self._place, self._draft = place, draft
        self._type = place.work.load(ConfigType, draft.subject)

    def now(self) -> Document | None:
        known = self._type.definition
        if known is not None and known["revision"] is not None:
            raise Conflict(f"{self._draft.name} is built in: define a type of your own, under another name")
        return None if known is None else {name: known[name] for name in TYPE_FIELDS}

    def version(self) -> int:
        return self._type.version

    def put(self, document: Document) -> None:
        spec = type_spec(self._draft.name, document)
        checked(spec.name, spec.schema, spec.rules, spec.mode)
        self._type.define(spec.to_data(), stamp=self._place.command.stamp)
        definition = TypeDefinition(spec, version=self._type.version)
        self._place.catalog = self._place.catalog.having(definition)
        self._place.defined.append(definition)

    def delete(self) -> None:
        raise Conflict("a type stays: leave it unused")

    def ties(self) -> list[Tie]:
        return []

    def parts(self, document: Document) -> dict[str, tuple[str, Document]]:  # noqa: ARG002 -- a type holds none
        return {}

    def stored(self) -> dict[str, Document]:
        return {}


class ExperimentSubject:
    def __init__(self, place: Place, draft: Draft) -> None:
        self._place, self._draft = place, draft
        self._experiment = place.work.load(Experiment, draft.subject)

    def now(self) -> Document | None:
        return None if self._experiment.status is None else self._experiment.plan

    def version(self) -> int:
        return self._experiment.version

    def put(self, document: Document) -> None:
        require_sound(document)
        stamp = self._place.command.stamp
        if self._experiment.status is None:
            place = {"environment": self._place.environment, "name": self._draft.name}
            self._experiment.create(**place, plan=document, stamp=stamp)
            return
        if self._experiment.status != DRAFT:
            raise Conflict(f"the experiment {self._draft.name} is {self._experiment.status}: revise it directly")
        self._experiment.revise(document, stamp=stamp)

    def delete(self) -> None:
        raise Conflict("an experiment stays where it is: conclude it instead")

    def ties(self) -> list[Tie]:
        return []

    def parts(self, document: Document) -> dict[str, tuple[str, Document]]:  # noqa: ARG002 -- a plan holds none
        return {}

    def stored(self) -> dict[str, Document]:
        return {}


SUBJECTS: dict[str, Callable[[Place, Draft], Subject]] = {
    "config": ConfigSubject,
    "profile": ProfileSubject,
    "type": TypeSubject,
    "experiment": ExperimentSubject,
}


def config_document(work: UnitOfWork, config: Config) -> Document:
    """A config as drafts know it."""
    default = work.load(Slot, slot_id(config.environment, config.scope, config.config_type)).default
    fields: dict[str, Any] = {name: getattr(config, name) for name in CONFIG_FIELDS}
    return {**fields, DATA: shown(config.data), "default": None if default is None else str(default)}


def type_spec(name: str, document: Document) -> TypeSpec:
    """A type as drafts know it."""
    return TypeSpec.from_data({**document, "name": name, "revision": None})


def _ties(catalog: Catalog, config_type: str, prefix: str) -> Iterator[Tie]:
    """What each rule of a type says that it speaks of, and what its expression looks at besides."""
    for rule in catalog.definition(config_type).rules:
        fields = {*rule.fields, *pointers_read(parsed(rule.expression, variables=("this",)), "this")}
        if len(fields) > 1:
            yield tuple(prefix + pointer for pointer in sorted(fields))
