"""Which change sets there are: the port that listings read it through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class ChangeSetRow(NamedTuple):
    """A change set after its newest event; `id` is 32 hex digits, times are microseconds since the epoch."""

    id: str
    environment: str
    title: str
    state: str
    version: int
    created_us: int
    created_by: str
    recorded_us: int
    actor: str
    position: int
    due_us: int | None = None  # when the service has to do something about it


class ChangeSetViews(Protocol):
    def page(
        self, environment: str, *, state: str | None, before: tuple[int, str] | None, limit: int
    ) -> Sequence[ChangeSetRow]:
        """Newest first; `before` is time of creation and id of the last one of the page before."""

    def due(self, now_us: int) -> Sequence[ChangeSetRow]:
        """Those about which the service has to do something by now, the longest due first."""

    def changed(self, environment: str, *, since_us: int, states: Sequence[str]) -> Sequence[ChangeSetRow]:
        """Those in one of these states whose newest event was recorded since, newest first."""
