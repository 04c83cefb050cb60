"""From what a caller wants of a thing to a draft: complete, checked as publishing would, its secrets sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from application.carry_out import CarryOut, Diverged
from application.seal_drafts import SealDraft
from application.subjects import DATA, SUBJECTS, Place, Subject, config_document, type_spec
from application.try_changes import faults_under
from domain.aggregate import stream_id
from domain.config_types.config_type import config_type_id
from domain.config_types.definition import TypeDefinition
from domain.config_types.schema import checked
from domain.configs.config import Config, checked_name, name_key
from domain.configs.scope import PROCESS, Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import InvalidRequest, StaleVersion
from domain.experiments.experiment import PLAN, experiment_id
from domain.pointers import put
from domain.profiles.profile import profile_id
from domain.releases.change_set import ChangeSet
from domain.releases.draft import Draft, Kind

NEW: dict[str, Document] = {
    "config": {"description": None, DATA: {}, "unset": [], "is_active": True},
    "profile": {"description": None, "is_active": True, "settings": {}},
    "type": {"description": "", "mode": "overlay", "rules": []},
    "experiment": {**dict.fromkeys(PLAN), "variants": [], "guardrails": [], "traffic_percent": 100.0},
}
"""What a thing is that is not there yet, where the caller says nothing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller wants of one thing. Of `fields`, those that are left out stay as they are.

    A config is named by its id, or by its slot and its name there; without a name it is the default of the slot.
    """

    kind: Kind
    fields: Document
    name: str | None = None
    scope: Scope | None = None
    config_type: str | None = None
    config_id: UUID | None = None
    deletes: bool = False
    base_version: int | None = None


@dataclass
class Drafting:
    """One attempt. `trial` carries out in a unit of work that nobody records."""

    change_set: ChangeSet
    place: Place
    trial: CarryOut

    def take_all(self, wishes: Sequence[Wish]) -> list[Draft]:
        """The drafts, in the order of the wishes. Raises what carrying them out would raise, under /drafts."""
        for draft in self.change_set.drafts.values():
            self._know(draft)
        drafts: dict[int, Draft] = {}
        for index, wish in sorted(enumerate(wishes), key=lambda one: one[1].kind != "type"):
            with faults_under(f"/drafts/{index}"):
                drafts[index] = self._drafted(wish, version=self.change_set.version + 1 + index)
                self._know(drafts[index])
        found = [drafts[index] for index in range(len(wishes))]
        self._require_distinct(found)
        self._try(found)
        return found

    def _know(self, draft: Draft) -> None:
        """What else is drafted may be of this type. Raises InvalidType."""
        if draft.kind == "type" and draft.wanted is not None:
            spec = type_spec(draft.name, draft.wanted)
            checked(spec.name, spec.schema, spec.rules, spec.mode)
            self.place.catalog = self.place.catalog.having(TypeDefinition(spec, version=draft.base_version + 1))

    def _require_distinct(self, drafts: Sequence[Draft]) -> None:
        for index, one in enumerate(drafts):
            if any(one.subject == other.subject for other in drafts[:index]):
                raise InvalidRequest.at(f"/drafts/{index}", f"{one.title} is drafted twice: once is enough", "distinct")

    def _try(self, drafts: Sequence[Draft]) -> None:
        """Together with the drafts that are there; what others changed meanwhile stands in no draft's way yet."""
        subjects = {draft.subject for draft in drafts}
        others = [one for one in self.change_set.drafts.values() if one.subject not in subjects]
        self.trial.take_all([*drafts, *others])
        mine = [one for one in self.trial.problems if one.draft.subject in subjects]
        self.trial.problems = [one for one in mine if not isinstance(one.refusal, Diverged)]
        self.trial.raise_problems()

    def _drafted(self, wish: Wish, *, version: int) -> Draft:
        """`version` is the one that the change set will have with it."""
        draft = replace(self._bare(wish), version=version)
        subject = SUBJECTS[wish.kind](self.place, draft)
        base_version, base = subject.version(), subject.now()
        past = None
        if wish.base_version is not None and wish.base_version != base_version:
            past = self._past(wish, draft, base_version)
            base_version, base = past.version, config_document(self.place.work, past) if past.exists else None
        draft = replace(draft, base_version=base_version, base=base)
        if wish.deletes:
            if base is None:
                raise InvalidRequest.at("", f"{draft.title} is not there: there is nothing to delete", "missing")
            return draft
        wanted = self._wanted(wish, draft)
        return replace(draft, wanted=self._sealed(subject, draft, wanted, past))

    def _past(self, wish: Wish, draft: Draft, version: int) -> Config:
        if wish.kind != "config" or not 0 < (wish.base_version or 0) < version:
            message = (
                f"{draft.title} is at version {version}, and base_version names {wish.base_version}: read it again"
            )
            raise StaleVersion(message)
        return self.place.work.past(Config, draft.subject, version=wish.base_version or 0)

    def _bare(self, wish: Wish) -> Draft:
        """Which thing it is about. Raises NotFound, InvalidRequest."""
        if wish.kind == "config":
            return self._bare_config(wish)
        name, environment = checked_name(wish.name or ""), self.place.environment
        subject = {
            "profile": lambda: profile_id(environment, name),
            "experiment": lambda: experiment_id(environment, name),
            "type": lambda: config_type_id(name),
        }[wish.kind]()
        return Draft(wish.kind, subject, name, None, None)

    def _bare_config(self, wish: Wish) -> Draft:
        work, environment = self.place.work, self.place.environment
        if wish.config_id is not None:
            config = work.load(Config, wish.config_id)
            config.require()
            if config.environment != environment:
                message = f"this config is in {config.environment}, and the change set in {environment}: make another"
                raise InvalidRequest.at("/config_id", message, "environment")
            return Draft("config", config.id, config.name, str(config.scope), config.config_type)
        assert wish.scope is not None
        assert wish.config_type is not None
        if wish.scope == PROCESS:
            message = "the process layer is what environment variables say: change it by import or sync"
            raise InvalidRequest.at("/scope", message, "scope_kind")
        self.place.catalog.definition(wish.config_type)
        slot = work.load(Slot, slot_id(environment, wish.scope, wish.config_type))
        known = slot.default if wish.name is None else slot.names.get(name_key(wish.name))
        if known is not None:
            return Draft("config", known, work.load(Config, known).name, str(wish.scope), wish.config_type)
        name = checked_name(wish.name or "")
        new = stream_id("config_of", str(self.change_set.id), str(slot.id), name_key(name))
        return Draft("config", new, name, str(wish.scope), wish.config_type)

    def _wanted(self, wish: Wish, draft: Draft) -> Document:
        """The whole thing as it is to be."""
        if wish.kind == "config":
            return self._wanted_config(wish, draft)
        return {**(NEW[wish.kind] if draft.base is None else draft.base), **wish.fields}

    def _wanted_config(self, wish: Wish, draft: Draft) -> Document:
        fields = dict(wish.fields)
        is_default = fields.pop("is_default", None)
        scope, config_type = Scope.recorded(str(draft.scope)), str(draft.config_type)
        default = self.place.work.load(Slot, slot_id(self.place.environment, scope, config_type)).default
        base = draft.base or {
            **NEW["config"],
            "name": draft.name,
            "mode": self.place.catalog.definition(config_type).mode,
            "default": None if default is None else str(default),
        }
        wanted = {**base, **fields}
        if is_default or (draft.base is None and scope.kind == "collection"):
            wanted["default"] = str(draft.subject)
        elif is_default is False and base["default"] == str(draft.subject):
            wanted["default"] = None
        return wanted

    def _sealed(self, subject: Subject, draft: Draft, wanted: Document, past: Config | None) -> Document:
        """The document as it is recorded. Raises InvalidConfig, KeysMissing."""
        earlier = self.change_set.drafts.get(draft.subject)
        former = subject.parts(earlier.wanted) if earlier is not None and earlier.wanted is not None else {}
        stored = subject.stored()
        for name, (prefix, part) in subject.parts(wanted).items():
            known = [stored[name]] if name in stored else []
            known += [past.data] if past is not None and past.exists else []
            seal = SealDraft(self.place.work.secrets, self.change_set.id, draft.version, known)
            plain = part
            if earlier is not None and name in former:
                plain = seal.with_texts_of(former[name][1], part, version=earlier.version)
            wanted = put(wanted, {prefix: seal.sealed(self.place.catalog.definition(name), plain, at=prefix)})
        return wanted
