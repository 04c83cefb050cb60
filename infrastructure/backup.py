"""Backups of the log, and their return. A backup is one SQLite file with the log's own tables, of whichever store.

Views are not in it: they are built from the log when it is opened.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from eventsourcing.sqlite import SQLiteDatastore
from sqlalchemy.pool import NullPool

from application.prove_log import ProveLog
from application.verify_log import VerifyLog
from application.walk_log import Altered
from domain.errors import StoreUnavailable
from infrastructure.event_store.sqlite import SQLiteRecorder
from infrastructure.event_store.store import Store
from infrastructure.migrations import HEAD, migrate
from infrastructure.projections.generations import sqlite_engine
from infrastructure.store_lock import StoreLock
from infrastructure.stores import first_line, is_postgres, without_password
from infrastructure.tiles import SqlTiles

ROWS_A_WRITE = 5_000
TABLES = {
    "varve_events": ("rowid", "originator_id", "originator_version", "topic", "state"),
    "varve_commits": ("recorded_us", "first", "last", "principal", "command_id", "operation", "digest"),
    "varve_tiles": ("number", "start_us", "start_position", "hashes", "root", "upto_us", "upto_position"),
    "varve_log": ("log_id", "epoch", "digest_key"),
}
IN_POSTGRES = {"rowid": "notification_id"}  # columns of another name there
HEX = ("originator_id", "log_id")  # UUIDs there, 32 hex digits here


class Copied(NamedTuple):
    """A whole log: the newest position, and size and root of its Merkle tree, as its checkpoints have them."""

    events: int
    commits: int
    position: int
    epoch: int
    size: int
    root: str


def back_up(url: str, target: Path) -> Copied:
    """Copy the log of a store, which may be served meanwhile, into a new file; nothing is there until it is whole.

    Raises StoreUnavailable for a store that cannot be read or whose rows do not fit together, and for a file that
    exists.
    """
    if target.exists():
        raise StoreUnavailable(f"{target} exists: name another file, a backup is never overwritten")
    with _part_of(target) as part, told(url):
        if url.startswith("sqlite:///"):
            _copy_file(Path(url.removeprefix("sqlite:///")), part)
        elif is_postgres(url):
            _copy_from_postgres(url, part)
        else:
            raise StoreUnavailable(f"{without_password(url)} cannot be backed up: only what is kept can")
        with _opened(part) as (log, tiles), suppress(Altered):  # which is told by the inspection
            ProveLog(log, tiles).grow()  # so that a copy which is damaged later is found out
        copied = inspected(part, of=f"the store {without_password(url)}")
        _settle(part, target)
        return copied


def restore(source: Path, url: str) -> Copied:
    """Make a backup the log of a store that holds nothing yet.

    Its epoch is one of its own: positions beyond the backup's end may have been given out before. Raises
    StoreUnavailable for a file that is no backup or is damaged, and for a store that holds something.
    """
    copied = inspected(source, of=f"the backup {source}")
    with told(url):
        if url.startswith("sqlite:///"):
            _into_file(source, Path(url.removeprefix("sqlite:///")), epoch=copied.epoch + 1)
        elif is_postgres(url):
            _into_postgres(source, url, epoch=copied.epoch + 1)
        else:
            raise StoreUnavailable(f"nothing can be restored into {without_password(url)}: it would not be kept")
    return copied._replace(epoch=copied.epoch + 1)


def inspected(path: Path, *, of: str) -> Copied:
    """What a SQLite log holds, each row of it read. Raises StoreUnavailable where it is none, or damaged."""
    if not path.is_file():
        raise StoreUnavailable(f"there is no file {path}")
    try:
        with closing(_reader(path)) as connection:
            (sound,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            (schema,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            (commits,) = connection.execute("SELECT count(*) FROM varve_commits").fetchone()
            (epoch,) = connection.execute("SELECT epoch FROM varve_log").fetchone()
    except (sqlite3.DatabaseError, TypeError) as error:
        raise StoreUnavailable(
            f"{path} is not a log of Varve ({error}): take a file that varve backup wrote"
        ) from error
    if sound != "ok":
        raise StoreUnavailable(f"{of} is damaged ({sound}): take another copy")
    if schema > HEAD:
        raise StoreUnavailable(f"{of} has schema {schema} and this Varve knows {HEAD}: use a newer Varve")
    with _opened(path) as (log, tiles):
        found = VerifyLog(log, tiles).verify()
        newest = log.newest()
    if found.verdict == "altered":
        raise StoreUnavailable(f"{of} is damaged, first at position {found.first_bad}: {found.reason}")
    position = newest.last if newest else 0
    return Copied(found.events, commits, position, epoch, found.size, found.root.hex())


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Store, SqlTiles]]:
    datastore = SQLiteDatastore(str(path))
    try:
        yield Store(SQLiteRecorder(datastore)), SqlTiles(sqlite_engine(f"sqlite:///{path}", poolclass=NullPool))
    finally:
        datastore.close()


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)


def _copy_file(path: Path, part: Path) -> None:
    """By the database's own interface: a copy of the bytes would miss what is in the write-ahead log."""
    if not path.is_file():
        raise StoreUnavailable(f"there is no store {path}")
    with closing(_reader(path)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)


def _copy_from_postgres(url: str, part: Path) -> None:
    """All tables as they are at one moment."""
    migrate(sqlite_engine(f"sqlite:///{part}", poolclass=NullPool))
    with psycopg.connect(url) as source, closing(sqlite3.connect(part, isolation_level=None)) as copy:
        source.isolation_level, source.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        copy.execute("BEGIN")
        copy.execute("DELETE FROM varve_log")
        for table, columns in TABLES.items():
            selected = ", ".join(
                f"replace({name}::text, '-', '')" if name in HEX else IN_POSTGRES.get(name, name) for name in columns
            )
            marks = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 -- names of our own
            with source.cursor(name=table, binary=True) as rows:
                rows.itersize = ROWS_A_WRITE
                rows.execute(f"SELECT {selected} FROM {table} ORDER BY 1")  # noqa: S608
                while found := rows.fetchmany(ROWS_A_WRITE):
                    copy.executemany(statement, found)
        copy.execute("COMMIT")


def _into_file(source: Path, path: Path, *, epoch: int) -> None:
    lock = StoreLock.take(path)
    try:
        if path.exists() and _holds_events(path):
            raise StoreUnavailable(f"the store {path} holds a log already: restore into one that is new")
        with _part_of(path) as part:
            _copy_file(source, part)
            with closing(sqlite3.connect(part)) as copy, copy:
                copy.execute("UPDATE varve_log SET epoch = ?", (epoch,))
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)  # of the empty store that was there
            _settle(part, path)
    finally:
        lock.release()


def _holds_events(path: Path) -> bool:
    try:
        with closing(_reader(path)) as connection:
            return connection.execute("SELECT 1 FROM varve_events LIMIT 1").fetchone() is not None
    except sqlite3.OperationalError:
        return path.stat().st_size > 0  # no such table: something else, unless it is empty


def _into_postgres(source: Path, url: str, *, epoch: int) -> None:
    """All or nothing."""
    migrate(sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool))
    with closing(_reader(source)) as backup, psycopg.connect(url) as target, target.transaction():
        target.execute("LOCK TABLE varve_events IN EXCLUSIVE MODE")
        if target.execute("SELECT 1 FROM varve_events LIMIT 1").fetchone():
            raise StoreUnavailable(
                f"the store {without_password(url)} holds a log already: restore into one that is new"
            )
        target.execute("DELETE FROM varve_log")
        for table, columns in TABLES.items():
            names = ", ".join(IN_POSTGRES.get(name, name) for name in columns)
            rows = backup.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1")  # noqa: S608
            with target.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        target.execute("UPDATE varve_log SET epoch = %s", (epoch,))


@contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """Where a file is made before it has its name; gone in any case."""
    part = target.with_name(f"{target.name}.part-{os.getpid()}")
    try:
        yield part
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _settle(part: Path, target: Path) -> None:
    """Durable first, then named."""
    with closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # one file, whole in itself
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def told(url: str) -> Iterator[Any]:
    """Raises StoreUnavailable for whatever the database says."""
    try:
        yield
    except (sqlite3.Error, psycopg.Error, sa.exc.SQLAlchemyError, OSError) as error:
        raise StoreUnavailable(f"the store {without_password(url)} cannot be copied: {first_line(error)}") from error
