"""The log in one SQLite file (WAL, synchronous=FULL): one writing process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor, SQLiteTransaction
from typing_extensions import override

from application.ports import Commit, LogIdentity, Recorded
from infrastructure.event_store.committer import Committer
from infrastructure.event_store.decide import Key, Seen, commit_of, stream_of

ROWS_A_STATEMENT = 1000  # a statement for many rows: the interpreter lock is fought for once


class ImmediateTransaction(SQLiteTransaction):
    """Takes the write lock at once, so that what is looked at stays true until COMMIT.

    Says FULL rather than hope for it.
    """

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("BEGIN IMMEDIATE")
        return cursor


class SQLiteRecorder(SQLiteApplicationRecorder):
    """Reads as the library does; writes only through its committer."""

    def __init__(self, datastore: Any) -> None:
        super().__init__(datastore, "varve_events")
        self.committer = Committer(self)

    @override
    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        raise TypeError("events are stored by the committer")

    @contextmanager
    def ordered(self) -> Iterator[SQLiteCursor]:
        with (
            self.datastore.get_connection(commit=True) as connection,
            ImmediateTransaction(connection, commit=True) as cursor,
        ):
            yield cursor

    def look(self, transaction: SQLiteCursor, streams: list[UUID], keys: list[Key]) -> Seen:
        versions = rows(
            transaction,
            "SELECT value, (SELECT max(originator_version) FROM varve_events WHERE originator_id = value)"
            " FROM json_each(?)",
            json.dumps([stream.hex for stream in streams]),
        )
        known = rows(
            transaction,
            "SELECT c.* FROM json_each(?) JOIN varve_commits c ON principal = value->>0 AND command_id = value->>1",
            json.dumps(keys),
        )
        newest = rows(transaction, "SELECT last, recorded_us FROM varve_commits ORDER BY recorded_us DESC LIMIT 1")
        last, recorded_us = newest[0] if newest else (0, 0)
        commits = {commit.key: commit for commit in map(Commit._make, known)}
        return Seen({UUID(s): v or 0 for s, v in versions}, commits, last, recorded_us, time.time_ns() // 1000)

    def write(self, transaction: SQLiteCursor, events: list[tuple[int, StoredEvent]], commits: list[Commit]) -> None:
        insert(
            transaction,
            "varve_events",
            [(p, stream_of(e).hex, e.originator_version, e.topic, e.state) for p, e in events],
        )
        insert(transaction, "varve_commits", commits)

    def commit_of(self, key: Key) -> Commit | None:
        return commit_of(self._read("SELECT * FROM varve_commits WHERE principal = ? AND command_id = ?", *key))

    def newest(self) -> Commit | None:
        return commit_of(self._read("SELECT * FROM varve_commits ORDER BY recorded_us DESC LIMIT 1"))

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def commit_at_time(self, recorded_us: int) -> Commit | None:
        query = "SELECT * FROM varve_commits WHERE recorded_us <= ? ORDER BY recorded_us DESC LIMIT 1"
        return commit_of(self._read(query, recorded_us))

    def commit_at_position(self, position: int) -> Commit | None:
        query = "SELECT * FROM varve_commits WHERE last <= ? ORDER BY last DESC, recorded_us DESC LIMIT 1"
        return commit_of(self._read(query, position))

    def commits(self, after: int, limit: int) -> list[Commit]:
        query = "SELECT * FROM varve_commits WHERE last > ? AND first <= last ORDER BY last LIMIT ?"
        return list(map(Commit._make, self._read(query, after, limit)))

    def commit_rows(self, after_us: int, limit: int) -> list[Commit]:
        query = "SELECT * FROM varve_commits WHERE recorded_us > ? ORDER BY recorded_us LIMIT ?"
        return list(map(Commit._make, self._read(query, after_us, limit)))

    def events(self, first: int, last: int) -> list[Recorded]:
        return self._events("WHERE rowid BETWEEN ? AND ? ORDER BY rowid", first, last)

    def stream(self, stream: UUID) -> list[Recorded]:
        return self._events("WHERE originator_id = ? ORDER BY originator_version", stream.hex)

    def _events(self, which: str, *values: Any) -> list[Recorded]:
        query = f"SELECT rowid, originator_id, originator_version, topic, state FROM varve_events {which}"  # noqa: S608
        return list(map(Recorded._make, self._read(query, *values)))

    def identity(self) -> LogIdentity:
        ((log_id, epoch, key),) = self._read("SELECT log_id, epoch, digest_key FROM varve_log")
        return LogIdentity(UUID(log_id), epoch, key)

    def _read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.datastore.transaction(commit=False) as cursor:
            return rows(cursor, query, *values)


def rows(cursor: SQLiteCursor, query: str, *values: Any) -> list[tuple[Any, ...]]:
    cursor.sqlite_cursor.row_factory = None  # the library's rows go by name, and cost twice as much
    cursor.execute(query, values)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def insert(cursor: SQLiteCursor, table: str, values: Sequence[tuple[Any, ...]]) -> None:
    for start in range(0, len(values), ROWS_A_STATEMENT):
        part = values[start : start + ROWS_A_STATEMENT]
        marks = ",".join(["(" + ",".join("?" * len(part[0])) + ")"] * len(part))
        statement = f"INSERT INTO {table} VALUES {marks}"  # noqa: S608 -- a name of our own
        cursor.execute(statement, [value for row in part for value in row])
