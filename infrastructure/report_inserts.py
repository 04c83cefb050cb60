"""Many rows in one statement: they go to the database as one JSON text, which costs less than a parameter a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from application.measurements import Exposure, MetricOutcome
from application.reports import Failure, Usage
from infrastructure.measurement_tables import exposures, outcomes
from infrastructure.report_tables import failures, usage, usage_configs, usage_contexts

IN_POSTGRES = {sa.BigInteger: "BIGINT", sa.Boolean: "BOOLEAN", sa.Double: "DOUBLE PRECISION"}  # everything else is text
PASSED_OVER = "DO NOTHING"
SEEN_LATER = (
    "(environment, user_id, collection_id) DO UPDATE SET seen_us = excluded.seen_us"
    " WHERE excluded.seen_us > varve_usage_contexts.seen_us"
)


class Inserts:
    """The statements for one kind of database; what is there already is passed over, but for a context seen again."""

    def __init__(self, dialect: str) -> None:
        self.failures = insertion(dialect, failures, Failure._fields, returning="id")
        self.usage = insertion(dialect, usage, Usage._fields, returning="number, request_id")
        self.parts = insertion(dialect, usage_configs, usage_configs.c.keys(), returning="number")
        names = usage_contexts.c.keys()
        self.contexts = insertion(dialect, usage_contexts, names, returning="seen_us", where_there=SEEN_LATER)
        self.exposures = insertion(dialect, exposures, Exposure._fields, returning="number")
        self.outcomes = insertion(dialect, outcomes, MetricOutcome._fields, returning="number")


def insertion(
    dialect: str, table: sa.Table, names: Sequence[str], *, returning: str, where_there: str = PASSED_OVER
) -> sa.TextClause:
    """Takes `rows`, as `as_json` writes them: the values in the order of the names."""
    postgres = dialect == "postgresql"
    values = ", ".join(
        f"CAST(value->>{place} AS {kind_of(table.c[name])})" if postgres else f"value->>{place}"
        for place, name in enumerate(names)
    )
    source = "json_array_elements(CAST(:rows AS json))" if postgres else "json_each(:rows)"
    return sa.text(
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} FROM {source} WHERE true"  # noqa: S608 -- names of our own
        f" ON CONFLICT {where_there} RETURNING {returning}"
    )


def kind_of(column: sa.Column[Any]) -> str:
    return next((name for kind, name in IN_POSTGRES.items() if isinstance(column.type, kind)), "TEXT")


def as_json(rows: Iterable[Sequence[Any]]) -> dict[str, str]:
    return {"rows": orjson.dumps(list(map(list, rows))).decode()}
