"""Implements the port `Measurements`: sums are made where the rows are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from application.measurements import Exposure, MetricOutcome
from domain.experiments.results import Exposed, Measured
from infrastructure.measurement_tables import exposures, outcomes
from infrastructure.report_inserts import Inserts, as_json
from infrastructure.report_transactions import Transactions


class SqlMeasurements:
    """Each request's rows are one statement; a repeat is known by its key."""

    def __init__(self, engine: sa.Engine) -> None:
        self._transactions = Transactions(engine)
        self._inserts = Inserts(engine.dialect.name)

    def add_exposures(self, new: Sequence[Exposure]) -> int:
        rows = as_json((one.environment, one.experiment.hex, *one[2:]) for one in new)
        return self._added(self._inserts.exposures, rows)

    def add_outcomes(self, new: Sequence[MetricOutcome]) -> int:
        return self._added(self._inserts.outcomes, as_json((one.id.hex, *one[1:]) for one in new))

    def exposed(self, experiment: UUID, *, since_us: int) -> Mapping[str | None, Exposed]:
        rows = self._transactions.read(users_by_variant(experiment, since_us=since_us))
        return {row.variant: Exposed(row.users, row.lately) for row in rows}

    def measured(self, experiment: UUID, *, environment: str, metric: str) -> Mapping[str, Measured]:
        rows = self._transactions.read(sums_by_variant(experiment, environment=environment, metric=metric))
        return {row.variant: measured_of(row) for row in rows}

    def _added(self, statement: sa.TextClause, rows: dict[str, str]) -> int:
        return self._transactions.run(lambda c: len(c.execute(statement, rows).all()), writes=True)


def measured_of(row: sa.Row[Any]) -> Measured:
    """From sums about `middle`."""
    if not row.measured:
        return Measured(row.users, 0, 0.0, 0.0)
    off = row.total / row.measured
    return Measured(row.users, row.measured, row.middle + off, max(0.0, row.squares - row.measured * off**2))


def users_by_variant(experiment: UUID, *, since_us: int) -> sa.Select[Any]:
    """Rows of variant, users, and how many of these were first exposed since a time."""
    users = _users(experiment)
    lately = sa.func.sum(sa.case((users.c.first_us >= since_us, 1), else_=0))
    counts = sa.func.count().label("users"), lately.label("lately")
    return sa.select(users.c.variant, *counts).group_by(users.c.variant)


def sums_by_variant(experiment: UUID, *, environment: str, metric: str) -> sa.Select[Any]:
    """Rows of variant, users, users with a value, and the sums of their values and of the squares, less a middle.

    The middle is the mean of all: sums about it keep their digits, however far from 0 the values are.
    """
    users, o = _users(experiment), outcomes.c
    theirs = sa.and_(
        o.environment == environment,
        o.metric == metric,
        o.user_id == users.c.user_id,
        o.at_us >= users.c.first_us,
    )
    means = (
        sa.select(users.c.variant, sa.func.avg(o.value).label("value"))
        .select_from(users.outerjoin(outcomes, theirs))
        .where(users.c.variant.is_not(None))
        .group_by(users.c.user_id, users.c.variant)
        .cte("means")
    )
    middle = sa.select(sa.func.avg(means.c.value).label("middle")).cte("middles")
    value = means.c.value - middle.c.middle
    sums = sa.select(
        means.c.variant,
        sa.func.count().label("users"),
        sa.func.count(value).label("measured"),
        sa.func.sum(value).label("total"),
        sa.func.sum(value * value).label("squares"),
        middle.c.middle,
    )
    return sums.join_from(means, middle, sa.true()).group_by(means.c.variant, middle.c.middle)


def _users(experiment: UUID) -> sa.Subquery:
    """Each user once; `variant` is null for who met several."""
    e = exposures.c
    only = sa.case((sa.func.min(e.variant) == sa.func.max(e.variant), sa.func.min(e.variant)))
    return (
        sa.select(e.user_id, only.label("variant"), sa.func.min(e.at_us).label("first_us"))
        .where(e.experiment == experiment.hex)
        .group_by(e.user_id)
        .subquery()
    )
