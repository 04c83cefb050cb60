"""Backups of the log, and their return. A backup is one SQLite file with the log's own tables, of whichever store.

Views are not in it: they are built from the log when it is opened.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psycopg
import sqlalchemy as sa
from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import SQLiteDatastore
from sqlalchemy.pool import NullPool

from application.prove_log import ProveLog
from application.verify_log import VerifyLog
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
    "varve_data_keys": ("number", "id", "master", "wrapped"),
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
    store = f"the store {without_password(url)}"
    with told(f"{store} cannot be copied"), _part_of(target) as part:
        if url.startswith("sqlite:///"):
            _copy_file(Path(url.removeprefix("sqlite:///")), part)
        elif is_postgres(url):
            _copy_from_postgres(url, part, of=store)
        else:
            raise StoreUnavailable(f"{without_password(url)} cannot be backed up: only what is kept can")
        _require_log(part, of=store)
        migrate(_engine(part))
        copied = _verified(part, of=store)
        with _opened(part) as (log, tiles):
            ProveLog(log, tiles).grow()  # so that a copy which is damaged later is found out
        _settle(part, target)
        return copied


def restore(source: Path, url: str) -> Copied:
    """Make a backup, which is only read, the log of a store that holds nothing yet.

    Its epoch is one of its own: positions beyond the backup's end may have been given out before. Raises
    StoreUnavailable for a file that is no backup or is damaged, and for a store that holds something.
    """
    with told(f"the backup {source} cannot be restored into {without_password(url)}"):
        _require_log(source, of=f"the backup {source}")
        if url.startswith("sqlite:///"):
            return _into_file(source, Path(url.removeprefix("sqlite:///")))
        if is_postgres(url):
            return _into_postgres(source, url)
    raise StoreUnavailable(f"nothing can be restored into {without_password(url)}: it would not be kept")


IDENTIFIED = (
    "SELECT count(*) = 1 AND sum(typeof(epoch) = 'integer' AND typeof(digest_key) = 'blob'"
    " AND length(log_id) = 32 AND log_id NOT GLOB '*[^0-9a-f]*') FROM varve_log"
)


def _require_log(path: Path, *, of: str) -> None:
    """Raises StoreUnavailable for a file that SQLite cannot read whole, or that is no log that this Varve knows."""
    if not path.is_file():
        raise StoreUnavailable(f"there is no file {path}")
    try:
        with closing(_reader(path)) as connection:
            (sound,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            (schema,) = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()
            (identified,) = connection.execute(IDENTIFIED).fetchone()
            connection.execute("SELECT 1 FROM varve_commits, varve_events LIMIT 1")
    except sqlite3.DatabaseError as error:
        raise _no_log(path, str(error)) from error
    if sound != "ok":
        raise StoreUnavailable(f"{of} is damaged ({' '.join(sound.split())}): take another copy")
    if not (schema and identified):
        raise _no_log(path, "it has no schema, or not one identity")
    _require_known(schema, of=of)


def _no_log(path: Path, reason: str) -> StoreUnavailable:
    return StoreUnavailable(f"{path} is not a log of Varve ({reason}): take a file that varve backup wrote")


def _require_known(schema: str, *, of: str) -> None:
    if schema > HEAD:
        raise StoreUnavailable(f"{of} has schema {schema} and this Varve knows {HEAD}: use a newer Varve")


def _verified(part: Path, *, of: str) -> Copied:
    """What a log holds, each row of it read. Raises StoreUnavailable where rows do not fit together."""
    with _opened(part) as (log, tiles):
        found = VerifyLog(log, tiles).verify()
        newest, epoch = log.newest(), log.identity.epoch
    if found.verdict == "altered":
        raise StoreUnavailable(f"{of} is damaged, first at position {found.first_bad}: {found.reason}")
    with closing(_reader(part)) as connection:
        (commits,) = connection.execute("SELECT count(*) FROM varve_commits").fetchone()
    return Copied(found.events, commits, newest.last if newest else 0, epoch, found.size, found.root.hex())


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Store, SqlTiles]]:
    datastore = SQLiteDatastore(str(path))
    try:
        yield Store(SQLiteRecorder(datastore)), SqlTiles(_engine(path))
    finally:
        datastore.close()


def _engine(path: Path) -> sa.Engine:
    return sqlite_engine(f"sqlite:///{path}", poolclass=NullPool)


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)


def _copy_file(path: Path, part: Path) -> None:
    """By the database's own interface: a copy of the bytes would miss what is in the write-ahead log."""
    if not path.is_file():
        raise StoreUnavailable(f"there is no store {path}")
    with closing(_reader(path)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)


def _copy_from_postgres(url: str, part: Path, *, of: str) -> None:
    """All tables as they are at one moment."""
    migrate(_engine(part))
    with psycopg.connect(url) as source, closing(sqlite3.connect(part, isolation_level=None)) as copy:
        source.isolation_level, source.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        for (schema,) in source.execute("SELECT version_num FROM alembic_version"):
            _require_known(schema, of=of)  # a table that this Varve does not know would be left out
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


def _into_file(source: Path, path: Path) -> Copied:
    lock = StoreLock.take(path)
    try:
        if path.exists() and _holds_events(path):
            raise StoreUnavailable(f"the store {path} holds a log already: restore into one that is new")
        with _part_of(path) as part:
            copied = _to_go_on_from(source, part)
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)  # of the empty store that was there
            _settle(part, path)
            return copied
    finally:
        lock.release()


def _to_go_on_from(source: Path, part: Path) -> Copied:
    """A copy of a backup in today's schema and in an epoch of its own; the backup stays as it is."""
    _copy_file(source, part)
    migrate(_engine(part))
    with closing(sqlite3.connect(part)) as copy, copy:
        copy.execute("UPDATE varve_log SET epoch = epoch + 1")
    return _verified(part, of=f"the backup {source}")


def _holds_events(path: Path) -> bool:
    try:
        with closing(_reader(path)) as connection:
            return connection.execute("SELECT 1 FROM varve_events LIMIT 1").fetchone() is not None
    except sqlite3.OperationalError:
        return path.stat().st_size > 0  # no such table: something else, unless it is empty


def _into_postgres(source: Path, url: str) -> Copied:
    """All or nothing. Wants room for the backup among the temporary files."""
    with TemporaryDirectory(prefix="varve-restore-") as folder:
        part = Path(folder) / "log.db"
        copied = _to_go_on_from(source, part)
        migrate(sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool))
        with closing(_reader(part)) as backup, psycopg.connect(url) as target, target.transaction():
            target.execute("LOCK TABLE varve_events IN EXCLUSIVE MODE")
            if target.execute("SELECT 1 FROM varve_events LIMIT 1").fetchone():
                raise StoreUnavailable(
                    f"the store {without_password(url)} holds a log already: restore into one that is new"
                )
            for table, columns in TABLES.items():
                _copy_table(backup, target, table, columns)
        return copied


def _copy_table(backup: sqlite3.Connection, target: psycopg.Connection, table: str, columns: Sequence[str]) -> None:
    names = ", ".join(IN_POSTGRES.get(name, name) for name in columns)
    rows = backup.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1")  # noqa: S608 -- names of our own
    with target.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608 -- the identity, and ticks of a store without events
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


@contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """Where a file is made before it has its name; gone in any case."""
    part = target.with_name(f"{target.name}.part-{os.getpid()}")
    _remove(part)  # of a process of the same number that was killed, as in a container
    try:
        yield part
    finally:
        _remove(part)


def _remove(part: Path) -> None:
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
def told(failure: str) -> Iterator[None]:
    """Raises StoreUnavailable, which begins with the failure, for whatever the database says."""
    try:
        yield
    except (sqlite3.Error, psycopg.Error, sa.exc.SQLAlchemyError, PersistenceError, OSError) as error:
        raise StoreUnavailable(f"{failure}: {first_line(error)}") from error
