"""Bring an environment back to a moment: by new events, in one commit; nothing is rewritten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from application.catalog import Catalogs
from application.check_documents import checked_document, layers_below
from application.commands import Commands, DryRun, Outcome
from application.edit_configs import require_kind
from application.moments import Moment
from application.ports import Command, EventStore, Views
from application.seal_secrets import Holder
from application.unit_of_work import UnitOfWork
from application.views import ChangedConfig
from domain.aggregate import DomainEvent
from domain.config_types.config_type import config_type_id
from domain.configs.config import BESIDES, Config
from domain.configs.diff import Change, changed_leaves, equal
from domain.configs.scope import GLOBAL, Scope
from domain.configs.slot import Slot, slot_id
from domain.errors import Fault, InvalidConfig, InvalidRequest, StaleVersion
from domain.secrets.envelope import shown
from domain.stamp import Stamp


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of one config. `operation` is DELETE, RESTORE (it was deleted), or UPDATE."""

    config: Config
    operation: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What a rollback did, or would do."""

    outcome: Outcome | DryRun
    configs: tuple[Restored, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of an environment; None means all of it."""

    environment: str
    scopes: frozenset[Scope] | None = None
    types: frozenset[str] | None = None

    def holds(self, one: ChangedConfig) -> bool:
        if self.types is not None and one.config_type not in self.types:
            return False
        return self.scopes is None or Scope(one.scope_kind, one.scope_id) in self.scopes


@dataclass
class Return:
    """One config on its way back; `past` is None where it was not there then."""

    config: Config
    past: Config | None
    was_there: bool = field(init=False)
    old_key: str = field(init=False)

    def __post_init__(self) -> None:
        self.was_there = self.config.exists
        self.old_key = self.config.name_key if self.was_there else ""


class Restore:
    def __init__(self, store: EventStore, views: Views, catalogs: Catalogs, commands: Commands) -> None:
        self._store = store
        self._views = views
        self._catalogs = catalogs
        self._commands = commands

    def rollback(
        self,
        selection: Selection,
        *,
        moment: Moment,
        command: Command,
        expected_position: int | None = None,
        dry_run: bool = False,
    ) -> RolledBack:
        """Make every config of the selection what it was at the moment, in one commit.

        What came later is deleted, what was deleted comes back, names and defaults are those of then; all of it is
        checked against the types of today. The process layer stays: it is what variables say now. Raises NotFound for
        the environment, InvalidConfig with every fault, StaleVersion where something changed beyond
        `expected_position`, Behind, TooLarge.
        """
        self._catalogs.current().require_environment(selection.environment)

        def decide(work: UnitOfWork) -> None:
            changed = self._changed(selection, moment, expected_position)
            Way(work, self._catalogs, command.stamp).go(changed)

        outcome = self._commands.run(command, decide, dry_run=dry_run, at_head=True)
        return RolledBack(outcome, tuple(self._told(outcome)))

    def _changed(self, selection: Selection, moment: Moment, expected: int | None) -> list[ChangedConfig]:
        changed = self._views.changed_since(selection.environment, position=moment.position)
        found = [one for one in changed if selection.holds(one)]
        newest = max((one.position for one in found), default=0)
        if expected is not None and newest > expected:
            message = f"a config here has changed at position {newest}, and If-Match names {expected}: read again"
            raise StaleVersion(message)
        return found

    def _told(self, outcome: Outcome | DryRun) -> Iterator[Restored]:
        """What happened to each config, from what was or would be recorded."""
        if isinstance(outcome, DryRun):
            yield from self._would_be(outcome.events)
            return
        commit = outcome.commit
        found: dict[UUID, list[int]] = {}
        for event in self._store.events(first=commit.first, last=commit.last):
            if event.topic.startswith(f"{Config.TOPIC}."):
                found.setdefault(event.stream, []).append(event.version)
        for config_id, versions in found.items():
            before = self._store.load(Config, config_id, version=versions[0] - 1)
            yield restored(before, self._store.load(Config, config_id, version=versions[-1]))

    def _would_be(self, events: Iterable[DomainEvent]) -> Iterator[Restored]:
        found: dict[UUID, tuple[Config, Config]] = {}
        for event in events:
            if event.AGGREGATE is Config:
                if event.originator_id not in found:
                    before = self._store.load(Config, event.originator_id, version=event.originator_version - 1)
                    found[event.originator_id] = before, before.copied()
                event.mutate(found[event.originator_id][1])
        for before, after in found.values():
            yield restored(before, after)


def restored(before: Config, after: Config) -> Restored:
    """How a config differs: each field of its data, and of one that stays, what stands beside it."""
    if not after.exists:
        return Restored(after, "DELETE", tuple(_fields(before, None)))
    if not before.exists:
        return Restored(after, "RESTORE", tuple(_fields(None, after)))
    return Restored(after, "UPDATE", tuple(_fields(before, after)))


def _fields(before: Config | None, after: Config | None) -> Iterator[Change]:
    documents = [shown(one.data) if one else {} for one in (before, after)]
    for change in changed_leaves(*documents):
        yield Change(f"/config_data{change.pointer}", change.old, change.new)
    for name in (*BESIDES, "is_default") if before and after else ():
        sides = getattr(before, name), getattr(after, name)
        if not equal(*sides):
            yield Change(f"/{name}", *sides)


class Way:
    """One attempt at bringing configs back; what is decided gathers in a unit of work."""

    def __init__(self, work: UnitOfWork, catalogs: Catalogs, stamp: Stamp) -> None:
        self._work = work
        self._catalog = catalogs.current()
        self._stamp = stamp
        self._faults: list[Fault] = []

    def go(self, changed: Sequence[ChangedConfig]) -> None:
        """Raises InvalidConfig with every fault of every config, under /configs/{id}."""
        returns = [self._return(one) for one in changed]
        self._delete([one for one in returns if one.was_there and not _was(one.past)])
        coming = [one for one in returns if _was(one.past)]
        self._names(coming)
        # What is global lies below the others, which are checked over it.
        for at_global in (True, False):
            for one in coming:
                if (one.config.scope == GLOBAL) is at_global:
                    self._document(one)
            self._defaults([one for one in returns if (one.config.scope == GLOBAL) is at_global])
        if self._faults:
            told = "; ".join(dict.fromkeys(fault.message for fault in self._faults))
            raise InvalidConfig(f"the types of today do not allow what was then: {told}", faults=self._faults)

    def _return(self, one: ChangedConfig) -> Return:
        past = None if one.version_then is None else self._work.past(Config, one.id, version=one.version_then)
        return Return(self._work.load(Config, one.id), past)

    def _slot(self, config: Config) -> Slot:
        return self._work.load(Slot, slot_id(config.environment, config.scope, config.config_type))

    def _delete(self, returns: Iterable[Return]) -> None:
        for one in returns:
            self._slot(one.config).release(one.old_key, stamp=self._stamp)
            one.config.delete(stamp=self._stamp)

    def _names(self, coming: Sequence[Return]) -> None:
        """All names of a slot at once: two configs may have changed places since."""
        by_slot: dict[UUID, tuple[Slot, dict[str, str]]] = {}
        for one in coming:
            if one.was_there and one.past is not None:
                slot = self._slot(one.config)
                by_slot.setdefault(slot.id, (slot, {}))[1][one.old_key] = one.past.name_key
        for slot, renamed in by_slot.values():
            slot.rename(renamed, stamp=self._stamp)
        for one in coming:
            if not one.was_there and one.past is not None:
                self._slot(one.config).claim(one.past.name_key, one.config.id, stamp=self._stamp)

    def _document(self, one: Return) -> None:
        config, past = one.config, one.past
        assert past is not None
        require_kind(self._work, self._catalog, config.scope)
        definition = self._catalog.definition(config.config_type)
        self._work.rely_on(config_type_id(definition.name), definition.version)
        below = layers_below(
            self._work, environment=config.environment, scope=config.scope, config_type=config.config_type
        )
        try:
            data = checked_document(
                definition,
                past.data,
                mode=past.mode,
                unset=past.unset,
                below=below if past.mode == "overlay" else (),
                holder=Holder(self._work.secrets, config.id, config.version + 1, (config.data, past.data)),
            )
        except InvalidConfig as refusal:
            self._faults += [fault.under(f"/configs/{config.id}") for fault in refusal.faults]
            return
        config.restore(past, data=data, type_version=definition.version, stamp=self._stamp)

    def _defaults(self, returns: Sequence[Return]) -> None:
        """Each slot's default is the one of then, which is one of those that changed unless none of them was it."""
        by_slot: dict[UUID, list[Return]] = {}
        for one in returns:
            by_slot.setdefault(self._slot(one.config).id, []).append(one)
        for found in by_slot.values():
            self._default(self._slot(found[0].config), found)

    def _default(self, slot: Slot, returns: Sequence[Return]) -> None:
        changed = {one.config.id for one in returns}
        then = next((one.config.id for one in returns if one.past and one.past.exists and one.past.is_default), None)
        if then is None and slot.default not in changed:
            then = slot.default
        if slot.default is not None and slot.default != then:
            self._work.load(Config, slot.default).change_default(to=False, stamp=self._stamp)
        if then is not None and not self._faults:
            slot.assign_default(then, stamp=self._stamp)
            self._work.load(Config, then).change_default(to=True, stamp=self._stamp)
        elif then is None:
            slot.assign_default(None, stamp=self._stamp)


def _was(past: Config | None) -> bool:
    return past is not None and past.exists


def selected(
    environment: str, scopes: Sequence[Scope] | None, types: Sequence[str] | None, *, known: Sequence[str]
) -> Selection:
    """A part of an environment. Raises InvalidRequest for a type that there never was."""
    for name in types or ():
        if name not in known:
            message = f"there is no config type {name[:64]}: there are {', '.join(known)}"
            raise InvalidRequest.at("/types", message, "type")
    return Selection(
        environment, None if scopes is None else frozenset(scopes), None if types is None else frozenset(types)
    )
