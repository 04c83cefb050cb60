"""One attempt at all that a change set wants, over what is there now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from application.register_types import RegisterTypes
from application.subjects import SUBJECTS, Place, Subject
from domain.config_types.config_type import ConfigType, config_type_id
from domain.configs.config import Config
from domain.configs.diff import changed_leaves
from domain.configs.scope import GLOBAL, PROCESS
from domain.documents import Document
from domain.errors import Conflict, Conflicting, Fault, InvalidRequest, Refusal
from domain.pointers import MISSING, put, value_at
from domain.releases.draft import Draft
from domain.releases.reconcile import Clash, clashes, reconciled, without_gaps
from domain.secrets.envelope import is_envelope, marked, shown


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one draft cannot be carried out; `index` is its place among the drafts of the change set."""

    index: int
    draft: Draft
    refusal: Refusal

    @property
    def faults(self) -> list[Fault]:
        own = Fault("", f"{self.draft.title}: {self.refusal.detail}", self.refusal.code)
        return [fault.under(f"/drafts/{self.index}") for fault in self.refusal.faults or (own,)]


class Diverged(Conflict):
    """What a draft changes, others have changed since."""


@dataclass
class CarryOut:
    """What is decided gathers in the unit of work of `place`; what stands in the way, in `problems`.

    `change_set` is the one for which secrets of the drafts were sealed.
    """

    place: Place
    types: RegisterTypes
    change_set: UUID
    problems: list[Problem] = field(default_factory=list)

    def take_all(self, drafts: Sequence[Draft]) -> None:
        """Types first, then what goes, then what is global: what comes later is checked over it."""
        for index, draft in sorted(enumerate(drafts), key=lambda one: _rank(one[1])):
            with self._noted(index, draft):
                self.take(draft)
        self.settle_types(drafts)
        self.problems.sort(key=lambda one: one.index)

    def settle_types(self, drafts: Sequence[Draft]) -> None:
        """Once all else is carried out: what is in force must be valid by the types that are defined."""
        for index, draft in enumerate(drafts):
            if draft.kind == "type":
                with self._noted(index, draft):
                    self._require_harmless(draft)
        for definition in self.place.defined:
            # Configs rely on the version that they were checked by; of what this commit defines, the log has another.
            config_type = self.place.work.load(ConfigType, config_type_id(definition.name))
            self.place.work.rely_on(config_type.id, config_type.version - len(config_type.pending_events))

    @contextmanager
    def _noted(self, index: int, draft: Draft) -> Iterator[None]:
        try:
            yield
        except Refusal as refusal:
            self.problems.append(Problem(index, draft, refusal))

    def take(self, draft: Draft) -> None:
        """Raises Diverged, and what the commands raise that make such changes."""
        subject = SUBJECTS[draft.kind](self.place, draft)
        now = subject.now()
        if draft.wanted is None:
            _require_unchanged(draft, now)
            if now is not None:
                subject.delete()
            return
        subject.put(self.document(subject, draft))

    def document(self, subject: Subject, draft: Draft) -> Document:
        """What the draft makes of the thing as it is now. Raises Diverged."""
        now, wanted = subject.now(), shown(draft.wanted)
        if draft.base is None or now is None:
            _require_unchanged(draft, now)
            return self._with_texts(subject, draft, wanted)
        sides = draft.base, now, wanted
        if found := clashes(*sides, ties=subject.ties()):
            raise diverged(draft, found)
        return self._with_texts(subject, draft, reconciled(*sides))

    def _with_texts(self, subject: Subject, draft: Draft, document: Document) -> Document:
        """The document with the secrets that were drafted, where it still wants them."""
        assert draft.wanted is not None
        texts = {}
        for prefix, part in subject.parts(draft.wanted).values():
            for pointer in marked(part):
                sealed = value_at(part, pointer)
                if is_envelope(sealed) and value_at(document, prefix + pointer) == shown(sealed):
                    where: dict[str, Any] = {"stream": self.change_set, "version": draft.version, "pointer": pointer}
                    texts[prefix + pointer] = self.place.work.secrets.open(sealed, **where)
        return put(document, texts)

    def _require_harmless(self, draft: Draft) -> None:
        """Raises Conflict where the type does not allow a config in force that this commit leaves as it is."""
        definition = next((one for one in self.place.defined if one.name == draft.name), None)
        for one in self.types.invalid_under(definition) if definition else ():
            if one.scope == str(PROCESS) or not self.place.work.load(Config, UUID(one.config_id)).pending_events:
                message = f"the config at {one.scope} in {one.environment} is not valid under {draft.name} as drafted"
                raise Conflict(f"{message}: draft a change of it too")

    def raise_problems(self) -> None:
        """Raises Conflict where anything stands in the way, else InvalidRequest, with every fault of every draft."""
        if not self.problems:
            return
        faults = [fault for one in self.problems for fault in one.faults]
        told = "; ".join(dict.fromkeys(fault.message for fault in faults))
        conflicting = any(isinstance(one.refusal, Conflicting) for one in self.problems)
        kind = Conflict if conflicting else InvalidRequest
        raise kind(f"the change set cannot be published as it is: {told}", faults=faults)


def diverged(draft: Draft, found: Sequence[Clash]) -> Diverged:
    """Told with both sides of each field."""
    faults = [
        Fault(one.pointer, _told(draft, one), "changed_since" if one.tied_to is None else "tied", without_gaps(one))
        for one in found
    ]
    return Diverged("; ".join(fault.message for fault in faults), faults=faults)


def _told(draft: Draft, clash: Clash) -> str:
    if clash.tied_to is None:
        return f"{clash.pointer} of {draft.title} was changed by others since: draft it again over what is there now"
    return (
        f"{clash.pointer} of {draft.title} is tied by a rule to {clash.tied_to}, which others changed since: "
        "draft it again over what is there now"
    )


def _require_unchanged(draft: Draft, now: Document | None) -> None:
    """Of what comes or goes as a whole. Raises Diverged."""
    base = draft.base
    if base is None and now is not None:
        raise Diverged(f"others have made {draft.title} since: draft it again over what is there now")
    if base is not None and now is None and draft.wanted is not None:
        raise Diverged(f"others have deleted {draft.title} since: remove the draft, or draft it anew")
    if base is not None and now is not None:
        changes = changed_leaves(base, now)
        found = [Clash(one.pointer, one.old, one.new, MISSING) for one in changes if one.pointer != "/default"]
        if found:
            raise diverged(draft, found)


def _rank(draft: Draft) -> tuple[int, bool, bool]:
    kinds = ("type", "config", "profile", "experiment")
    return kinds.index(draft.kind), draft.wanted is not None, draft.scope != str(GLOBAL)
