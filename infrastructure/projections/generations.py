"""Where the views live: one generation in a file of its own (SQLite), in memory, or in a schema (PostgreSQL).

A rebuild fills a new generation beside the live one; switching moves one pointer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from infrastructure.projections.tables import SHAPE, VIEWS, progress

BUILD_LOCK = 0x7661727665_03  # session advisory lock of whoever makes a generation


class Generations(Protocol):
    """The generations of one store's views."""

    def current(self) -> int:
        """The number of the generation that is served; 0 where there is none yet."""

    def engine(self, generation: int) -> sa.Engine:
        """Connections to the tables of this generation."""

    def create(self, generation: int) -> sa.Engine:
        """An empty generation, at position 0; one that was left half made goes first."""

    def switch(self, generation: int) -> None:
        """Serve this generation from now on."""

    def drop(self, generation: int) -> None:
        """Give back the room that it takes."""

    def building(self, *, wait: bool) -> AbstractContextManager[bool]:
        """Whether no other process makes or drops generations meanwhile; waited for, if so asked."""


def make_tables(engine: sa.Engine) -> None:
    """The tables, empty, at position 0."""
    with engine.begin() as connection:
        VIEWS.create_all(connection)
        connection.execute(progress.insert().values(id=1, position=0, definitions=0, shape=SHAPE, log=""))


class FileGenerations:
    """Files beside the log: `varve.db-views-3`; `varve.db-views` names the one that is served."""

    def __init__(self, log: Path) -> None:
        self._pointer = log.with_name(log.name + "-views")
        self._engines: dict[int, sa.Engine] = {}

    def _path(self, generation: int) -> Path:
        return self._pointer.with_name(f"{self._pointer.name}-{generation}")

    def current(self) -> int:
        try:
            return int(self._pointer.read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def engine(self, generation: int) -> sa.Engine:
        if generation not in self._engines:
            self._engines[generation] = sqlite_engine(f"sqlite:///{self._path(generation)}")
        return self._engines[generation]

    def create(self, generation: int) -> sa.Engine:
        self.drop(generation)
        engine = self.engine(generation)
        make_tables(engine)
        return engine

    def switch(self, generation: int) -> None:
        new = self._pointer.with_name(self._pointer.name + ".new")
        new.write_text(str(generation))
        new.replace(self._pointer)  # at once: a reader sees the old number or the new one

    def drop(self, generation: int) -> None:
        if engine := self._engines.pop(generation, None):
            engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            path = self._path(generation)
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def building(self, *, wait: bool) -> AbstractContextManager[bool]:  # noqa: ARG002 -- one process has the file
        return nullcontext(enter_result=True)


class MemoryGenerations:
    """Databases in memory, gone with the process."""

    def __init__(self) -> None:
        self._engines: dict[int, sa.Engine] = {}
        self._current = 0
        self._name = uuid4().hex

    def current(self) -> int:
        return self._current

    def engine(self, generation: int) -> sa.Engine:
        if generation not in self._engines:
            # one connection, one user at a time: connections that share a memory database lock each other's tables
            self._engines[generation] = sqlite_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0)
        return self._engines[generation]

    def create(self, generation: int) -> sa.Engine:
        self.drop(generation)
        engine = self.engine(generation)
        make_tables(engine)
        return engine

    def switch(self, generation: int) -> None:
        self._current = generation

    def drop(self, generation: int) -> None:
        if engine := self._engines.pop(generation, None):
            engine.dispose()

    def building(self, *, wait: bool) -> AbstractContextManager[bool]:  # noqa: ARG002 -- no other process sees them
        return nullcontext(enter_result=True)


class SchemaGenerations:
    """Schemas `varve_views_3`; the table `varve_views` beside the log names the one that is served."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def current(self) -> int:
        with self._engine.connect() as connection:
            found: int = connection.execute(sa.text("SELECT generation FROM varve_views")).scalar_one()
            return found

    def engine(self, generation: int) -> sa.Engine:
        return self._engine.execution_options(schema_translate_map={None: f"varve_views_{generation}"})

    def create(self, generation: int) -> sa.Engine:
        self.drop(generation)
        with self._engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(f"varve_views_{generation}"))
        engine = self.engine(generation)
        make_tables(engine)
        return engine

    def switch(self, generation: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text("UPDATE varve_views SET generation = :generation"), {"generation": generation})

    def drop(self, generation: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.schema.DropSchema(f"varve_views_{generation}", cascade=True, if_exists=True))

    @contextmanager
    def building(self, *, wait: bool) -> Iterator[bool]:
        lock = sa.func.pg_advisory_lock if wait else sa.func.pg_try_advisory_lock
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            held = connection.execute(sa.select(lock(BUILD_LOCK))).scalar() is not False
            try:
                yield held
            finally:
                if held:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(BUILD_LOCK)))


def sqlite_engine(url: str, *, synchronous: str = "NORMAL", **options: Any) -> sa.Engine:
    """An engine whose transactions begin when they say so.

    `writes=True` among the execution options takes the write lock at once.
    """
    engine = sa.create_engine(url, connect_args={"check_same_thread": False}, **options)

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # else the driver begins by itself, and late
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "busy_timeout=5000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        immediate = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
