"""The SQL behind the port `EvaluationViews`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from uuid import UUID

import sqlalchemy as sa

from application.evaluation_views import EvaluationFilter, EvaluationRow
from infrastructure.projections.tables import evaluations
from infrastructure.views import views_reached

COLUMNS = [evaluations.c[name] for name in EvaluationRow._fields]


class SqlEvaluations:
    """Reads the generation that is served."""

    def __init__(self, engine: Callable[[], sa.Engine]) -> None:
        self._engine = engine

    def one(self, evaluation_id: UUID) -> EvaluationRow | None:
        found = self._rows(sa.select(*COLUMNS).where(evaluations.c.id == evaluation_id.hex))
        return found[0] if found else None

    def page(self, wanted: EvaluationFilter, *, before: int | None, limit: int) -> Sequence[EvaluationRow]:
        asked = {name: one.hex if isinstance(one, UUID) else one for name, one in asdict(wanted).items()}
        query = sa.select(*COLUMNS).where(
            *(evaluations.c[name] == value for name, value in asked.items() if value is not None)
        )
        if before is not None:
            query = query.where(evaluations.c.position < before)
        return self._rows(query.order_by(evaluations.c.position.desc()).limit(limit))

    def _rows(self, query: sa.Select[tuple[object, ...]]) -> list[EvaluationRow]:
        with views_reached(), self._engine().connect() as connection:
            return [EvaluationRow._make(row) for row in connection.execute(query)]
