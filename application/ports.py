"""What the use cases need of the world, and the words they exchange with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

from application.secret_keys import Secrets
from application.views import ChangedConfig, Claim, ConfigFilter, ConfigView, DefinitionRow, LayerRow, LayerRows, Page
from domain.access.roles import Action
from domain.aggregate import Aggregate
from domain.configs.scope import Scope
from domain.stamp import Stamp

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """A wish to pass what bars a change all the same. `may` tells of an environment whether the caller is its admin."""

    reason: str
    may: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Command:
    """One request to change something. A repeat is known by its keyed digest, or by that of before there were keys."""

    principal: str
    command_id: str
    operation: str
    digest: bytes
    reason: str | None = None
    correlation_id: str | None = None
    caller_time: str | None = None
    other_digest: bytes | None = None
    lacks_if_match: bool = False  # it could have said which version it is about, and did not
    break_glass: BreakGlass | None = None

    @property
    def stamp(self) -> Stamp:
        """What its events carry."""
        return Stamp(self.principal, self.command_id, self.reason, self.correlation_id, self.caller_time)


class Commit(NamedTuple):
    """One row of the commit log. A command that recorded nothing spans nothing: first = last + 1."""

    recorded_us: int
    first: int
    last: int
    principal: str
    command_id: str
    operation: str
    digest: bytes

    @property
    def key(self) -> tuple[str, str]:
        """What makes a command the same command."""
        return self.principal, self.command_id


class Recorded(NamedTuple):
    """One event as it is stored; `state` is its payload in JSON."""

    position: int
    stream_hex: (
        str  # the stream's id in 32 hex digits: most readers need no more, and a UUID costs as much as the decoding
    )
    version: int
    topic: str
    state: bytes

    @property
    def stream(self) -> UUID:
        return UUID(self.stream_hex)


class StreamMoved(Exception):
    """Something that the command relied on has changed: load again, decide again."""


class AlreadyRecorded(Exception):
    """The command id is in the log: `commit` is what it did."""

    def __init__(self, commit: Commit) -> None:
        super().__init__(commit)
        self.commit = commit


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command wants to record, and what must still be so when it does.

    `reads` are versions of streams that were relied on but are not written; `head` is the position that nothing may
    have followed.
    """

    aggregates: tuple[Aggregate, ...] = ()
    reads: Mapping[UUID, int] = field(default_factory=dict)
    head: int | None = None


class LogIdentity(NamedTuple):
    """Which log this is. The epoch changes when a restore gives positions out again."""

    log_id: UUID
    epoch: int
    digest_key: bytes


class EventStore(Protocol):
    """The append-only log."""

    identity: LogIdentity
    secrets: Secrets

    def load(self, kind: type[A], stream: UUID, *, version: int | None = None) -> A:
        """The aggregate as its events make it; one without events is at version 0."""

    def record(self, command: Command, decision: Decision) -> Commit:
        """Store what was decided, all or nothing.

        Raises StreamMoved, AlreadyRecorded, TooLarge; StoreUnavailable when it cannot be told whether anything was
        stored.
        """

    def commit_of(self, principal: str, command_id: str) -> Commit | None:
        """What this command did, if it was ever accepted."""

    def newest(self) -> Commit | None:
        """The newest row of the commit log."""

    def now_us(self) -> int:
        """The store's clock, in microseconds since the epoch."""

    def commit_at(self, *, recorded_us: int | None = None, position: int | None = None) -> Commit | None:
        """The last commit recorded at this time or before; or the last whose events end at this position or before."""

    def commits(self, *, after: int, limit: int) -> Sequence[Commit]:
        """Commits that hold an event beyond this position, oldest first."""

    def commit_rows(self, *, after_us: int, limit: int) -> Sequence[Commit]:
        """Rows of the commit log beyond a recorded time, oldest first; those too that hold no event."""

    def events(self, *, first: int, last: int) -> Sequence[Recorded]:
        """The events from one position to another, both included, in order."""

    def stream(self, stream: UUID) -> Sequence[Recorded]:
        """All events of one stream, in order."""


class Progress(Protocol):
    """How far the views of this process have come."""

    visible: int

    def wait_for(self, position: int, *, seconds: float) -> bool:
        """Whether the views show this position within the time given."""


class Views(Protocol):
    """What the projections tell. Each answer is true at one position."""

    def config(self, config_id: UUID, *, position: int | None = None, version: int | None = None) -> ConfigView | None:
        """A config, deleted or not: as it is, as it was at a position, or at a version."""

    def configs(self, wanted: ConfigFilter, *, after: UUID | None, limit: int, position: int | None = None) -> Page:
        """A page of the configs that are not deleted, or were not at a position, by id."""

    def layers(self, environment: str, scopes: Sequence[Scope], *, users: Sequence[str] = ()) -> LayerRows:
        """What is in force at these scopes, and in the profiles that these users are given."""

    def layers_at(
        self, environment: str, scopes: Sequence[Scope], types: Sequence[str], *, position: int
    ) -> list[LayerRow]:
        """What was in force at these scopes, of these types, at a position."""

    def changes(self, environment: str, scopes: Sequence[Scope], *, after: int, upto: int) -> list[int]:
        """Positions beyond one, up to another, at which something came into force or left it at these scopes."""

    def history(self, config_id: UUID, *, before: int | None, limit: int) -> list[ConfigView]:
        """The versions of a config below one, newest first."""

    def changed_since(self, environment: str, *, position: int) -> list[ChangedConfig]:
        """The configs of an environment that something happened to beyond a position, deleted ones too; by id."""

    def in_force(self, environment: str | None, config_type: str | None) -> Iterator[tuple[str, LayerRow]]:
        """All that is in force: environment and row."""

    def places(self, environment: str, types: Sequence[str], *, position: int, limit: int) -> list[Scope]:
        """The scopes at which a config of one of these types was in force at a position, but process and global."""

    def scope_kinds(self) -> frozenset[str]:
        """The kinds that configs which are not deleted are at."""

    def claim_on(self, environment: str, collection_id: str) -> Claim:
        """Whose a collection is."""

    def definitions(self) -> Sequence[DefinitionRow]:
        """Every definition there ever was, oldest first."""


class Replay(Protocol):
    """Answers made from raw events, with no view involved."""

    def config(self, config_id: UUID, *, position: int) -> ConfigView | None:
        """A config as it was at a position."""


class Answers(Protocol):
    """Finished answers to effective reads, kept as long as nothing they rest on changes."""

    def put(self, key: tuple[bytes, bytes], answer: Answer, *, scopes: Sequence[tuple[str, str, str]]) -> None:
        """Keep an answer that rests on these scopes (environment, kind, id)."""


class Answer(NamedTuple):
    """The bytes of an answer before and after its position, which alone changes while nothing it rests on does."""

    head: bytes
    tail: bytes
    etag: bytes
    position: int
    environment: str
    action: Action  # what a principal must be allowed to do there


class Rebuilt(NamedTuple):
    """What a rebuild did; `digest` is SHA-256 over all rows of all views."""

    generation: int
    events: int
    position: int
    seconds: float
    digest: str


class Compared(NamedTuple):
    """Whether the views equal a replay from zero; where not, `difference` names the first row that differs."""

    equal: bool
    position: int
    digest: str
    difference: str | None


class Building(NamedTuple):
    """How far a new generation has come, of about so many events, in so many seconds."""

    events: int
    of: int
    seconds: float


class Status(NamedTuple):
    """How far the views are behind the log, and how far a new generation of them is, while one is being built."""

    views: tuple[str, ...]
    generation: int
    position: int
    head: int
    behind_seconds: float
    building: Building | None


class Rebuilder(Protocol):
    """Builds views anew, and compares them with the log."""

    def rebuild(self) -> Rebuilt: ...

    def verify(self) -> Compared: ...

    def status(self) -> Status: ...
