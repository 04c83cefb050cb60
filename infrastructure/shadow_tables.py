"""Shadow tables in the databases of applications: made, looked into and dropped here, and no other table ever is.

That a table is ours is said by its comment, which names the index; a table without it is never written or dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from sqlalchemy.pool import NullPool

from application.manage_indexes import Filled
from domain.errors import Conflict, StoreUnavailable
from domain.releases.index import Index, checked_table

CONNECT_WITHIN_SECONDS = 5
STATEMENT_TIMEOUT_MS = 60_000  # counting a large table takes a while


def shadow_table(name: str, *, index_id: UUID | None = None) -> sa.Table:
    """The table of an index, under the name that its lock gave it."""
    return sa.Table(
        checked_table(name),
        sa.MetaData(),
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("doc_id", sa.Text, nullable=False),
        sa.Column("chunk_index", sa.Integer, nullable=False),
        sa.Column("embedding_text", sa.Text, nullable=False),
        sa.Column("bm25_text", sa.Text, nullable=False),
        sa.Column("embedding_token_count", sa.Integer, nullable=False),
        sa.Column("bm25_token_count", sa.Integer, nullable=False),
        sa.Column("chunk_version", sa.Text, nullable=False),
        sa.Column("ingest_run_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        comment=None if index_id is None else _mark(index_id),
    )


class SqlShadowTables:
    """Implements the port `ShadowTables`. `urls`: PostgreSQL, by environment; they are never told to anybody."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls

    def reach(self, environment: str) -> bool:
        if environment not in self._urls:
            return False
        with self._connected(environment) as connection:
            connection.execute(sa.select(1))
        return True

    def create(self, environment: str, table: str, *, index_id: UUID) -> None:
        with self._connected(environment) as connection:
            if _mark_of(connection, table) == _mark(index_id):
                return
            if sa.inspect(connection).has_table(table):
                raise Conflict(f"there is a table {table} in that database already: lock again, for another name")
            shadow_table(table, index_id=index_id).create(connection, checkfirst=False)

    def filled(self, index: Index, *, budget: int) -> Filled:
        with self._connected(index.environment) as connection:
            name = _own(connection, index)
            if name is None:
                raise Conflict(f"the table {index.table} is not there: drop this index, and register it again")
            table = shadow_table(name)
            over = sa.func.greatest(table.c.embedding_token_count, table.c.bm25_token_count) > budget
            version, run = table.c.chunk_version == index.version_label, table.c.ingest_run_id == index.ingest_run_id
            counts = (sa.func.count(), *(sa.func.count().filter(one) for one in (over, sa.not_(version & run))))
            asked = sa.select(*counts).select_from(table)
            row = connection.execute(asked).one()
            return Filled(row[0], row[1], row[2])

    def drop(self, index: Index) -> None:
        with self._connected(index.environment) as connection:
            name = _own(connection, index)
            if name is not None:
                shadow_table(name).drop(connection, checkfirst=False)

    @contextmanager
    def _connected(self, environment: str) -> Iterator[sa.Connection]:
        """One transaction. Raises Conflict where no database is named, StoreUnavailable where it does not answer."""
        url = self._urls.get(environment)
        if url is None:
            message = f"no database is named for the shadow tables of {environment}"
            raise Conflict(f"{message}: set VARVE_INDEX_URLS at the server")
        options = f"-c statement_timeout={STATEMENT_TIMEOUT_MS}"
        conninfo = make_conninfo(url, application_name="varve", connect_timeout=CONNECT_WITHIN_SECONDS, options=options)
        engine = sa.create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo), poolclass=NullPool
        )
        try:
            with engine.begin() as connection:
                yield connection
        except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
            message = f"the database of the indexes of {environment} did not do it ({type(error).__name__})"
            raise StoreUnavailable(f"{message}: see that it is there and lets the service in, and try again") from error


def _own(connection: sa.Connection, index: Index) -> str | None:
    """The name of the index's own table; None where it is gone. Raises Conflict for another's."""
    assert index.table is not None
    mark = _mark_of(connection, index.table)
    if mark is None and not sa.inspect(connection).has_table(index.table):
        return None
    if mark != _mark(index.id):
        raise Conflict(f"the table {index.table} was not made for this index, and is left alone")
    return index.table


def _mark(index_id: UUID) -> str:
    return f"varve shadow index {index_id}"


def _mark_of(connection: sa.Connection, table: str) -> str | None:
    """What the table says of itself; None where there is none, or it says nothing."""
    name = connection.dialect.identifier_preparer.quote(checked_table(table))
    asked = sa.select(sa.func.obj_description(sa.func.to_regclass(name), "pg_class"))
    found: str | None = connection.execute(asked).scalar()
    return found
