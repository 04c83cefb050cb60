"""The log itself, event by event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import orjson

from application.ports import Commit, EventStore, Recorded
from domain.times import rfc3339

COMMITS_A_READ = 500
EVENTS_A_READ = 1000
MARKS = ("actor", "reason", "command_id", "correlation_id", "caller_time", "environment", "scope")


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event beside its commit."""

    event: Recorded
    commit: Commit

    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.event.state)
        return found

    def told(self) -> dict[str, Any]:
        """The event, as it is served and sent: its own facts under `data`, what all events carry beside them."""
        payload = self.payload()
        payload.pop("class_version")
        marks = {name: payload.pop(name, None) for name in MARKS}
        commit = self.commit
        return {
            "position": self.event.position,
            "commit": {"first": commit.first, "last": commit.last, "recorded_at": rfc3339(commit.recorded_us)},
            "type": self.event.topic,
            "stream_id": str(self.event.stream),
            "stream_version": self.event.version,
            **marks,
            "data": payload,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are told; what is empty or None asks nothing.

    The subject is a stream, or a scope as events name it ("global", "collection:c-9").
    """

    topics: frozenset[str] = frozenset()
    actor: str | None = None
    subject: UUID | str | None = None
    environment: str | None = None
    sees: Callable[[str, dict[str, Any]], bool] | None = None  # by topic and payload

    def takes(self, one: LoggedEvent) -> bool:
        event, commit = one.event, one.commit
        if self.topics and event.topic not in self.topics:
            return False
        if self.actor is not None and commit.principal != self.actor:
            return False
        if isinstance(self.subject, UUID) and event.stream != self.subject:
            return False
        if isinstance(self.subject, str) and one.payload().get("scope") != self.subject:
            return False
        if self.environment is not None and one.payload().get("environment") != self.environment:
            return False
        return self.sees is None or self.sees(event.topic, one.payload())


class InspectLog:
    def __init__(self, store: EventStore) -> None:
        self._store = store

    def position_at(self, recorded_us: int) -> int:
        """The last position that was recorded at a time or before; microseconds since the epoch."""
        commit = self._store.commit_at(recorded_us=recorded_us)
        return commit.last if commit else 0

    def events(
        self, wanted: Wanted, *, after: int = 0, upto: int | None = None, limit: int | None = None
    ) -> Iterator[LoggedEvent]:
        """The events beyond a position, up to another, that are wanted, the oldest first."""
        return islice((one for one in self._on(after, upto) if wanted.takes(one)), limit)

    def newest(
        self, wanted: Wanted, *, after: int = 0, upto: int | None = None, limit: int | None = None
    ) -> Iterator[LoggedEvent]:
        """The same, the newest first."""
        head = self._store.newest()
        last = head.last if head else 0
        back = self._back(last if upto is None else min(upto, last), after)
        return islice((one for one in back if wanted.takes(one)), limit)

    def _on(self, after: int, upto: int | None) -> Iterator[LoggedEvent]:
        position = after
        while commits := self._store.commits(after=position, limit=COMMITS_A_READ):
            position = commits[-1].last
            last = position if upto is None else min(position, upto)
            yield from _with_commits(self._store.events(first=max(commits[0].first, after + 1), last=last), commits)
            if last < position:
                return

    def _back(self, last: int, after: int) -> Iterator[LoggedEvent]:
        while last > after:
            first = max(after + 1, last - EVENTS_A_READ + 1)
            commits = self._store.commits(after=first - 1, limit=EVENTS_A_READ)
            yield from reversed(list(_with_commits(self._store.events(first=first, last=last), commits)))
            last = first - 1


def _with_commits(events: Sequence[Recorded], commits: Sequence[Commit]) -> Iterator[LoggedEvent]:
    """Each event with the commit that holds it; both in the order of positions."""
    holding = iter(commits)
    commit = next(holding, None)
    for event in events:
        while commit is not None and commit.last < event.position:
            commit = next(holding, None)
        if commit is not None:
            yield LoggedEvent(event, commit)
