"""What results of experiments are made of, as SQL that is the same in the service's tables and in a warehouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from domain.experiments.results import Exposed, Measured
from infrastructure import measurement_tables


class Source(NamedTuple):
    """Where rows are: outcomes once by id, exposures once a day."""

    exposures: sa.FromClause
    outcomes: sa.FromClause


KEPT = Source(measurement_tables.exposures, measurement_tables.outcomes)


class SqlSums:
    """Implements the port `Sums`, by whatever runs a query."""

    def __init__(self, read: Callable[[sa.Select[Any]], Sequence[Any]], source: Source = KEPT) -> None:
        self._read = read
        self._source = source

    def exposed(self, experiment: UUID, *, since_us: int) -> Mapping[str | None, Exposed]:
        rows = self._read(users_by_variant(self._source, experiment, since_us=since_us))
        return {row.variant: Exposed(row.users, int(row.lately)) for row in rows}

    def measured(self, experiment: UUID, *, environment: str, metric: str) -> Mapping[str, Measured]:
        rows = self._read(sums_by_variant(self._source, experiment, environment=environment, metric=metric))
        return {row.variant: measured_of(row) for row in rows}


def once(rows: sa.FromClause, *key: str) -> sa.FromClause:
    """Of the rows with one key, the one that came in first, as the service keeps them."""
    first = (rows.c.received_us, rows.c.at_us)
    place = sa.func.row_number().over(partition_by=[rows.c[name] for name in key], order_by=first)
    numbered = sa.select(*rows.c, place.label("place")).subquery()
    return sa.select(numbered).where(numbered.c.place == 1).subquery()


def measured_of(row: Any) -> Measured:
    """From sums about `middle`."""
    if not row.measured:
        return Measured(row.users, 0, 0.0, 0.0)
    off = row.total / row.measured
    return Measured(row.users, row.measured, row.middle + off, max(0.0, row.squares - row.measured * off**2))


def users_by_variant(source: Source, experiment: UUID, *, since_us: int) -> sa.Select[Any]:
    """Rows of variant, users, and how many of these were first exposed since a time."""
    users = _users(source, experiment)
    lately = sa.func.sum(sa.case((users.c.first_us >= since_us, 1), else_=0))
    counts = sa.func.count().label("users"), lately.label("lately")
    return sa.select(users.c.variant, *counts).group_by(users.c.variant)


def sums_by_variant(source: Source, experiment: UUID, *, environment: str, metric: str) -> sa.Select[Any]:
    """Rows of variant, users, users with a value, and the sums of their values and of the squares, less a middle.

    The middle is the mean of all: sums about it keep their digits, however far from 0 the values are.
    """
    users, o = _users(source, experiment), source.outcomes.c
    theirs = sa.and_(
        o.environment == environment,
        o.metric == metric,
        o.user_id == users.c.user_id,
        o.at_us >= users.c.first_us,
    )
    means = (
        sa.select(users.c.variant, sa.func.avg(o.value).label("value"))
        .select_from(users.outerjoin(source.outcomes, theirs))
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


def _users(source: Source, experiment: UUID) -> sa.Subquery:
    """Each user once; `variant` is null for who met several."""
    e = source.exposures.c
    only = sa.case((sa.func.min(e.variant) == sa.func.max(e.variant), sa.func.min(e.variant)))
    return (
        sa.select(e.user_id, only.label("variant"), sa.func.min(e.at_us).label("first_us"))
        .where(e.experiment == experiment.hex)
        .group_by(e.user_id)
        .subquery()
    )
