"""The event store behind the port: the `eventsourcing` application, its recorder, and a cache of aggregates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar
from uuid import UUID

from eventsourcing.application import Application, LRUCache
from eventsourcing.persistence import ApplicationRecorder, ConnectionPoolClosedError, EventStore, Mapper
from eventsourcing.utils import Environment
from typing_extensions import override

from application.ports import Command, Commit, Decision, LogIdentity, Recorded
from application.secret_keys import Secrets
from domain.aggregate import Aggregate, DomainEvent
from domain.errors import StoreUnavailable, TooLarge
from infrastructure.event_store.codec import EventMapper
from infrastructure.event_store.committer import LOST, MAX_EVENTS, Committer
from infrastructure.event_store.decide import Key, Ticket
from infrastructure.key_ring import NoKeys
from infrastructure.tracing import NO_FAULTS, tracer

A = TypeVar("A", bound=Aggregate)
CACHED_AGGREGATES = 2_000


class LogRecorder(Protocol):
    """What a store adds to the library's recorder."""

    committer: Committer

    def commit_of(self, key: Key) -> Commit | None: ...

    def newest(self) -> Commit | None: ...

    def now_us(self) -> int: ...

    def commit_at_time(self, recorded_us: int) -> Commit | None: ...

    def commit_at_position(self, position: int) -> Commit | None: ...

    def commits(self, after: int, limit: int) -> list[Commit]: ...

    def commit_rows(self, after_us: int, limit: int) -> list[Commit]: ...

    def events(self, first: int, last: int) -> list[Recorded]: ...

    def stream(self, stream: UUID) -> list[Recorded]: ...

    def identity(self) -> LogIdentity: ...


class Log(Application[UUID]):
    """The library's application over a recorder of ours; its environment is never read."""

    name = "varve"

    def __init__(self, recorder: Any) -> None:
        self._given = recorder
        super().__init__()

    @override
    def construct_env(self, name: str, env: Any = None) -> Environment:
        return Environment(name, {})

    def construct_mapper(self) -> Mapper[UUID]:
        return EventMapper()

    def construct_recorder(self) -> ApplicationRecorder:
        recorder: ApplicationRecorder = self._given
        return recorder

    def construct_event_store(self) -> EventStore[UUID]:
        return EventStore(self.mapper, self.recorder)


@contextmanager
def reached() -> Iterator[None]:
    """A read that the store does not answer is a refusal to try again, not a fault of the service."""
    try:
        yield
    except (*LOST, ConnectionPoolClosedError) as error:
        raise StoreUnavailable("the store did not answer: try again in a moment") from error


class Store:
    """Implements the port `EventStore`."""

    def __init__(self, recorder: LogRecorder) -> None:
        self._recorder = recorder
        self.secrets: Secrets = NoKeys()
        self._log = Log(recorder)
        self._cache: LRUCache[UUID, Aggregate] = LRUCache(CACHED_AGGREGATES)
        self.identity = recorder.identity()
        self.on_committed = recorder.committer.on_committed

    @reached()
    def load(self, kind: type[A], stream: UUID, *, version: int | None = None) -> A:
        """The aggregate at its newest version, or at an older one."""
        if version is not None:
            return self._forwarded(kind(stream), upto=version)
        cached = self._cached(kind, stream)
        aggregate = self._forwarded(cached.copied())
        if aggregate.version > cached.version:
            self._cache.put(stream, aggregate)
        return aggregate.copied()  # the cached one is never handed out, so never changed

    def _cached(self, kind: type[A], stream: UUID) -> A:
        try:
            cached = self._cache.get(stream)
        except KeyError:
            return kind(stream)
        return cached if isinstance(cached, kind) else kind(stream)

    def _forwarded(self, aggregate: A, *, upto: int | None = None) -> A:
        for event in self._log.events.get(aggregate.id, gt=aggregate.version or None, lte=upto):
            assert isinstance(event, DomainEvent)
            if not isinstance(aggregate, event.AGGREGATE):
                break  # the id of another kind of stream: there is no such aggregate
            event.mutate(aggregate)
        return aggregate

    def record(self, command: Command, decision: Decision) -> Commit:
        events = [event for aggregate in decision.aggregates for event in aggregate.collect_events()]
        if len(events) > MAX_EVENTS:
            raise TooLarge(f"one command may record {MAX_EVENTS:,} events, and this would be {len(events):,}: split it")
        stored = [self._log.mapper.to_stored_event(event) for event in events]
        with tracer.start_as_current_span("varve.commit", **NO_FAULTS) as span:
            commit = self._recorder.committer.commit(Ticket(command, stored, dict(decision.reads), decision.head))
            span.set_attributes({"varve.operation": command.operation, "varve.position": commit.last})
        return commit

    @reached()
    def commit_of(self, principal: str, command_id: str) -> Commit | None:
        return self._recorder.commit_of((principal, command_id))

    @reached()
    def newest(self) -> Commit | None:
        return self._recorder.newest()

    @reached()
    def now_us(self) -> int:
        return self._recorder.now_us()

    @reached()
    def commit_at(self, *, recorded_us: int | None = None, position: int | None = None) -> Commit | None:
        if recorded_us is not None:
            return self._recorder.commit_at_time(recorded_us)
        assert position is not None
        return self._recorder.commit_at_position(position)

    @reached()
    def commits(self, *, after: int, limit: int) -> Sequence[Commit]:
        return self._recorder.commits(after, limit)

    @reached()
    def commit_rows(self, *, after_us: int, limit: int) -> Sequence[Commit]:
        return self._recorder.commit_rows(after_us, limit)

    @reached()
    def events(self, *, first: int, last: int) -> Sequence[Recorded]:
        return self._recorder.events(first, last)

    @reached()
    def stream(self, stream: UUID) -> Sequence[Recorded]:
        return self._recorder.stream(stream)

    def close(self) -> None:
        """Take no more commands, and let those under way end; then connections may be closed."""
        self._recorder.committer.close()
        self._log.close()
