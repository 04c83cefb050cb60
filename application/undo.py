"""The opposite of one old event, over what is there today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.commands import Commands, DryRun, Outcome
from application.edit_configs import ConfigEditor, EditConfigs
from application.ports import Command, EventStore, Recorded
from application.replay import commit_of
from application.unit_of_work import UnitOfWork
from domain.configs.config import BESIDES, Config
from domain.configs.diff import changed_leaves, equal
from domain.configs.merge import given_back
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Conflict, Fault, InvalidRequest, NotFound, StaleVersion
from domain.pointers import value_at
from domain.secrets.envelope import shown

INSTEAD = {
    "slot": "undo the event of the config that is in the same commit",
    "process": "it is what the environment variables said: change them, and sync again",
    "config_type": "define the type again as it was",
    "serving": "switch it back",
    "policy": "set the policy of before",
    "environment": "change back what it demands; a frozen one is thawed, a retired one added again",
    "ladder": "put the ladder of before",
    "resolver": "answers are made by the newest resolver",
    "tag": "name the position of before",
    "api_key": "issue another key, or revoke it",
    "experiment": "pause it, or conclude it",
    "profile": "change the profile back; what it sets are configs at its scope, whose events have opposites",
    "assignment": "give the user the profile of before",
    "webhook": "change the webhook back, or delete it; its secret can be rotated again",
    "health": "put the bounds of before; alerts end with a report that passes",
    "evaluation": "record another evaluation: what was measured stays",
    "change_set": "roll the change set back: POST /api/change-sets/{id}/rollback",
    "lock": "unlock it, or roll its promotion back; what is unlocked can be locked again",
    "index": "switch to the index of before, or register another",
    "embedder": "declare the model again as it was",
    "collection": "give the collection to the owner of before",
}
"""What to do about events that have no opposite, by the first part of their topic."""


@dataclass(frozen=True, slots=True)
class Sides:
    """A config before the event, after it, and now."""

    before: Config
    after: Config
    now: Config

    @classmethod
    def of(cls, work: UnitOfWork, event: Recorded) -> Sides:
        before, after = (work.past(Config, event.stream, version=event.version - n) for n in (1, 0))
        return cls(before, after, work.load(Config, event.stream))


class Undo:
    def __init__(self, store: EventStore, edit_configs: EditConfigs, commands: Commands) -> None:
        self._store = store
        self._edit_configs = edit_configs
        self._commands = commands

    def event(self, position: int) -> Recorded:
        """The event at a position, of a config. Raises NotFound, InvalidRequest."""
        found = self._store.events(first=position, last=position)
        if not found:
            raise NotFound(f"there is no event at position {position}")
        kind = found[0].topic.partition(".")[0]
        if kind != Config.TOPIC:
            message = f"a {found[0].topic} has no opposite: {INSTEAD[kind]}"
            raise InvalidRequest.at("/position", message, "no_opposite")
        return found[0]

    def undo(
        self,
        position: int,
        *,
        command: Command,
        force: frozenset[str] = frozenset(),
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Give the config back what this event took from it.

        Raises Conflict with each field that has changed since, by its pointer, unless `force` names it; NotFound,
        InvalidRequest, StaleVersion, InvalidConfig, NameTaken, SlotTaken.
        """
        event = self.event(position)

        def decide(work: UnitOfWork) -> None:
            sides = Sides.of(work, event)
            if expected_version is not None and sides.now.version != expected_version:
                message = f"this config is at version {sides.now.version}, and If-Match names {expected_version}"
                raise StaleVersion(f"{message}: read it again")
            give_back(self._store, work, self._edit_configs.editor(work, command), event, sides, force=force)

        return self._commands.run(command, decide, dry_run=dry_run)


def give_back(
    store: EventStore,
    work: UnitOfWork,
    editor: ConfigEditor,
    event: Recorded,
    sides: Sides,
    *,
    force: frozenset[str],
) -> None:
    """Do the opposite of one event of a config. Raises what `Undo.undo` raises."""
    attempt = Attempt(work, editor, event, sides, force)
    attempt.partner = _partner(store, event)
    _OPPOSITES[event.topic](attempt)


def _partner(store: EventStore, event: Recorded) -> UUID | None:
    """The config that gave or took the default of the slot in the same commit."""
    commit = commit_of(store, event.position)
    config = store.load(Config, event.stream, version=event.version)
    place = (config.environment, config.scope, config.config_type)
    for other in store.events(first=commit.first, last=commit.last):
        if other.topic == Config.DefaultChanged.TOPIC and other.stream != event.stream:
            found = store.load(Config, other.stream, version=other.version)
            if (found.environment, found.scope, found.config_type) == place:
                return found.id
    return None


@dataclass
class Attempt:
    """One attempt at one event."""

    work: UnitOfWork
    editor: ConfigEditor
    event: Recorded
    sides: Sides
    force: frozenset[str]
    partner: UUID | None = None

    @property
    def id(self) -> UUID:
        return self.sides.now.id

    def created(self) -> None:
        """A creation is undone by deleting; all that was changed since would go with it."""
        self._require_there()
        self._require_unchanged(list(_changed(self.sides.after, self.sides.now)))
        self.editor.delete(self.id)
        self._give_default_back()

    def updated(self) -> None:
        if not self.sides.before.exists:  # it brought a deleted config back
            self.created()
            return
        self._require_there()
        before, after, now = self.sides.before, self.sides.after, self.sides.now
        pointers = [change.pointer for change in changed_leaves(shown(before.data), shown(after.data))]
        fields = [name for name in BESIDES if not equal(getattr(before, name), getattr(after, name))]
        since = [f"/config_data{one}" for one in pointers if _differs(after.data, now.data, one)]
        since += [f"/{name}" for name in fields if not equal(getattr(after, name), getattr(now, name))]
        self._require_unchanged(since)
        changes: dict[str, Any] = {name: getattr(before, name) for name in fields}
        if pointers:
            changes["data"] = given_back(now.data, before.data, pointers)
        if changes:
            self.editor.update(self.id, changes, known=[before.data])

    def deleted(self) -> None:
        if self.sides.now.exists:
            raise Conflict("the config has come back since: there is nothing to undo")
        self.editor.restore(self.id, self.sides.before.version)
        if self.sides.before.is_default and self._default() != self.id:
            if self._default() is not None:
                self._require_unchanged(["/is_default"])
            self.editor.update(self.id, {"is_default": True})

    def default_changed(self) -> None:
        self._require_there()
        gave_way = None if self.sides.after.is_default else self.partner
        holder = self.id if self.sides.after.is_default else gave_way
        if self._default() != holder:
            self._require_unchanged(["/is_default"])
        if not self.sides.after.is_default:
            self.editor.update(self.id, {"is_default": True})
        elif not self._give_default_back():
            self.editor.update(self.id, {"is_default": False})

    def _give_default_back(self) -> bool:
        """To the config that gave it up in the same commit, where that is there and nobody else has it by now."""
        if self.partner is None or not self.work.load(Config, self.partner).exists:
            return False
        if self._default() not in (None, self.id):
            return False
        self.editor.update(self.partner, {"is_default": True})
        return True

    def _default(self) -> UUID | None:
        now = self.sides.now
        return self.work.load(Slot, slot_id(now.environment, now.scope, now.config_type)).default

    def _require_there(self) -> None:
        if not self.sides.now.exists:
            raise Conflict("the config was deleted since: bring it back first, by a rollback to an earlier version")

    def _require_unchanged(self, since: list[str]) -> None:
        faults = [
            Fault(pointer, f"{pointer} has changed since: name it in force to undo it all the same", "changed_since")
            for pointer in since
            if pointer not in self.force
        ]
        if faults:
            raise Conflict("; ".join(fault.message for fault in faults), faults=faults)


_OPPOSITES: dict[str, Callable[[Attempt], None]] = {
    Config.Created.TOPIC: Attempt.created,
    Config.Updated.TOPIC: Attempt.updated,
    Config.Deleted.TOPIC: Attempt.deleted,
    Config.DefaultChanged.TOPIC: Attempt.default_changed,
}


def _changed(after: Config, now: Config) -> Iterator[str]:
    """Where a config is no longer as an event left it."""
    for change in changed_leaves(shown(after.data), shown(now.data)):
        yield f"/config_data{change.pointer}"
    for name in BESIDES:
        if not equal(getattr(after, name), getattr(now, name)):
            yield f"/{name}"


def _differs(one: Document, other: Document, pointer: str) -> bool:
    return not equal(shown(value_at(one, pointer)), shown(value_at(other, pointer)))
