"""The keys of a log, wrapped, in a table beside it: number 0 is for commitments, the newest other one seals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

METADATA = sa.MetaData()
data_keys = sa.Table(
    "varve_data_keys",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("master", sa.String(64), nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)


class WrappedKey(NamedTuple):
    """`master` names the key that wrapped it."""

    number: int
    id: str
    master: str
    wrapped: bytes


Change = Callable[[Sequence[WrappedKey]], Sequence[WrappedKey]]
"""From the keys that there are, in order, to all that there are to be."""


class DataKeys:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @classmethod
    def in_memory(cls, engine: sa.Engine) -> DataKeys:
        METADATA.create_all(engine)
        return cls(engine)

    def all(self) -> list[WrappedKey]:
        """In the order of their numbers."""
        with self._engine.connect() as connection, connection.begin():
            return _all(connection)

    def change(self, to: Change) -> list[WrappedKey]:
        """Make the table so, durably and all at once, while nobody else does; what it holds then."""
        with self._engine.connect().execution_options(writes=True) as connection:
            if connection.dialect.name == "sqlite":
                # A master key may be thrown away once its wrapping is gone: that must not come back with a power cut.
                _driver(connection).execute("PRAGMA synchronous=FULL")
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.text("LOCK TABLE varve_data_keys IN EXCLUSIVE MODE"))
                found = _all(connection)
                wanted = list(to(found))
                if wanted != found:
                    connection.execute(sa.delete(data_keys))
                    connection.execute(sa.insert(data_keys), [one._asdict() for one in wanted])
                return wanted


def _all(connection: sa.Connection) -> list[WrappedKey]:
    rows = connection.execute(sa.select(data_keys).order_by(data_keys.c.number))
    return [WrappedKey(row.number, row.id, row.master, bytes(row.wrapped)) for row in rows]


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
