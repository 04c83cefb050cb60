"""Implements the port `Measurements`: sums are made where the rows are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from application.measurements import Exposure, MetricOutcome, Page
from infrastructure.measurement_sums import SqlSums
from infrastructure.measurement_tables import exposures, outcomes
from infrastructure.report_inserts import Inserts, as_json
from infrastructure.report_transactions import Transactions

Row = TypeVar("Row", Exposure, MetricOutcome)
PLACES = 10_000  # a page: what it costs has a bound, however few of the rows are wanted


class SqlMeasurements(SqlSums):
    """Each request's rows are one statement; a repeat is known by its key."""

    def __init__(self, engine: sa.Engine) -> None:
        self._transactions = Transactions(engine)
        self._inserts = Inserts(engine.dialect.name)
        super().__init__(self._transactions.read)

    def add_exposures(self, new: Sequence[Exposure]) -> int:
        rows = as_json((one.environment, one.experiment.hex, *one[2:]) for one in new)
        return self._added(self._inserts.exposures, rows)

    def add_outcomes(self, new: Sequence[MetricOutcome]) -> int:
        return self._added(self._inserts.outcomes, as_json((one.id.hex, *one[1:]) for one in new))

    def exposures_of(self, experiment: UUID, *, after: int) -> Page[Exposure]:
        return self._page(Exposure, exposures, exposures.c.experiment == experiment.hex, after=after)

    def outcomes_of(self, environment: str, metrics: Collection[str], *, after: int) -> Page[MetricOutcome]:
        wanted = (outcomes.c.environment == environment) & outcomes.c.metric.in_(sorted(metrics))
        return self._page(MetricOutcome, outcomes, wanted, after=after)

    def _page(self, kind: type[Row], table: sa.Table, wanted: sa.ColumnElement[bool], *, after: int) -> Page[Row]:
        def read(connection: sa.Connection) -> Page[Row]:
            ends = connection.execute(sa.select(sa.func.min(table.c.number), sa.func.max(table.c.number))).one()
            first, last = ends[0] or 0, ends[1] or 0
            until = max(after, first - 1) + PLACES
            place = (table.c.number > after) & (table.c.number <= until)
            query = sa.select(*(table.c[name] for name in kind._fields)).where(place, wanted).order_by(table.c.number)
            rows = [row_of(kind, row) for row in connection.execute(query)]
            return Page(rows, until if until < last else None, first, last)

        return self._transactions.run(read, writes=False)

    def _added(self, statement: sa.TextClause, rows: dict[str, str]) -> int:
        return self._transactions.run(lambda c: len(c.execute(statement, rows).all()), writes=True)


def row_of(kind: type[Row], row: sa.Row[Any]) -> Row:
    """With its id as one."""
    return kind._make(UUID(value) if name in ("id", "experiment") else value for name, value in row._mapping.items())
