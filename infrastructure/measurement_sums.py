"""What results of experiments are made of, as SQL that is the same in the service's tables and in a warehouse."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
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

    def measured(
        self, experiment: UUID, *, environment: str, metrics: Collection[str]
    ) -> Mapping[str, Mapping[str, Measured]]:
        found: dict[str, dict[str, Measured]] = {name: {} for name in metrics}
        for row in self._read(sums_by_variant(self._source, experiment, environment=environment, metrics=metrics)):
            found[row.metric][row.variant] = measured_of(row)
        return found


def once(rows: sa.FromClause, *key: str) -> sa.FromClause:
    """Of the rows with one key, the one that came in first, as the service keeps them."""
    first = (rows.c.received_us, rows.c.at_us)
    place = sa.func.row_number().over(partition_by=[rows.c[name] for name in key], order_by=first)
    numbered = sa.select(*rows.c, place.label("place")).subquery()
    return sa.select(numbered).where(numbered.c.place == 1).subquery()


def measured_of(row: Any) -> Measured:
    """From sums about `middle`."""
    off = row.total / row.users
    return Measured(row.users, row.middle + off, max(0.0, row.squares - row.users * off**2))


def users_by_variant(source: Source, experiment: UUID, *, since_us: int) -> sa.Select[Any]:
    """Rows of variant, users, and how many of these were first exposed since a time."""
    users = _users(source, experiment)
    lately = sa.func.sum(sa.case((users.c.first_us >= since_us, 1), else_=0))
    counts = sa.func.count().label("users"), lately.label("lately")
    return sa.select(users.c.variant, *counts).group_by(users.c.variant)


def sums_by_variant(source: Source, experiment: UUID, *, environment: str, metrics: Collection[str]) -> sa.Select[Any]:
    """Rows of metric, variant, users with a value, and the sums of their values and of the squares, less a middle.

    The middle is the mean of the metric: sums about it keep their digits, however far from 0 the values are.
    """
    users, o = _users(source, experiment), source.outcomes.c
    theirs = (o.user_id == users.c.user_id) & (o.at_us >= users.c.first_us)
    means = (
        sa.select(o.metric, users.c.variant, sa.func.avg(o.value).label("value"))
        .select_from(users.join(source.outcomes, theirs))
        .where(users.c.variant.is_not(None), o.environment == environment, o.metric.in_(sorted(metrics)))
        .group_by(o.metric, users.c.user_id, users.c.variant)
        .cte("means")
    )
    middle = sa.func.avg(means.c.value).label("middle")
    middles = sa.select(means.c.metric, middle).group_by(means.c.metric).cte("middles")
    value, kind = means.c.value - middles.c.middle, (means.c.metric, means.c.variant, middles.c.middle)
    sums = sa.func.sum(value).label("total"), sa.func.sum(value * value).label("squares")
    return (
        sa.select(*kind, sa.func.count().label("users"), *sums)
        .join_from(means, middles, means.c.metric == middles.c.metric)
        .group_by(*kind)
    )


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
