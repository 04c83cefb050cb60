"""Exposures and outcomes as Parquet files, written and read by DuckDB, which is an extra of the distribution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import duckdb

FILES = {"varve_exposures": "exposures.parquet", "varve_outcomes": "outcomes.parquet"}
AT_US, RECEIVED_US = 'epoch_us("at"::TIMESTAMPTZ)', "epoch_us(received_at::TIMESTAMPTZ)"
COLUMNS: dict[str, dict[str, str]] = {  # of each table, and how each is made of what the API tells
    "varve_exposures": {
        "environment": "environment",
        "experiment": "replace(id, '-', '')",
        "user_id": "user_id",
        "variant": "variant",
        "day": f"{AT_US} // 86_400_000_000",
        "at_us": AT_US,
        "received_us": RECEIVED_US,
    },
    "varve_outcomes": {
        "id": "id::UUID",
        "environment": "environment",
        "user_id": "user_id",
        "metric": "metric",
        "value": "value",
        "at_us": AT_US,
        "received_us": RECEIVED_US,
    },
}
TOLD = ("environment", "id", "user_id", "variant", "metric", "at", "received_at")  # text, beside `value`


def connection() -> duckdb.DuckDBPyConnection:
    """Raises ImportError where the extra is not installed."""
    import duckdb  # noqa: PLC0415 -- an extra

    # Nothing is fetched from anywhere; rows in any order take less memory.
    return duckdb.connect(config={"autoinstall_known_extensions": False, "preserve_insertion_order": False})


class Export:
    """Takes rows as the API tells them, and keeps them on disk until all are there."""

    def __init__(self, lines: Mapping[str, IO[bytes]]) -> None:
        self._lines = lines

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self._lines[table].write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))


@contextmanager
def exported(folder: Path) -> Iterator[Export]:
    """The files are in their places when all rows are: none where something fails. Raises ImportError, OSError."""
    with connection() as database:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".export-") as made:  # beside the files: a rename is at once
            with ExitStack() as stack:
                yield Export({table: stack.enter_context(Path(made, table).open("wb")) for table in FILES})
            database.execute(f"SET temp_directory = {quoted(Path(made))}")
            for table, name in FILES.items():
                database.execute(conversion(table, Path(made, table), Path(made, name)))
            for name in FILES.values():
                Path(made, name).replace(folder / name)


def conversion(table: str, lines: Path, to: Path) -> str:
    columns = ", ".join(f"{made} AS {name}" for name, made in COLUMNS[table].items())
    kinds = ", ".join(f"\"{name}\": 'VARCHAR'" for name in TOLD) + ", value: 'DOUBLE'"
    source = f"read_json({quoted(lines)}, format = 'newline_delimited', columns = {{{kinds}}})"
    return f"COPY (SELECT {columns} FROM {source}) TO {quoted(to)} (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608 -- texts of our own


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """The files as the tables that they come from. Raises ImportError, FileNotFoundError."""
    database = connection()
    for table, name in FILES.items():
        if not (folder / name).is_file():
            raise FileNotFoundError(folder / name)
        database.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({quoted(folder / name)})")  # noqa: S608 -- likewise
    return database


def quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
