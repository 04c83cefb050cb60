"""Reads the tables of an older system, from a PostgreSQL or SQLite that is only ever read."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from application.migrate_legacy import EVERY_TABLE, TABLES, TIMES, LegacyTable
from domain.errors import InvalidRequest, StoreUnavailable
from infrastructure.settings import without_password
from infrastructure.stores import CONNECT_WITHIN_SECONDS, first_line

REQUIRED_COLUMNS = ("id", "user_id", "name")


@dataclass(frozen=True, slots=True)
class LegacyRows:
    """The rows of each table that is there, the later ones last, and the columns that nothing is made of."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)


def read_legacy(url: str) -> LegacyRows:
    """Everything at one moment, so that the source is let go of before anything is recorded.

    Raises InvalidRequest for an address that is no such source, StoreUnavailable where it cannot be read.
    """
    found = LegacyRows()
    with _connected(url) as connection:
        for table in TABLES:
            columns = _columns(connection, table)
            if columns:
                _require(columns, table)
                found.rows[table.name] = _rows(connection, table, columns)
                known = {*EVERY_TABLE, *TIMES, *table.fields}
                found.dropped.extend(f"{table.name}.{name}" for name in columns if name not in known)
    if not found.rows:
        names = " nor ".join(table.name for table in TABLES)
        raise InvalidRequest(f"{without_password(url)} has neither {names}: check the address and its search path")
    return found


def _columns(connection: sa.Connection, table: LegacyTable) -> list[str]:
    inspector = sa.inspect(connection)
    if not inspector.has_table(table.name) and table.name not in inspector.get_view_names():
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # types that nobody here knows are in columns left out
        return [str(column["name"]) for column in inspector.get_columns(table.name)]


def _require(columns: list[str], table: LegacyTable) -> None:
    if lacking := [name for name in REQUIRED_COLUMNS if name not in columns]:
        raise InvalidRequest(f"{table.name} has no column {lacking[0]}: make a view that has it, and name its schema")


def _rows(connection: sa.Connection, table: LegacyTable, columns: list[str]) -> list[dict[str, Any]]:
    """Columns without types: a cell that its type cannot be read from is a fault of its row, not of the whole."""
    wanted: list[sa.ColumnClause[Any]] = [sa.column(name) for name in columns if name in {*EVERY_TABLE, *table.fields}]
    order: list[sa.ColumnElement[Any]] = [sa.column(name).nulls_first() for name in (*TIMES, "id") if name in columns]
    query = sa.select(sa.table(table.name, *wanted)).order_by(*order)
    return [dict(row) for row in connection.execute(query).mappings()]


@contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    address = _address(url)
    try:
        engine = _sqlite(address) if address.drivername == "sqlite" else _postgres(address)
        with engine.connect() as connection:
            yield connection
    except (sa.exc.SQLAlchemyError, sqlite3.Error, psycopg.Error, OSError) as error:
        told = first_line(error).replace(address.password or "\0", "***")
        # What it came from may quote the address.
        raise StoreUnavailable(f"the source {without_password(url)} cannot be read: {told}") from None


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        address = sa.URL.create("unreadable")
    kind = address.drivername.partition("+")[0]
    if kind == "sqlite" and address.database:
        return address.set(drivername="sqlite")
    if kind in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    # Not shown: what cannot be read cannot be shown without its password.
    raise InvalidRequest("this is no source: write --source postgresql://USER@HOST/DATABASE or --source sqlite:///FILE")


def _sqlite(address: sa.URL) -> sa.Engine:
    path = Path(address.database or "").resolve()
    if not path.is_file():
        raise FileNotFoundError("there is no such file")

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        connection.text_factory = _text
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _text(raw: bytes) -> str | bytes:
    """A text; bytes where it is none, which is a fault of its row."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _postgres(address: sa.URL) -> sa.Engine:
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    connect = {"connect_timeout": CONNECT_WITHIN_SECONDS}
    return sa.create_engine(address, poolclass=NullPool, execution_options=options, connect_args=connect)
