"""What is asked of the tables of reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from application.reports import (
    MANY,
    SUMMED,
    ConfigVersion,
    Failure,
    FailureFilter,
    Period,
    Place,
    Threshold,
    Usage,
    UsageFilter,
)
from infrastructure.report_tables import failures, usage, usage_configs, usage_contexts


def failures_wanted(wanted: FailureFilter) -> sa.Select[Any]:
    return sa.select(failures.c.number, *[failures.c[name] for name in Failure._fields]).where(*_of_failures(wanted))


def usage_wanted(wanted: UsageFilter) -> sa.Select[Any]:
    query = sa.select(usage.c.number, *[usage.c[name] for name in Usage._fields]).where(*_of_usage(wanted))
    parts = list(_of_parts(wanted))
    if wanted.config_id is None and parts:
        return query.where(sa.exists().where(usage_configs.c.number == usage.c.number, *parts))
    # By id there are few, and each record has a config once.
    return query.join(usage_configs, usage_configs.c.number == usage.c.number).where(*parts) if parts else query


def page_of(query: sa.Select[Any], table: sa.Table, *, after: Place | None, limit: int) -> sa.Select[Any]:
    """The newest first, one row more than are asked for."""
    place = (table.c.at_us, table.c.number)
    if after is not None:
        query = query.where(sa.tuple_(*place) < sa.tuple_(*map(sa.literal, after)))
    return query.order_by(*(column.desc() for column in place)).limit(limit + 1)


def failing_versions(wanted: FailureFilter, *, threshold: Threshold, now_us: int, limit: int) -> sa.Select[Any]:
    """Rows of `FailingVersion`, the most failures first, from the newest reports."""
    f = failures.c
    newest = sa.select(sa.func.max(f.number) - SUMMED).scalar_subquery()
    groups = (
        sa.select(
            f.config_type,
            f.config_id,
            f.version,
            f.layer,
            sa.func.count().label("failures"),
            sa.func.count(f.user_id.distinct()).label("users"),
            sa.func.count(f.healed_by).label("healed"),
            sa.func.min(f.at_us).label("first_us"),
            sa.func.max(f.at_us).label("last_us"),
            sa.func.max(f.number).label("newest"),
        )
        .where(*_of_failures(wanted), f.number > newest)
        .group_by(f.config_type, f.config_id, f.version, f.layer)
        .order_by(sa.desc("failures"), sa.desc("newest"))
        .limit(limit)
        .subquery()
    )
    others = failures.alias()
    counted = (
        sa.select(others.c.number)
        .where(others.c.config_id == groups.c.config_id, others.c.version == groups.c.version, others.c.counts)
        .where(others.c.environment == wanted.environment, others.c.received_us >= threshold.since(now_us))
        .offset(threshold.failures - 1)
        .limit(1)
        .correlate(groups)
    )
    told = [column for column in groups.c if column.name != "newest"]
    is_over = counted.scalar_subquery().is_not(None)
    query = sa.select(*told, f.error, is_over).join(failures, f.number == groups.c.newest)
    return query.order_by(groups.c.failures.desc(), groups.c.newest.desc())


def recent_failures(subject: ConfigVersion, *, since_us: int) -> sa.Select[Any]:
    """How many count, and the error that came in last."""
    f = failures.c
    counted = sa.select(f.error).where(
        f.config_id == subject.config_id.hex,
        f.version == subject.version,
        f.received_us >= since_us,
        f.environment == subject.environment,
        f.counts,
    )
    newest = counted.order_by(f.received_us.desc()).limit(1)
    many = sa.select(sa.func.count()).select_from(counted.limit(MANY).subquery())
    return sa.select(many.scalar_subquery(), newest.scalar_subquery())


def contexts_since(environment: str, since_us: int) -> sa.Select[Any]:
    """User and collection, those that were seen last first."""
    c = usage_contexts.c
    seen = sa.select(c.user_id, c.collection_id).where(c.environment == environment, c.seen_us >= since_us)
    return seen.order_by(c.seen_us.desc())


def unseen_contexts(before_us: int, limit: int) -> sa.Delete:
    """Forgets so many that were not seen since then."""
    key = [usage_contexts.c[name] for name in ("environment", "user_id", "collection_id")]
    old = sa.select(*key).where(usage_contexts.c.seen_us < before_us).limit(limit)
    return sa.delete(usage_contexts).where(sa.tuple_(*key).in_(old))


def oldest(table: sa.Table, limit: int) -> sa.Select[Any]:
    """Number and time of arrival of the rows that were first."""
    return sa.select(table.c.number, table.c.received_us).order_by(table.c.number).limit(limit)


def _of_failures(wanted: FailureFilter) -> Iterator[sa.ColumnElement[bool]]:
    f = failures.c
    yield f.environment == wanted.environment
    if wanted.config_id is not None:
        yield f.config_id == wanted.config_id.hex
    yield from _equal(f, version=wanted.version, config_type=wanted.config_type)
    yield from _within(f.at_us, wanted.period)


def _of_usage(wanted: UsageFilter) -> Iterator[sa.ColumnElement[bool]]:
    u = usage.c
    yield u.environment == wanted.environment
    yield from _equal(u, request_id=wanted.request_id, outcome=wanted.outcome, user_id=wanted.user_id)
    yield from _within(u.at_us, wanted.period)


def _of_parts(wanted: UsageFilter) -> Iterator[sa.ColumnElement[bool]]:
    part = usage_configs.c
    if wanted.config_id is not None:
        yield part.config_id == wanted.config_id.hex
    yield from _equal(part, version=wanted.version, config_type=wanted.config_type)


def _equal(columns: Any, **values: Any) -> Iterator[sa.ColumnElement[bool]]:
    return (columns[name] == value for name, value in values.items() if value is not None)


def _within(column: sa.ColumnElement[int], period: Period) -> Iterator[sa.ColumnElement[bool]]:
    if period.since_us is not None:
        yield column >= period.since_us
    if period.until_us is not None:
        yield column <= period.until_us
