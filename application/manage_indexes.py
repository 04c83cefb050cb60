"""Indexes of applications: registered, filled, ready, read, dropped; and the shadow tables that are built for locks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from application.catalog import Catalogs
from application.commands import Commands, DryRun, Outcome
from application.in_flight import InFlight
from application.index_gates import fingerprint_at, fitting, fitting_shape
from application.ports import Command, EventStore
from application.resolve_config import ResolveConfig
from application.unit_of_work import UnitOfWork
from domain.aggregate import stream_id
from domain.configs.config import Config
from domain.configs.layer import Layer
from domain.configs.scope import GLOBAL, Context, Scope
from domain.documents import Document
from domain.errors import Conflict, InvalidRequest
from domain.releases.embedders import EMBEDDERS_ID, Embedders
from domain.releases.fingerprint import SHAPING, fingerprint, shape_of
from domain.releases.guardrails import TOKEN_BUDGET
from domain.releases.index import Index, checked_table, shadow_table
from domain.releases.indexes import Indexes, indexes_id, unknown_index
from domain.releases.lock import Lock


@dataclass(frozen=True, slots=True)
class Filled:
    """What is in a shadow table. `foreign` chunks are those of another version or run than its lock's."""

    chunks: int
    over_budget: int
    foreign: int


class ShadowTables(Protocol):
    """Tables in the databases of applications, of which only those that were made here are ever touched."""

    def reach(self, environment: str) -> bool:
        """Whether a database is named for it. Raises StoreUnavailable where that does not answer."""

    def create(self, environment: str, table: str, *, index_id: UUID) -> None:
        """One that is there already for this index stays. Raises Conflict, StoreUnavailable."""

    def filled(self, index: Index, *, budget: int) -> Filled:
        """Raises Conflict where the table is not that of the index, StoreUnavailable."""

    def drop(self, index: Index) -> None:
        """One that is gone already stays so. Raises Conflict where it is not the index's own, StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class NewIndex:
    """Without a fingerprint: that of the settings in force, or, with a lock, of those with what it locked."""

    environment: str
    scope: Scope = GLOBAL
    fingerprint: str | None = None
    table: str | None = None
    lock: Lock | None = None
    is_shadow: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Where reads go. `matches`: whether the index was built with what is in effect."""

    index: Index | None
    fingerprint: str
    matches: bool
    is_shadow: bool


class ManageIndexes:
    """The commands answer with their commit, or with what they would record when `dry_run`."""

    def __init__(
        self,
        store: EventStore,
        catalogs: Catalogs,
        resolve_config: ResolveConfig,
        commands: Commands,
        tables: ShadowTables,
    ) -> None:
        self._store = store
        self._resolve_config = resolve_config
        self._catalogs = catalogs
        self._commands = commands
        self._tables = tables

    def index(self, index_id: UUID) -> Index:
        """Raises NotFound."""
        found = (self._store.load(Indexes, indexes_id(name)).indexes.get(index_id) for name in self._environments)
        index = next((one for one in found if one is not None), None)
        if index is None:
            raise unknown_index(index_id)
        return index

    def indexes(self, environment: str | None = None) -> list[Index]:
        """Those of an environment, or of all, dropped ones too, the oldest first. Raises NotFound."""
        catalog = self._catalogs.current()
        names = self._environments if environment is None else [catalog.require_environment(environment)]
        found = [one for name in names for one in self._store.load(Indexes, indexes_id(name)).indexes.values()]
        return sorted(found, key=lambda one: (one.registered_us, one.id))

    def reach(self, environment: str) -> bool:
        """Whether the application's database is known here. Raises StoreUnavailable where it does not answer."""
        return self._tables.reach(environment)

    @property
    def _environments(self) -> list[str]:
        return list(self._catalogs.current().environments)

    def shape(self, environment: str, scope: Scope) -> tuple[str, Document]:
        """The fingerprint of what is in effect at a scope, and what it is made of. Raises NotFound."""
        known = [name for name in SHAPING if name in self._catalogs.current().types]
        context = Context(environment, collection_ids=() if scope == GLOBAL else (scope.id,))
        types = self._resolve_config.effective(context, types=known).types
        shape = shape_of(lambda name: types[name].resolved.value if name in types else None)
        return fingerprint(shape), shape

    def route(self, environment: str, scope: Scope, *, shadow: bool = False) -> Route:
        """Where to read: at this scope, or else globally. A shadow only where one is ready. Raises NotFound."""
        built_with, shape = self.shape(environment, scope)
        wanted = fitting_shape(shape, self._store.load(Embedders, EMBEDDERS_ID))
        indexes = self._store.load(Indexes, indexes_id(environment))
        shadows = [_shadow(indexes, one) for one in (scope, GLOBAL)] if shadow else []
        index = next((one for one in (*shadows, indexes.live(scope), indexes.live(GLOBAL)) if one is not None), None)
        matches = index is not None and index.fingerprint in wanted
        return Route(index, built_with, matches, is_shadow=index is not None and index in shadows)

    def register(self, new: NewIndex, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Its id is `index_id_of` the command; a shadow's table is made in the database of its environment.

        Raises NotFound, InvalidRequest, Conflict, StoreUnavailable where that database does not answer.
        """
        index_id = index_id_of(command)
        table = _table(new)

        def decide(work: UnitOfWork) -> None:
            work.load(Indexes, indexes_id(new.environment)).register(
                index_id,
                environment=new.environment,
                scope=new.scope,
                stamp=command.stamp,
                fingerprint=new.fingerprint or fingerprint_at(self._planned(work, new), new.scope),
                table=table,
                is_shadow=new.is_shadow,
                lock_id=new.lock.id if new.lock else None,
                version_label=new.lock.version_label if new.lock else None,
                ingest_run_id=new.lock.ingest_run_id if new.lock else None,
                registered_us=self._store.now_us(),
            )

        if not new.is_shadow or table is None:
            return self._commands.run(command, decide, dry_run=dry_run)
        known = index_id in self._store.load(Indexes, indexes_id(new.environment)).indexes
        if not known:
            tried = self._commands.run(command, decide, dry_run=True)  # what is refused makes no table
            if dry_run:
                return tried
            self._tables.create(new.environment, table, index_id=index_id)
        return self._commands.run(command, decide)

    def progress(
        self, index: Index, *, chunks: int | None, of: int | None, command: Command, dry_run: bool = False
    ) -> Outcome | DryRun:
        """How far it is filled; what is in a shadow's table is counted. Raises NotFound, Conflict, InvalidRequest."""
        if chunks is None:
            if not index.is_shadow:
                raise InvalidRequest.at("/chunks", "say how many chunks there are: this table is not ours", "required")
            chunks = self._tables.filled(index, budget=TOKEN_BUDGET).chunks
        count = chunks

        def act(indexes: Indexes) -> None:
            indexes.progress(index.id, chunks=count, of=of, stamp=command.stamp)

        return self._run(index, act, command, dry_run=dry_run)

    def ready(self, index: Index, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Settings of its fingerprint may come into force; where nothing is read yet, it is read from now on.

        Raises NotFound, and Conflict for a shadow that is empty, over its budget, or filled by another run.
        """
        chunks = self._counted(index) if index.is_shadow else None

        def decide(work: UnitOfWork) -> None:
            indexes = work.load(Indexes, indexes_id(index.environment))
            indexes.ready(index.id, at_us=self._store.now_us(), chunks=chunks, stamp=command.stamp)
            fits = index.fingerprint in fitting(self._now(work, index.environment), index.scope)
            if fits and indexes.live(index.scope) is None:
                indexes.switch(index.id, at_us=self._store.now_us(), stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def switch(self, index: Index, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Read there from now on. Raises NotFound, and Conflict where it is not ready, or the settings are others."""

        def decide(work: UnitOfWork) -> None:
            indexes = work.load(Indexes, indexes_id(index.environment))
            now = self._now(work, index.environment)
            if indexes.index(index.id).serves and index.fingerprint not in fitting(now, index.scope):
                message = f"settings of {fingerprint_at(now, index.scope)} are in force, and this index has"
                raise Conflict(f"{message} {index.fingerprint}: bring its settings into force, and reads follow")
            indexes.switch(index.id, at_us=self._store.now_us(), stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def drop(
        self, index: Index, *, confirm: str, force: bool = False, command: Command, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Forget it; the table of a shadow goes, any other stays. `confirm` is the table's name, or the id.

        Raises InvalidRequest, NotFound, Conflict, StoreUnavailable where a table is left: send it again.
        """
        if confirm != index.confirmation:
            message = f"to drop it, confirm with {index.confirmation}"
            raise InvalidRequest.at("/confirm", message, "confirmation")

        def act(indexes: Indexes) -> None:
            if indexes.index(index.id).is_kept or not index.is_shadow:
                indexes.drop(index.id, at_us=self._store.now_us(), force=force, stamp=command.stamp)

        outcome = self._run(index, act, command, dry_run=dry_run)
        if index.is_shadow and not dry_run:
            self._tables.drop(index)
        return outcome

    def _run(
        self, index: Index, act: Callable[[Indexes], None], command: Command, *, dry_run: bool
    ) -> Outcome | DryRun:
        def decide(work: UnitOfWork) -> None:
            act(work.load(Indexes, indexes_id(index.environment)))

        return self._commands.run(command, decide, dry_run=dry_run)

    def _counted(self, index: Index) -> int:
        """Raises Conflict for a table that is not filled as its lock says."""
        filled = self._tables.filled(index, budget=TOKEN_BUDGET)
        if not filled.chunks:
            raise Conflict(f"the table {index.table} is empty: fill it first")
        if filled.over_budget:
            message = f"{filled.over_budget} of {filled.chunks} chunks have more than {TOKEN_BUDGET} tokens"
            raise Conflict(f"{message}: cut them shorter, and fill the table again")
        if filled.foreign:
            message = f"{filled.foreign} of {filled.chunks} chunks are of another run than {index.ingest_run_id}"
            raise Conflict(f"{message}, or of another version than {index.version_label}: take them out")
        return filled.chunks

    def _now(self, work: UnitOfWork, environment: str) -> InFlight:
        catalog = self._catalogs.current()
        catalog.require_environment(environment)
        return InFlight(work, catalog, environment)

    def _planned(self, work: UnitOfWork, new: NewIndex) -> InFlight:
        """What would be in force in the environment with what was locked, perhaps elsewhere."""
        now, lock = self._now(work, new.environment), new.lock
        if lock is None:
            return now
        if not lock.is_held:
            raise Conflict(f"the lock {lock.version_label} has ended: lock the settings again")
        frozen = work.past(Config, lock.config_id, version=lock.config_version)
        layer = Layer(str(lock.scope), frozen.mode, frozen.data, tuple(frozen.unset))
        return InFlight(work, now.catalog, new.environment, instead={(lock.scope, lock.config_type): layer})


def _shadow(indexes: Indexes, scope: Scope) -> Index | None:
    """The newest shadow that is ready and not read by others yet."""
    ready = [one for one in indexes.kept if one.scope == scope and one.is_shadow and one.status == "ready"]
    return max(ready, key=lambda one: one.ready_us or 0, default=None)


def _table(new: NewIndex) -> str | None:
    """Raises InvalidRequest."""
    if not new.is_shadow:
        return None if new.table is None else checked_table(new.table)
    if new.lock is None:
        raise InvalidRequest.at("/lock_id", "a shadow is built for a lock: name it", "required")
    if new.table is not None:
        raise InvalidRequest.at("/table", "the table of a shadow is named by its lock: leave it out", "table_name")
    return shadow_table(new.lock.version_label)


def index_id_of(command: Command) -> UUID:
    """The same command makes the same index."""
    return stream_id("index_of", command.principal, command.command_id)
