"""Opens the store that an address names: its log, its views, and the means to hear of news."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from eventsourcing.persistence import PersistenceError
from eventsourcing.postgres import PostgresDatastore
from eventsourcing.sqlite import SQLiteDatastore
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.pool import NullPool, QueuePool

from domain.errors import StoreUnavailable
from infrastructure.data_keys import DataKeys
from infrastructure.event_store.memory import MemoryRecorder
from infrastructure.event_store.postgres import PostgresRecorder
from infrastructure.event_store.sqlite import SQLiteRecorder
from infrastructure.event_store.store import Store
from infrastructure.health_reports import SqlHealthReports
from infrastructure.key_ring import KeyRing
from infrastructure.leadership import AdvisoryLeadership, Listener
from infrastructure.master_keys import read_master_keys
from infrastructure.measurements import SqlMeasurements
from infrastructure.migrations import migrate
from infrastructure.projections.follower import Alone, Follower, Leadership
from infrastructure.projections.generations import (
    FileGenerations,
    Generations,
    MemoryGenerations,
    SchemaGenerations,
    sqlite_engine,
)
from infrastructure.projections.rebuild import build, log_name
from infrastructure.projections.tables import SHAPE, progress
from infrastructure.report_tables import in_file, in_memory
from infrastructure.reports import SqlReports
from infrastructure.store_lock import StoreLock
from infrastructure.tiles import SqlTiles
from infrastructure.vitals import Vitals
from infrastructure.webhooks import tables
from infrastructure.webhooks.outbox import SqlOutbox

MEMORY = "memory:"
LOCK_TIMEOUT_SECONDS = 5
CONNECT_WITHIN_SECONDS = 2  # a store that is away is told of, not waited for
POLL_SECONDS = 0.25  # on PostgreSQL, when a notification is lost


class Beside(NamedTuple):
    """What lies in the log's own database besides the log; reports may lie in another."""

    tiles: SqlTiles
    vitals: Vitals
    data_keys: DataKeys
    reports: SqlReports
    measurements: SqlMeasurements
    health_reports: SqlHealthReports
    outbox: SqlOutbox

    @classmethod
    def the_log(cls, engine: sa.Engine, *, reports: sa.Engine | None = None, outbox: sa.Engine | None = None) -> Beside:
        apart = reports or engine
        told = SqlReports(apart), SqlMeasurements(apart), SqlHealthReports(apart)
        return cls(SqlTiles(engine), Vitals(engine), DataKeys(engine), *told, SqlOutbox(outbox or engine))


@dataclass
class OpenStore:
    """A log with its views, followed."""

    log: Store
    generations: Generations
    follower: Follower
    tiles: SqlTiles
    vitals: Vitals
    data_keys: DataKeys
    reports: SqlReports
    measurements: SqlMeasurements
    health_reports: SqlHealthReports
    outbox: SqlOutbox
    leads: Callable[[], bool]  # whether this process does what one process does for all
    lock: StoreLock | None = None  # of a SQLite file
    closers: list[Callable[[], None]] = field(default_factory=list)

    def unlock(self, file: Path | None) -> None:
        """Let secrets be sealed and opened with the master keys in a file, if there is one.

        Raises InvalidRequest for the file, KeysMissing where it lacks a key of this log.
        """
        if file is not None:
            masters = read_master_keys(file)
            self.log.secrets = KeyRing(self.data_keys, masters, log_id=self.log.identity.log_id)

    def close(self) -> None:
        """Stop following, let go of connections, files and locks."""
        self.follower.close()
        self.log.close()
        undo(self.closers)


def undo(closers: list[Callable[[], None]]) -> None:
    """Let go of what was opened, the last first."""
    while closers:
        closers.pop()()


def open_store(url: str) -> OpenStore:
    """`sqlite:///file`, `postgresql://…` or `memory:`.

    Raises StoreUnavailable with one line that says why and what to do.
    """
    try:
        if url == MEMORY:
            kept = sqlite_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0)
            store, views = Store(MemoryRecorder()), MemoryGenerations()
            reports, outbox = in_memory(), tables.in_memory()
            told = SqlReports(reports), SqlMeasurements(reports), SqlHealthReports(reports), SqlOutbox(outbox)
            beside = Beside(SqlTiles.in_memory(kept), Vitals(kept), DataKeys.in_memory(kept), *told)
            return _followed(store, views, beside, Alone(), [kept.dispose, reports.dispose, outbox.dispose])
        if url.startswith("sqlite:///"):
            return _open_sqlite(Path(url.removeprefix("sqlite:///")))
        if is_postgres(url):
            return _open_postgres(url)
    except (sa.exc.SQLAlchemyError, PersistenceError, psycopg.Error, OSError) as error:
        raise StoreUnavailable(f"the store {without_password(url)} cannot be opened: {first_line(error)}") from error
    raise StoreUnavailable(
        f"{without_password(url)} is not a store: write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
    )


def is_postgres(url: str) -> bool:
    return url.startswith(("postgresql://", "postgres://"))


def _open_sqlite(path: Path) -> OpenStore:
    if not path.parent.is_dir():
        raise StoreUnavailable(
            f"there is no folder {path.parent} to keep the store in: make it, or name another --store"
        )
    lock = StoreLock.take(path)
    closers: list[Callable[[], None]] = [lock.release]
    try:
        engine = sqlite_engine(f"sqlite:///{path}", poolclass=NullPool)
        migrate(engine)
        datastore = SQLiteDatastore(str(path), lock_timeout=LOCK_TIMEOUT_SECONDS, pool_size=10, max_overflow=30)
        store = Store(SQLiteRecorder(datastore))
        closers.append(datastore.close)
        reports, outbox = in_file(path), tables.in_file(path)
        closers += [reports.dispose, outbox.dispose]
        beside = Beside.the_log(engine, reports=reports, outbox=outbox)
        opened = _followed(store, FileGenerations(path), beside, Alone(), closers)
    except BaseException:
        undo(closers)
        raise
    opened.lock = lock
    return opened


def _open_postgres(url: str) -> OpenStore:
    given: dict[str, Any] = conninfo_to_dict(url)
    conninfo = make_conninfo(url, application_name="varve", connect_timeout=CONNECT_WITHIN_SECONDS)
    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(conninfo),
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=False,
    )
    closers: list[Callable[[], None]] = [engine.dispose]
    try:
        migrate(engine)
        datastore = _postgres_datastore(given)
        closers.append(datastore.close)
        store = Store(PostgresRecorder(datastore))
        leadership = AdvisoryLeadership(conninfo)
        closers.append(leadership.close)
        views, beside = SchemaGenerations(engine), Beside.the_log(engine)
        opened = _followed(store, views, beside, leadership, closers, poll_seconds=POLL_SECONDS)
    except BaseException:
        undo(closers)
        raise
    opened.closers.append(Listener(conninfo, opened.follower.poke).close)
    return opened


def _postgres_datastore(given: dict[str, Any]) -> PostgresDatastore:
    datastore = PostgresDatastore(
        dbname=given.pop("dbname", "postgres"),
        host=given.pop("host", ""),
        port=given.pop("port", "5432"),
        user=given.pop("user", ""),
        password=given.pop("password", ""),
        connect_timeout=CONNECT_WITHIN_SECONDS,
        # A paused holder of the ordering lock stops all writers.
        idle_in_transaction_session_timeout=LOCK_TIMEOUT_SECONDS,
        lock_timeout=LOCK_TIMEOUT_SECONDS,
        pool_size=4,
        max_overflow=16,
    )
    assert isinstance(datastore.pool.kwargs, dict)
    datastore.pool.kwargs.update(given)  # sslmode and the like, as libpq knows them
    return datastore


def _followed(
    store: Store,
    generations: Generations,
    beside: Beside,
    leadership: Leadership,
    closers: list[Callable[[], None]],
    *,
    poll_seconds: float = 1.0,
) -> OpenStore:
    ensure_views(store, generations)
    follower = Follower(store, generations, leadership=leadership, poll_seconds=poll_seconds)
    return OpenStore(store, generations, follower, *beside, leadership.held, closers=closers)


def ensure_views(store: Store, generations: Generations) -> None:
    """Build the views where there are none, or only of another shape or another log."""
    with generations.building(wait=True):  # servers that start together make them once
        current = generations.current()
        if not current or not _serves(generations.engine(current), log_name(store)):
            generations.switch(build(store, generations).generation)


def _serves(engine: sa.Engine, log: str) -> bool:
    try:
        with engine.connect() as connection:
            found = connection.execute(sa.select(progress.c.shape, progress.c.log)).one_or_none()
            return found is not None and tuple(found) == (SHAPE, log)
    except sa.exc.DatabaseError:
        return False  # no such table: half made, or lost


def without_password(url: str) -> str:
    """The address as it may be shown."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return url.partition("@")[2] or url


def first_line(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    return (str(original).strip() or type(original).__name__).splitlines()[0]
