"""Whether the service can answer: what is wrong with its log, its schema and its views, if anything is."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from application.ports import EventStore, Progress
from domain.errors import StoreUnavailable

READY_WITHIN_POSITIONS = 10_000  # views that are further behind answer too much from the past
NOT_KNOWN = "not known: the store does not answer"


class Schema(Protocol):
    def schema_problem(self) -> str | None:
        """What the log's schema lacks. Raises StoreUnavailable."""


class Checks(NamedTuple):
    """For each part a sentence that says what is wrong and what to do; None where nothing is."""

    store: str | None = None
    migrations: str | None = None
    views: str | None = None

    def failing(self) -> dict[str, str]:
        return {name: problem for name, problem in self._asdict().items() if problem is not None}


class InspectHealth:
    def __init__(self, store: EventStore, schema: Schema, progress: Progress) -> None:
        self._store = store
        self._schema = schema
        self._progress = progress

    def checks(self) -> Checks:
        """Asks the store, and waits as long as it hangs."""
        try:
            newest = self._store.newest()
            migrations = self._schema.schema_problem()
        except StoreUnavailable as away:
            return Checks(away.detail, NOT_KNOWN, NOT_KNOWN)
        return Checks(None, migrations, self._views_problem(newest.last if newest else 0))

    def _views_problem(self, head: int) -> str | None:
        behind = head - self._progress.visible
        if behind <= READY_WITHIN_POSITIONS:
            return None
        return f"the views are {behind} positions behind the log: wait, or run varve projections rebuild"
