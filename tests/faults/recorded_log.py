"""The log as it lies in the store, read by statements of the checker's own: nothing of Varve stands in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import psycopg

COLUMNS = "recorded_us, first, last, principal, command_id"


class LoggedCommit(NamedTuple):
    recorded_us: int
    first: int
    last: int
    principal: str
    command_id: str


class LoggedEvent(NamedTuple):
    position: int
    stream: str
    version: int
    topic: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class RecordedLog:
    """Commits in the order of the positions that they span, events in the order of theirs."""

    commits: Sequence[LoggedCommit]
    events: Sequence[LoggedEvent]

    def by(self, principal: str) -> list[LoggedCommit]:
        return [commit for commit in self.commits if commit.principal == principal]


def read_log(store_url: str) -> RecordedLog:
    """The log of a SQLite file or a PostgreSQL database, whether or not it is served."""
    if store_url.startswith("sqlite:///"):
        with closing(sqlite3.connect(store_url.removeprefix("sqlite:///"))) as connection:
            return _read(lambda query: connection.execute(query).fetchall(), position="rowid")
    with psycopg.connect(store_url) as connection:
        return _read(lambda query: connection.execute(query).fetchall(), position="notification_id")


def _read(ask: Callable[[Any], list[Any]], *, position: str) -> RecordedLog:
    commits = ask(f"SELECT {COLUMNS} FROM varve_commits")
    events = ask(f"SELECT {position}, originator_id, originator_version, topic, state FROM varve_events")
    return _log(map(LoggedCommit._make, commits), events)


def log_in_memory(store: Any) -> RecordedLog:
    """The log of a store in memory, out of its lists: its port would not tell of commits without events."""
    commits = [LoggedCommit(*row[:5]) for row in store._recorder._commits]
    return _log(commits, store.events(first=1, last=commits[-1].last))


def _log(commits: Iterable[LoggedCommit], events: Iterable[Sequence[Any]]) -> RecordedLog:
    found = [
        LoggedEvent(position, str(stream).replace("-", ""), version, topic, orjson.loads(bytes(state)))
        for position, stream, version, topic, state in events
    ]
    in_order = sorted(commits, key=lambda one: (one.first, one.last, one.recorded_us))
    return RecordedLog(in_order, sorted(found))
