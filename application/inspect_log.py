"""The log itself, event by event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import orjson

from application.ports import Commit, EventStore, Recorded
from domain.times import rfc3339

COMMITS_A_READ = 500
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

    The subject is a stream, or a scope as events name it ("global", "collection:c-9"). Times are microseconds since the
    epoch, both included.
    """

    topics: frozenset[str] = frozenset()
    actor: str | None = None
    subject: UUID | str | None = None
    from_us: int | None = None
    to_us: int | None = None
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
        return self.sees is None or self.sees(event.topic, one.payload())


class InspectLog:
    def __init__(self, store: EventStore) -> None:
        self._store = store

    def events(self, wanted: Wanted, *, after: int, limit: int | None = None) -> Iterator[LoggedEvent]:
        """The events beyond a position that are wanted, oldest first."""
        if wanted.from_us is not None:
            earlier = self._store.commit_at(recorded_us=wanted.from_us - 1)
            after = max(after, earlier.last if earlier else 0)
        return islice((one for one in self._from(after, wanted.to_us) if wanted.takes(one)), limit)

    def _from(self, after: int, to_us: int | None) -> Iterator[LoggedEvent]:
        position = after
        while commits := self._store.commits(after=position, limit=COMMITS_A_READ):
            events = iter(self._store.events(first=max(commits[0].first, after + 1), last=commits[-1].last))
            event = next(events, None)
            for commit in commits:
                if to_us is not None and commit.recorded_us > to_us:
                    return
                while event is not None and event.position <= commit.last:
                    yield LoggedEvent(event, commit)
                    event = next(events, None)
            position = commits[-1].last
