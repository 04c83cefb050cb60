"""The indexes of one environment: which there are, which are ready, and which is read at each scope."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.configs.scope import Scope
from domain.errors import Conflict, NotFound
from domain.releases.index import LIVE, Index
from domain.stamp import Stamp
from domain.times import rfc3339


def indexes_id(environment: str) -> UUID:
    return stream_id("indexes", environment)


class IndexEvent(PlacedEvent):
    """What all of them say: where the index serves, and which it is."""

    index_id: UUID


class Indexes(Aggregate):
    """Guards that settings and index move together: a change of what shapes an index relies on it."""

    TOPIC = "index"

    class Registered(IndexEvent):
        TOPIC = "index.registered"
        fingerprint: str
        table: str | None
        is_shadow: bool
        lock_id: UUID | None
        version_label: str | None
        ingest_run_id: str | None
        registered_us: int

        def apply(self, aggregate: Indexes) -> None:
            aggregate.put(
                Index(
                    self.index_id,
                    self.environment,
                    Scope.recorded(self.scope),
                    self.fingerprint,
                    self.table,
                    self.is_shadow,
                    self.lock_id,
                    self.version_label,
                    self.ingest_run_id,
                    self.registered_us,
                    self.actor,
                )
            )

    class Progressed(IndexEvent):
        TOPIC = "index.progressed"
        chunks: int
        of: int | None = None

        def apply(self, aggregate: Indexes) -> None:
            aggregate.put(replace(aggregate.indexes[self.index_id], chunks=self.chunks, of=self.of))

    class Readied(IndexEvent):
        TOPIC = "index.readied"
        chunks: int | None = None  # as they were counted, where they can be
        ready_us: int

        def apply(self, aggregate: Indexes) -> None:
            index = aggregate.indexes[self.index_id]
            chunks = index.chunks if self.chunks is None else self.chunks
            aggregate.put(replace(index, ready_us=self.ready_us, chunks=chunks))

    class Switched(IndexEvent):
        TOPIC = "index.switched"
        switched_us: int
        replaced: UUID | None = None  # the index that was read until then, and is kept for a while

        def apply(self, aggregate: Indexes) -> None:
            if self.replaced is not None:
                before = aggregate.indexes[self.replaced]
                aggregate.put(replace(before, live_us=None, replaced_us=self.switched_us))
            aggregate.put(replace(aggregate.indexes[self.index_id], live_us=self.switched_us, replaced_us=None))

    class Dropped(IndexEvent):
        TOPIC = "index.dropped"
        dropped_us: int

        def apply(self, aggregate: Indexes) -> None:
            aggregate.put(replace(aggregate.indexes[self.index_id], dropped_us=self.dropped_us))

    def start(self) -> None:
        self.indexes: dict[UUID, Index] = {}

    def put(self, index: Index) -> None:
        self.indexes = {**self.indexes, index.id: index}

    def index(self, index_id: UUID) -> Index:
        """Raises NotFound."""
        try:
            return self.indexes[index_id]
        except KeyError:
            raise unknown_index(index_id) from None

    @property
    def kept(self) -> list[Index]:
        """Those that were not dropped, the oldest first."""
        return [index for index in self.indexes.values() if index.is_kept]

    def live(self, scope: Scope) -> Index | None:
        """The index that is read at a scope."""
        return next((one for one in self.kept if one.scope == scope and one.status == LIVE), None)

    def serving(self, scope: Scope, fingerprints: Container[str]) -> Index | None:
        """The index that may be read at a scope with such settings: the live one, or the newest that is ready."""
        fit = [one for one in self.kept if one.scope == scope and one.serves and one.fingerprint in fingerprints]
        return max(fit, key=lambda one: (one.status == LIVE, one.ready_us or 0), default=None)

    def register(self, index_id: UUID, *, environment: str, scope: Scope, stamp: Stamp, **facts: Any) -> None:
        """With the rest of `Registered`. Raises Conflict for a table that another index has."""
        if index_id in self.indexes:
            raise Conflict("this index is registered: take a new Idempotency-Key for another")
        table = facts["table"]
        if table is not None and any(one.table == table for one in self.kept):
            raise Conflict(f"the table {table} is that of another index in {environment}: drop that one first")
        place = {"environment": environment, "scope": str(scope), "index_id": index_id}
        self.record(Indexes.Registered, stamp=stamp, **place, **facts)

    def progress(self, index_id: UUID, *, chunks: int, of: int | None, stamp: Stamp) -> None:
        """The same again records nothing. Raises NotFound, Conflict."""
        index = self._kept(index_id)
        if (chunks, of) != (index.chunks, index.of):
            self.record(Indexes.Progressed, stamp=stamp, **_place(index), chunks=chunks, of=of)

    def ready(self, index_id: UUID, *, at_us: int, chunks: int | None, stamp: Stamp) -> None:
        """One that is ready already records nothing. Raises NotFound, Conflict."""
        index = self._kept(index_id)
        if index.ready_us is None:
            self.record(Indexes.Readied, stamp=stamp, **_place(index), chunks=chunks, ready_us=at_us)

    def switch(self, index_id: UUID, *, at_us: int, stamp: Stamp) -> None:
        """Read there from now on; the live one records nothing. Raises NotFound, Conflict."""
        index = self._kept(index_id)
        if not index.serves:
            raise Conflict("this index is not ready: fill it, and POST /api/indexes/{id}/ready")
        live = self.live(index.scope)
        if live is None or live.id != index_id:
            replaced = None if live is None else live.id
            self.record(Indexes.Switched, stamp=stamp, **_place(index), switched_us=at_us, replaced=replaced)

    def drop(self, index_id: UUID, *, at_us: int, force: bool, stamp: Stamp) -> None:
        """Raises NotFound, and Conflict for one that is read, or was until lately, unless `force`."""
        index = self._kept(index_id)
        if index.status == LIVE:
            raise Conflict("this index is read: switch to another first")
        if index.kept_until_us is not None and at_us < index.kept_until_us and not force:
            until = rfc3339(index.kept_until_us)
            raise Conflict(f"this index was read until lately, and is kept until {until}: wait, or send force")
        self.record(Indexes.Dropped, stamp=stamp, **_place(index), dropped_us=at_us)

    def _kept(self, index_id: UUID) -> Index:
        index = self.index(index_id)
        if not index.is_kept:
            raise Conflict("this index was dropped: register another")
        return index


def _place(index: Index) -> dict[str, Any]:
    return {"environment": index.environment, "scope": str(index.scope), "index_id": index.id}


def unknown_index(index_id: UUID) -> NotFound:
    return NotFound(f"there is no index {index_id}: GET /api/indexes lists what there is")
