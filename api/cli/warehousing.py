"""Experiments where the data is: rows as Parquet files, and results from there or from a warehouse."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.experiment_lookup import EXPERIMENTS, NameArgument, experiment_named
from api.cli.failures import Failed, Misused
from api.cli.options import Environment

if TYPE_CHECKING:
    from api.cli.wiring import Export
    from domain.experiments.results import Question

TABLES = {"varve_exposures": "exposures", "varve_outcomes": "outcomes"}


async def export(
    api: Api,
    name: NameArgument,
    *,
    to: Annotated[Path, typer.Option(help="The folder; files of an earlier export there are replaced.")],
    environment: Environment = None,
) -> None:
    """Write its exposures and outcomes as Parquet files."""
    known = await experiment_named(api, name, environment)
    with _told(), wiring.exported(to) as made:
        written = {
            f"{rows}.parquet": await _copy(api, known, rows, made=made, table=table) for table, rows in TABLES.items()
        }
    if api.terminal.as_json:
        api.terminal.answer({"folder": str(to), "rows": written})
        return
    told = ", ".join(f"{file} ({count:,} rows)" for file, count in written.items())
    api.terminal.line(f"{to}: {told}")


async def _copy(api: Api, known: Mapping[str, Any], rows: str, *, made: Export, table: str) -> int:
    """Page after page; how many rows there were."""
    count, cursor, began = 0, None, time.monotonic()
    with api.terminal.bar(f"places of {rows}") as show:
        while True:
            page = await api.read(f"{EXPERIMENTS}/{known['id']}/{rows}", cursor=cursor)
            made.add(table, ({**one, **_of_all(known, rows)} for one in page["items"]))
            count, cursor = count + len(page["items"]), page["next"]
            if cursor is None:
                return count
            behind, all_ = int(cursor) - page["first"], page["last"] - page["first"]
            show(behind, all_, time.monotonic() - began)


def _of_all(known: Mapping[str, Any], rows: str) -> dict[str, str]:
    """What each row has in common."""
    environment = {"environment": known["environment"]}
    return {**environment, "id": known["id"]} if rows == "exposures" else environment


def results_elsewhere(known: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """As the server answers them, from what a folder or a warehouse holds."""
    from api.rest.results_answer import results_data
    from application.measure_experiments import results_from

    with _told(), wiring.warehouse(where) as sums:
        return results_data(known, results_from(sums, question_of(known)))


def question_of(known: Mapping[str, Any]) -> Question:
    """Of an experiment as it is served."""
    from domain.experiments.results import Question, metrics_of
    from domain.times import microseconds

    since_us = microseconds(known["weighed_at"]) if known["weighed_at"] else 0
    metrics = metrics_of(known)
    return Question(UUID(known["id"]), known["environment"], known["variants"], known["shares"], metrics, since_us or 0)


@contextmanager
def _told() -> Iterator[None]:
    """What is missing ends the command."""
    from application.measurements import WarehouseFault

    try:
        yield
    except ImportError as error:
        raise Misused("Parquet needs DuckDB, an extra: pip install 'varve-server[warehouse]'") from error
    except WarehouseFault as fault:
        raise Failed(str(fault)) from fault
    except OSError as error:
        raise Failed(f"{error.filename}: {error.strerror}") from error
