"""Answers made from raw events, for when the views are behind."""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import asdict

from application.ports import EventStore
from application.views import ConfigView
from infrastructure.projections.fold import CONFIG_TOPICS, ConfigRow, next_row
from infrastructure.views import config_view


class StreamReplay:
    """Implements the port `Replay`, a stream at a time."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def config(self, config_id: UUID, *, position: int) -> ConfigView | None:
        row: ConfigRow | None = None
        for event in self._store.stream(config_id):
            if event.position > position or event.topic not in CONFIG_TOPICS:
                break
            commit = self._store.commits(after=event.position - 1, limit=1)[0]
            row = next_row(row, event, commit)
        return config_view(asdict(row)) if row else None
