"""Who wins: the verdict on each command of a batch, in order of arrival. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from application.ports import AlreadyRecorded, Command, Commit, StreamMoved

Key = tuple[str, str]  # principal, command id


@dataclass(eq=False)
class Ticket:
    """One command that waits for its verdict. Streams are named by UUID, though the library allows for text."""

    command: Command
    events: Sequence[StoredEvent]
    relied_on: dict[UUID, int]  # versions before the command, of streams written or only read
    head: int | None = None  # the position that nothing may have followed
    turn: Lock = field(default_factory=Lock)
    verdict: Commit | BaseException | None = None
    tried: Commit | None = None  # the row of the last attempt: found in the log later, it was ours

    def __post_init__(self) -> None:
        self.turn.acquire()
        heads = dict(self.relied_on)
        for event in self.events:
            stream = stream_of(event)
            base = heads.setdefault(stream, event.originator_version - 1)
            if event.originator_version != base + 1:
                raise ValueError(f"stream {stream}: version {event.originator_version} after {base}")
            self.relied_on.setdefault(stream, base)
            heads[stream] += 1

    @property
    def key(self) -> Key:
        return self.command.principal, self.command.command_id


@dataclass
class Seen:
    """What the store says under the ordering lock. Each winner counts for those that are decided after it."""

    versions: dict[UUID, int]
    commits: dict[Key, Commit]  # of the command ids asked about
    last: int  # position and recorded time of the newest commit
    recorded_us: int
    now_us: int  # the store's clock

    def verdict(self, ticket: Ticket) -> Commit | Exception:
        """The commit that this command becomes (or became, when an earlier attempt was stored), or why not."""
        done = self.commits.get(ticket.key)
        if done is not None:
            return done if done == ticket.tried else AlreadyRecorded(done)
        if moved := self._moved(ticket):
            return StreamMoved(moved)
        return self._won(ticket)

    def _moved(self, ticket: Ticket) -> str | None:
        if ticket.head is not None and ticket.head != self.last:
            return f"the log is at {self.last}, not {ticket.head}"
        for stream, expected in ticket.relied_on.items():
            if self.versions[stream] != expected:
                return f"stream {stream} is at {self.versions[stream]}, not {expected}"
        return None

    def _won(self, ticket: Ticket) -> Commit:
        command, first = ticket.command, self.last + 1
        self.recorded_us = max(self.now_us, self.recorded_us + 1)
        self.last += len(ticket.events)
        commit = Commit(self.recorded_us, first, self.last, *ticket.key, command.operation, command.digest)
        self.commits[ticket.key] = ticket.tried = commit
        for event in ticket.events:
            self.versions[stream_of(event)] = event.originator_version
        return commit


def stream_of(event: StoredEvent) -> UUID:
    """The stream of an event of ours."""
    assert isinstance(event.originator_id, UUID)
    return event.originator_id


def commit_of(rows: Sequence[Sequence[Any]]) -> Commit | None:
    """The commit in the first row, where there is one."""
    return Commit._make(rows[0]) if rows else None
