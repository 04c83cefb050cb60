"""The SQL behind the port `Assignments`: for each user, the newest row at a position tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from application.assignments import AssignmentRow
from infrastructure.projections.tables import assignments
from infrastructure.views import views_reached

a = assignments.c
COLUMNS = [a[name] for name in AssignmentRow._fields]


class SqlAssignments:
    """Reads the generation that is served."""

    def __init__(self, engine: Callable[[], sa.Engine]) -> None:
        self._engine = engine

    def _read(self, query: sa.Select[Any]) -> list[AssignmentRow]:
        with views_reached(), self._engine().connect() as connection:
            return [AssignmentRow._make(row) for row in connection.execute(query)]

    def of(self, environment: str, user_id: str, *, position: int | None = None) -> AssignmentRow | None:
        query = _of_user(environment, user_id)
        if position is not None:
            query = query.where(a.valid_from <= position)
        found = self._read(query.order_by(a.valid_from.desc()).limit(1))
        return found[0] if found else None

    def between(self, environment: str, user_id: str, *, after: int, upto: int) -> Sequence[AssignmentRow]:
        before = self.of(environment, user_id, position=after)
        later = _of_user(environment, user_id).where(a.valid_from > after, a.valid_from <= upto)
        found = self._read(later.order_by(a.valid_from))
        return found if before is None else [before, *found]

    def given(
        self, environment: str, *, profile: str | None, after: str | None, limit: int, position: int | None = None
    ) -> Sequence[AssignmentRow]:
        query = _newest(environment, position=position)
        query = query.where(a.profile.is_not(None) if profile is None else a.profile == profile)
        if after is not None:
            query = query.where(a.user_id > after)
        return self._read(query.order_by(a.user_id).limit(limit))


def _of_user(environment: str, user_id: str) -> sa.Select[Any]:
    return sa.select(*COLUMNS).where(a.environment == environment, a.user_id == user_id)


def _newest(environment: str, *, position: int | None) -> sa.Select[Any]:
    later = assignments.alias("later")
    of_same = (later.c.environment == a.environment, later.c.user_id == a.user_id, later.c.valid_from > a.valid_from)
    superseded = sa.select(later.c.user_id).where(*of_same)
    query = sa.select(*COLUMNS).where(a.environment == environment)
    if position is not None:
        superseded = superseded.where(later.c.valid_from <= position)
        query = query.where(a.valid_from <= position)
    return query.where(~superseded.exists())
