"""The log in PostgreSQL: any number of writing processes, ordered by a table lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier
from typing_extensions import override

from application.ports import Commit, LogIdentity, Recorded
from infrastructure.event_store.committer import Committer
from infrastructure.event_store.decide import Key, Seen, commit_of

LATEST = 2**63 - 1
CHANNEL = "varve_events"  # notified of every commit

STATEMENTS = {
    "begin": "BEGIN ISOLATION LEVEL READ COMMITTED",  # each statement sees what was committed before the lock was had
    "plans": "SET LOCAL plan_cache_mode = force_generic_plan",  # planning would cost a quarter of a commit
    "look": "SELECT ARRAY(SELECT coalesce((SELECT max(originator_version) FROM {events} WHERE originator_id = s), 0)"
    " FROM unnest(%b::uuid[]) WITH ORDINALITY AS u (s, n) ORDER BY n),"
    " ARRAY(SELECT (SELECT recorded_us FROM {commits} WHERE principal = p AND command_id = i)"
    " FROM unnest(%b::text[], %b::text[]) AS k (p, i)),"
    " coalesce(last, 0), coalesce(recorded_us, 0), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    " FROM (SELECT) AS one"
    " LEFT JOIN (SELECT last, recorded_us FROM {commits} ORDER BY recorded_us DESC LIMIT 1) AS c ON true",
    "commits_at": "SELECT * FROM {commits} WHERE recorded_us = ANY(%b)",
    "write": "WITH stored AS (INSERT INTO {events} (notification_id, originator_id, originator_version, topic, state)"
    " SELECT * FROM unnest(%b::bigint[], %b::uuid[], %b::bigint[], %b::text[], %b::bytea[]))"
    " INSERT INTO {commits}"
    " SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::bytea[])",
    "notify": "NOTIFY {channel}",
    "commit_of": "SELECT * FROM {commits} WHERE principal = %b AND command_id = %b",
    "newest": "SELECT * FROM {commits} ORDER BY recorded_us DESC LIMIT 1",
    "commits": "SELECT * FROM {commits} WHERE last > %b AND first <= last ORDER BY last LIMIT %b",
    "commit_rows": "SELECT * FROM {commits} WHERE recorded_us > %b ORDER BY recorded_us LIMIT %b",
    "events": "SELECT notification_id, replace(originator_id::text, '-', ''), originator_version, topic, state"
    " FROM {events} WHERE notification_id BETWEEN %b AND %b ORDER BY notification_id",
    "stream": "SELECT notification_id, replace(originator_id::text, '-', ''), originator_version, topic, state"
    " FROM {events} WHERE originator_id = %b ORDER BY originator_version",
    "now": "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
    "commit_at_time": "SELECT * FROM {commits} WHERE recorded_us <= %b ORDER BY recorded_us DESC LIMIT 1",
    "commit_at_position": "SELECT * FROM {commits} WHERE last <= %b ORDER BY last DESC, recorded_us DESC LIMIT 1",
    "versions": "SELECT originator_version, topic, state FROM {events} WHERE originator_id = %b"
    " AND originator_version > %b AND originator_version <= %b ORDER BY originator_version",
    "identity": "SELECT log_id, epoch, digest_key FROM {log}",
}


class Dead(OperationalError):
    """The connection was cut off, perhaps long ago."""


class PostgresRecorder(PostgresApplicationRecorder):
    """Reads as the library does; writes only through its committer."""

    def __init__(self, datastore: Any) -> None:
        super().__init__(datastore, events_table_name="varve_events")
        names = {
            "events": Identifier(datastore.schema, "varve_events"),
            "commits": Identifier(datastore.schema, "varve_commits"),
            "log": Identifier(datastore.schema, "varve_log"),
            "channel": Identifier(CHANNEL),
        }
        self.statements = {name: SQL(text).format(**names) for name, text in STATEMENTS.items()}
        self.committer = Committer(self)

    @override
    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        raise TypeError("events are stored by the committer")

    @override
    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """As the library's, but asked once: a store that is away is told of at once, and not after ten attempts."""
        assert isinstance(originator_id, UUID)
        assert not desc
        assert limit is None
        found = self._read("versions", originator_id, gt or 0, LATEST if lte is None else lte)
        return [StoredEvent(originator_id, version, topic, state) for version, topic, state in found]

    @contextmanager
    def ordered(self) -> Iterator[Connection[Any]]:
        with self._connected() as connection, connection.pipeline():
            for statement in (self.statements["begin"], self.statements["plans"], *self.lock_table_statements):
                connection.execute(statement)
            yield connection
            connection.execute("COMMIT")  # travels with the inserts; an error of either shows when the pipeline ends

    def look(self, transaction: Connection[Any], streams: list[UUID], keys: list[Key]) -> Seen:
        principals, ids = [key[0] for key in keys], [key[1] for key in keys]
        versions, known, last, recorded_us, now_us = self._ask(transaction, "look", streams, principals, ids)[0]
        times = [at for at in known if at is not None]
        found = map(Commit._make, self._ask(transaction, "commits_at", times)) if times else ()
        commits = {commit.key: commit for commit in found}
        return Seen(dict(zip(streams, versions, strict=True)), commits, last, recorded_us, now_us)

    def write(self, transaction: Connection[Any], events: list[tuple[int, StoredEvent]], commits: list[Commit]) -> None:
        stored = [(p, e.originator_id, e.originator_version, e.topic, e.state) for p, e in events]
        columns = columns_of(stored, 5) + columns_of(commits, 7)
        transaction.execute(self.statements["write"], columns, prepare=True)
        transaction.execute(self.statements["notify"])

    def commit_of(self, key: Key) -> Commit | None:
        return commit_of(self._read("commit_of", *key))

    def newest(self) -> Commit | None:
        return commit_of(self._read("newest"))

    def now_us(self) -> int:
        now: int = self._read("now")[0][0]
        return now

    def commit_at_time(self, recorded_us: int) -> Commit | None:
        return commit_of(self._read("commit_at_time", recorded_us))

    def commit_at_position(self, position: int) -> Commit | None:
        return commit_of(self._read("commit_at_position", position))

    def commits(self, after: int, limit: int) -> list[Commit]:
        return list(map(Commit._make, self._read("commits", after, limit)))

    def commit_rows(self, after_us: int, limit: int) -> list[Commit]:
        return list(map(Commit._make, self._read("commit_rows", after_us, limit)))

    def events(self, first: int, last: int) -> list[Recorded]:
        return list(map(Recorded._make, self._read("events", first, last)))

    def stream(self, stream: UUID) -> list[Recorded]:
        return list(map(Recorded._make, self._read("stream", stream)))

    def identity(self) -> LogIdentity:
        ((log_id, epoch, key),) = self._read("identity")
        return LogIdentity(log_id, epoch, key)

    def _read(self, name: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self._connected() as connection:
                return self._ask(connection, name, *values)
        except Dead:  # a read may be asked twice
            with self._connected() as connection:
                return self._ask(connection, name, *values)

    @contextmanager
    def _connected(self) -> Iterator[Connection[Any]]:
        """A connection of the pool. Where it turns out to be dead others may be too: the pool looks at them all."""
        with self.datastore.get_connection() as connection:
            try:
                yield connection
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if not connection.closed:
                    raise
                self.datastore.pool.check()
                raise Dead(str(error)) from error

    def _ask(self, connection: Connection[Any], name: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
            return cursor.execute(self.statements[name], values, prepare=True).fetchall()


def columns_of(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows turned into columns, also where there are none."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
