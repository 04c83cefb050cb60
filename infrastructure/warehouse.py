"""Sums of exposures and outcomes where an operator keeps them: Parquet files, or tables that SQLAlchemy reaches.

The query is the service's own, over the columns of `parquet.COLUMNS`; what was sent again may be there again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from application.measurements import Sums, WarehouseFault
from infrastructure.measurement_sums import Source, SqlSums, once
from infrastructure.parquet import COLUMNS, opened

if TYPE_CHECKING:
    import duckdb

# DuckDB speaks it, as far as these queries go.
SPOKEN = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
Read = Callable[[sa.Select[Any]], Sequence[Any]]


@contextmanager
def warehouse(where: str) -> Iterator[Sums]:
    """Of a folder with Parquet files, or of a SQLAlchemy URL. Raises WarehouseFault."""
    with sums_in_database(where) if "://" in where else sums_in_folder(Path(where)) as read:
        yield SqlSums(read, source())


def source() -> Source:
    tables = {name: sa.table(name, *map(sa.column, columns)) for name, columns in COLUMNS.items()}
    exposures = once(tables["varve_exposures"], "experiment", "user_id", "variant", "day")
    return Source(exposures, once(tables["varve_outcomes"], "environment", "id"))


@contextmanager
def sums_in_folder(folder: Path) -> Iterator[Read]:
    try:
        with opened(folder) as database:
            yield lambda query: asked(database, query)
    except FileNotFoundError as missing:
        raise WarehouseFault(
            f"there is no {missing}: write it with varve experiment export NAME --to {folder}"
        ) from None


def asked(database: duckdb.DuckDBPyConnection, query: sa.Select[Any]) -> Sequence[Any]:
    import duckdb  # noqa: PLC0415 -- an extra

    compiled = query.compile(dialect=SPOKEN, compile_kwargs={"render_postcompile": True})
    try:
        found = database.execute(str(compiled), [compiled.params[name] for name in compiled.positiontup or ()])
    except duckdb.Error as error:
        raise WarehouseFault(f"the Parquet files cannot be summed: {error}") from error
    names = [column[0] for column in found.description]
    return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in found.fetchall()]


@contextmanager
def sums_in_database(url: str) -> Iterator[Read]:
    try:
        engine = sa.create_engine(url)
        with engine.connect() as database:
            yield lambda query: database.execute(query).all()
        engine.dispose()
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise WarehouseFault(f"install what SQLAlchemy speaks to this database with ({error})") from error
    except sa.exc.ArgumentError as error:
        raise WarehouseFault(f"this is no address of a database: {error}") from error
    except sa.exc.SQLAlchemyError as error:
        why = getattr(error, "orig", None) or error
        raise WarehouseFault(
            f"the warehouse does not answer ({why}): it needs tables or views {' and '.join(COLUMNS)}"
        ) from error
