"""Implements the port `Reports`, in a database file of its own or in the store's PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from application.reports import (
    MANY,
    ConfigVersion,
    FailingVersion,
    Failure,
    FailureFilter,
    FailurePage,
    Place,
    Recent,
    SeenContext,
    SeenContexts,
    Threshold,
    Usage,
    UsageFilter,
    UsagePage,
    UsedConfig,
)
from infrastructure.health_reports import health_reports
from infrastructure.measurement_tables import exposures, outcomes
from infrastructure.report_inserts import Inserts, as_json
from infrastructure.report_queries import (
    contexts_since,
    failing_versions,
    failures_wanted,
    oldest,
    page_of,
    recent_failures,
    unseen_contexts,
    usage_wanted,
)
from infrastructure.report_tables import HOUR_US, failures, usage, usage_configs
from infrastructure.report_transactions import Transactions


class SqlReports:
    """Each request's reports are one statement; a repeat is known by its key."""

    def __init__(self, engine: sa.Engine) -> None:
        self._transactions = Transactions(engine)
        self._inserts = Inserts(engine.dialect.name)

    def add_failures(self, new: Sequence[Failure]) -> Collection[UUID]:
        rows = as_json(one._replace(id=one.id.hex, config_id=hex_of(one.config_id)) for one in new)  # type: ignore[arg-type]
        found = self._transactions.run(lambda c: c.execute(self._inserts.failures, rows).scalars().all(), writes=True)
        return {UUID(one) for one in found}

    def failures(self, wanted: FailureFilter, *, after: Place | None, limit: int) -> FailurePage:
        rows = self._transactions.read(page_of(failures_wanted(wanted), failures, after=after, limit=limit))
        return FailurePage(tuple(map(failure_of, rows[:limit])), next_place(rows, limit))

    def failing(
        self, wanted: FailureFilter, *, threshold: Threshold, now_us: int, limit: int
    ) -> Sequence[FailingVersion]:
        rows = self._transactions.read(failing_versions(wanted, threshold=threshold, now_us=now_us, limit=limit))
        return [failing_of(tuple(row)) for row in rows]

    def recent(self, subject: ConfigVersion, *, since_us: int) -> Recent:
        found = tuple(self._transactions.read(recent_failures(subject, since_us=since_us))[0])
        return Recent(found[0], found[1] or "")

    def add_usage(self, records: Sequence[Usage]) -> int:
        rows = as_json(one._replace(configs=written(one.configs)) for one in records)  # type: ignore[arg-type]
        first = {one.request_id: one for one in reversed(records)}  # of a request that is told twice

        def add(connection: sa.Connection) -> int:
            added = connection.execute(self._inserts.usage, rows).all()
            parts = [part for number, request_id in added for part in parts_of(number, first[request_id])]
            if parts:
                connection.execute(self._inserts.parts, as_json(parts))
            if added:
                connection.execute(self._inserts.contexts, as_json(contexts_of(first[one.request_id] for one in added)))
            return len(added)

        return self._transactions.run(add, writes=True)

    def usage(self, wanted: UsageFilter, *, after: Place | None, limit: int) -> UsagePage:
        rows = self._transactions.read(page_of(usage_wanted(wanted), usage, after=after, limit=limit))
        return UsagePage(tuple(map(usage_of, rows[:limit])), next_place(rows, limit))

    def contexts_seen(self, environment: str, *, since_us: int, limit: int) -> SeenContexts:
        seen = contexts_since(environment, since_us)
        count = sa.select(sa.func.count()).select_from(seen.limit(MANY).subquery())
        newest = (SeenContext(*(part or None for part in row)) for row in self._transactions.read(seen.limit(limit)))
        return SeenContexts(self._transactions.read(count)[0][0], tuple(newest))

    def prune(self, *, before_us: int, limit: int) -> int:
        def forget(connection: sa.Connection) -> int:
            kinds = ((failures,), (usage, usage_configs), (exposures,), (outcomes,), (health_reports,))
            unseen = connection.execute(unseen_contexts(before_us, limit)).rowcount
            return unseen + sum(forgotten(connection, tables, before_us, limit) for tables in kinds)

        return self._transactions.run(forget, writes=True)


def forgotten(connection: sa.Connection, tables: Sequence[sa.Table], before_us: int, limit: int) -> int:
    """How many of the oldest rows went; in all of the tables, up to the same number."""
    old = [row.number for row in connection.execute(oldest(tables[0], limit)) if row.received_us < before_us]
    if old:
        for table in tables:
            connection.execute(sa.delete(table).where(table.c.number <= old[-1]))
    return len(old)


def hex_of(found: UUID | None) -> str | None:
    return None if found is None else found.hex


def uuid_of(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def next_place(rows: Sequence[sa.Row[Any]], limit: int) -> Place | None:
    """Of the last row of a page, where more follow."""
    return Place(rows[limit - 1].at_us, rows[limit - 1].number) if len(rows) > limit else None


def failure_of(row: sa.Row[Any]) -> Failure:
    one = Failure._make(row[1:])
    return one._replace(id=UUID(row.id), config_id=uuid_of(row.config_id))


def failing_of(row: tuple[Any, ...]) -> FailingVersion:
    one = FailingVersion._make(row)
    return one._replace(config_id=uuid_of(row[1]), is_over=bool(one.is_over))


def usage_of(row: sa.Row[Any]) -> Usage:
    one = Usage._make(row[1:])
    parts = ((name, uuid_of(config_id), *rest) for name, config_id, *rest in orjson.loads(row.configs))
    return one._replace(configs=tuple(map(UsedConfig._make, parts)))


def written(configs: Sequence[UsedConfig]) -> str:
    return orjson.dumps([(name, hex_of(config_id), *rest) for name, config_id, *rest in configs]).decode()


def parts_of(number: int, record: Usage) -> Iterator[tuple[Any, ...]]:
    """A row for each config that has an id, once."""
    for one in {one.config_id: one for one in reversed(record.configs) if one.config_id is not None}.values():
        yield number, hex_of(one.config_id), one.version or 0, one.config_type, record.at_us


def contexts_of(records: Iterable[Usage]) -> list[tuple[str, str, str, int]]:
    """A row for each context, once; in one order everywhere, so that no two requests wait for each other."""
    seen: dict[tuple[str, str, str], int] = {}
    for one in records:
        key = (one.environment, one.user_id or "", one.collection_id or "")
        seen[key] = max(seen.get(key, 0), (one.at_us // HOUR_US + 1) * HOUR_US)
    return sorted((*key, seen_us) for key, seen_us in seen.items())
