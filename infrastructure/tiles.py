"""The leaf hashes of the log, kept beside it: 256 in a row, written when the events were new."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from application.tiles import Tile

METADATA = sa.MetaData()
tiles = sa.Table(
    "varve_tiles",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("start_us", sa.BigInteger, nullable=False),
    sa.Column("start_position", sa.BigInteger, nullable=False),
    sa.Column("hashes", sa.LargeBinary, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("upto_us", sa.BigInteger, nullable=False),
    sa.Column("upto_position", sa.BigInteger, nullable=False),
)


class SqlTiles:
    """Implements the port `Tiles`, on the log's own database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @classmethod
    def in_memory(cls, engine: sa.Engine) -> SqlTiles:
        METADATA.create_all(engine)
        return cls(engine)

    def newest(self) -> Tile | None:
        return self._one(sa.select(tiles).order_by(tiles.c.number.desc()).limit(1))

    def tile(self, number: int) -> Tile | None:
        return self._one(sa.select(tiles).where(tiles.c.number == number))

    def holding(self, position: int) -> Tile | None:
        query = sa.select(tiles).where(tiles.c.start_position <= position)
        return self._one(query.order_by(tiles.c.start_position.desc(), tiles.c.number.desc()).limit(1))

    def roots(self, *, first: int, end: int) -> list[bytes]:
        query = sa.select(tiles.c.root).where(tiles.c.number >= first, tiles.c.number < end).order_by(tiles.c.number)
        with self._engine.connect() as connection, connection.begin():
            return [bytes(row[0]) for row in connection.execute(query)]

    def put(self, new: Sequence[Tile]) -> None:
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(tiles)
            others = {name: insert.excluded[name] for name in Tile._fields if name != "number"}
            grown = sa.func.length(insert.excluded.hashes) > sa.func.length(
                tiles.c.hashes
            )  # never back: another may write too
            statement = insert.on_conflict_do_update(index_elements=["number"], set_=others, where=grown)
            connection.execute(statement, [tile._asdict() for tile in new])

    def _one(self, query: sa.Select[tuple[object, ...]]) -> Tile | None:
        with self._engine.connect() as connection, connection.begin():
            found = connection.execute(query).one_or_none()
        return (
            None if found is None else Tile._make(bytes(one) if isinstance(one, memoryview) else one for one in found)
        )
