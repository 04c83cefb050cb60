"""The SQL behind the port `ChangeSetViews`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from application.change_set_views import ChangeSetRow
from infrastructure.projections.tables import change_sets
from infrastructure.views import views_reached

c = change_sets.c
COLUMNS = [c[name] for name in ChangeSetRow._fields]


class SqlChangeSets:
    """Reads the generation that is served."""

    def __init__(self, engine: Callable[[], sa.Engine]) -> None:
        self._engine = engine

    def page(
        self, environment: str, *, state: str | None, before: tuple[int, str] | None, limit: int
    ) -> Sequence[ChangeSetRow]:
        query = sa.select(*COLUMNS).where(c.environment == environment)
        if state is not None:
            query = query.where(c.state == state)
        if before is not None:
            query = query.where(sa.tuple_(c.created_us, c.id) < sa.tuple_(*before))
        return self._read(query.order_by(c.created_us.desc(), c.id.desc()).limit(limit))

    def due(self, now_us: int) -> Sequence[ChangeSetRow]:
        return self._read(sa.select(*COLUMNS).where(c.due_us <= now_us).order_by(c.due_us, c.id))

    def changed(self, environment: str, *, since_us: int, states: Sequence[str]) -> Sequence[ChangeSetRow]:
        query = sa.select(*COLUMNS).where(c.environment == environment, c.recorded_us >= since_us, c.state.in_(states))
        return self._read(query.order_by(c.recorded_us.desc(), c.id))

    def _read(self, query: sa.Select[Any]) -> Sequence[ChangeSetRow]:
        with views_reached(), self._engine().connect() as connection:
            return [ChangeSetRow._make(row) for row in connection.execute(query)]
