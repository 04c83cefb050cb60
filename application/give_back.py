"""What one commit brought is given back, over what is there today: for each of its events, the opposite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from application.assignments import Assignments
from application.carry_out import CarryOut
from application.ports import EventStore, Recorded
from application.subjects import SUBJECTS, TYPE_FIELDS
from application.undo import Sides, give_back
from domain.config_types.config_type import ConfigType
from domain.configs.config import Config
from domain.configs.diff import equal
from domain.errors import Conflict, Conflicting, Fault, InvalidRequest, Refusal
from domain.experiments.experiment import DRAFT, Experiment
from domain.profiles.profile import Profile
from domain.releases.draft import Draft

PROFILE_FIELDS = ("description", "is_active", "types")


@dataclass
class GiveBack:
    """One attempt; what is decided gathers in the unit of work of `carry`. `force` names pointers."""

    store: EventStore
    carry: CarryOut
    assignments: Assignments
    force: frozenset[str]
    _refusals: list[tuple[str, Refusal]] = field(default_factory=list)
    _types: list[Draft] = field(default_factory=list)

    def take_all(self, events: Sequence[Recorded]) -> None:
        """Types first, by which the others are checked; what came goes before what went comes back in its place.

        Raises Conflict with every field that has changed since, unless it is forced; InvalidRequest.
        """
        for event in sorted(events, key=_backwards):
            opposite = _OPPOSITES.get(event.topic, GiveBack._config if event.topic in CONFIGS else None)
            if opposite is not None:
                with self._noted(event):
                    opposite(self, event)
        self.carry.settle_types(self._types)
        self._raise()

    @contextmanager
    def _noted(self, event: Recorded) -> Iterator[None]:
        try:
            yield
        except Refusal as refusal:
            self._refusals.append((f"/{event.topic.partition('.')[0]}s/{event.stream}", refusal))

    def _raise(self) -> None:
        self.carry.raise_problems()
        if not self._refusals:
            return
        faults = [
            fault.under(at) for at, one in self._refusals for fault in one.faults or (Fault("", one.detail, one.code),)
        ]
        kind = Conflict if any(isinstance(one, Conflicting) for _, one in self._refusals) else InvalidRequest
        told = "; ".join(f"{fault.pointer}: {fault.message}" for fault in faults)
        raise kind(f"it cannot be given back as it is: {told}", faults=faults)

    def _config(self, event: Recorded) -> None:
        sides = Sides.of(self.carry.place.work, event)
        if sides.now.scope.kind == "release":
            return
        if event.topic == Config.DefaultChanged.TOPIC and sides.now.is_default == sides.before.is_default:
            return  # the config that took or gave up the default has been given back already
        prefix = f"/configs/{event.stream}"
        force = frozenset(one.removeprefix(prefix) for one in self.force if one.startswith(prefix))
        give_back(self.store, self.carry.place.work, self.carry.place.configs, event, sides, force=force)

    def _type(self, event: Recorded) -> None:
        work = self.carry.place.work
        before, after = (work.past(ConfigType, event.stream, version=event.version - n) for n in (1, 0))
        now = work.load(ConfigType, event.stream)
        assert after.definition is not None
        if before.definition is None:
            return  # a type stays; unused, it harms nobody
        self._require(event, "", unchanged=equal(now.definition, after.definition))
        document = {name: before.definition[name] for name in TYPE_FIELDS}
        draft = Draft("type", event.stream, after.definition["name"], None, None, wanted=document)
        SUBJECTS["type"](self.carry.place, draft).put(document)
        self._types.append(draft)

    def _profile_made(self, event: Recorded) -> None:
        profile = self.carry.place.work.load(Profile, event.stream)
        if not profile.exists:
            return
        given = self.assignments.given(profile.environment, profile=profile.name, after=None, limit=1)
        self._require(event, "", unchanged=not given, why=f"the profile {profile.name} is given to users by now")
        profile.delete(stamp=self.carry.place.command.stamp)

    def _profile_changed(self, event: Recorded) -> None:
        work = self.carry.place.work
        before, after = (work.past(Profile, event.stream, version=event.version - n) for n in (1, 0))
        now = work.load(Profile, event.stream)
        changes: dict[str, Any] = {}
        for name in PROFILE_FIELDS:
            if not equal(getattr(before, name), getattr(after, name)):
                unchanged = equal(getattr(now, name), getattr(after, name))
                self._require(event, f"/{name}", unchanged=unchanged)
                changes[name] = getattr(before, name)
        now.update(has_new_settings=True, stamp=self.carry.place.command.stamp, **changes)

    def _profile_deleted(self, event: Recorded) -> None:
        work = self.carry.place.work
        before, now = work.past(Profile, event.stream, version=event.version - 1), work.load(Profile, event.stream)
        facts: dict[str, Any] = {name: getattr(before, name) for name in ("environment", "name", *PROFILE_FIELDS)}
        now.create(stamp=self.carry.place.command.stamp, **facts)

    def _experiment_revised(self, event: Recorded) -> None:
        work = self.carry.place.work
        before, after = (work.past(Experiment, event.stream, version=event.version - n) for n in (1, 0))
        now = work.load(Experiment, event.stream)
        self._require(event, "", unchanged=now.status == DRAFT and equal(now.plan, after.plan))
        now.revise(before.plan, stamp=self.carry.place.command.stamp)

    def _require(self, event: Recorded, pointer: str, *, unchanged: bool, why: str | None = None) -> None:
        at = f"/{event.topic.partition('.')[0]}s/{event.stream}{pointer}"
        if not unchanged and at not in self.force:
            message = f"{why or 'it has changed since'}: name {at} in force to give it back all the same"
            raise Conflict(message, faults=[Fault(pointer, message, "changed_since")])


FIRST = (ConfigType.Defined.TOPIC, Config.Created.TOPIC)
CONFIGS = frozenset(event.TOPIC for event in Config.EVENTS)
_OPPOSITES: dict[str, Callable[[GiveBack, Recorded], None]] = {
    ConfigType.Defined.TOPIC: GiveBack._type,
    Profile.Created.TOPIC: GiveBack._profile_made,
    Profile.Updated.TOPIC: GiveBack._profile_changed,
    Profile.Deleted.TOPIC: GiveBack._profile_deleted,
    Experiment.Revised.TOPIC: GiveBack._experiment_revised,
}


def _backwards(event: Recorded) -> tuple[bool, bool, int]:
    return event.topic not in FIRST, event.topic != ConfigType.Defined.TOPIC, -event.position
