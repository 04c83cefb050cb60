"""The log itself, event by event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from application.ports import Commit, EventStore, Recorded

COMMITS_A_READ = 500


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event beside its commit."""

    event: Recorded
    commit: Commit

    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.event.state)
        return found


class InspectLog:
    def __init__(self, store: EventStore) -> None:
        self._store = store

    def events(self, *, after: int, limit: int, topics: Sequence[str] = ()) -> list[LoggedEvent]:
        """The next events beyond a position, oldest first; only of these topics, where any are named."""
        found = []
        for one in self._from(after):
            if not topics or one.event.topic in topics:
                found.append(one)
                if len(found) == limit:
                    break
        return found

    def _from(self, after: int) -> Iterator[LoggedEvent]:
        position = after
        while commits := self._store.commits(after=position, limit=COMMITS_A_READ):
            events = iter(self._store.events(first=max(commits[0].first, after + 1), last=commits[-1].last))
            event = next(events, None)
            for commit in commits:
                while event is not None and event.position <= commit.last:
                    yield LoggedEvent(event, commit)
                    event = next(events, None)
            position = commits[-1].last
