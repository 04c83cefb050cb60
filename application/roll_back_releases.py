"""Turns releases back that turned out badly, by the service itself and with the evidence."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from application.change_set_views import ChangeSetRow, ChangeSetViews
from application.change_sets import ChangeSets
from application.moments import SERVER
from application.ports import Command
from application.publish_change_sets import PublishChangeSets
from domain.documents import Document
from domain.errors import Refusal
from domain.releases.states import PUBLISHED, RAMPING

OPERATION = "roll_back_release"
WITHIN_US = 15 * 60 * 1_000_000  # of the last step


class RollBackReleases:
    def __init__(
        self,
        views: ChangeSetViews,
        change_sets: ChangeSets,
        publishing: PublishChangeSets,
        *,
        now_us: Callable[[], int],
    ) -> None:
        self._views = views
        self._change_sets = change_sets
        self._publishing = publishing
        self._now_us = now_us

    def because(self, evidence: Document, *, environment: str, reason: str) -> list[tuple[ChangeSetRow, str | None]]:
        """Roll back what was published, or stepped, in an environment within 15 minutes; of each, why it could not be.

        Raises StoreUnavailable.
        """
        since = self._now_us() - WITHIN_US
        rows = self._views.changed(environment, since_us=since, states=(PUBLISHED, RAMPING))
        return [(row, self._problem(UUID(row.id), row.version, evidence, reason)) for row in rows]

    def one(self, change_set: UUID, evidence: Document, *, reason: str) -> tuple[str, str | None]:
        """Roll back this one; its title, and why it could not be. Raises NotFound, StoreUnavailable."""
        found = self._change_sets.find(change_set)
        return found.title, self._problem(change_set, found.version, evidence, reason)

    def _problem(self, id_: UUID, version: int, evidence: Document, reason: str) -> str | None:
        command = Command(SERVER, f"rollback:{id_}:{version}", OPERATION, b"", reason)
        try:
            self._publishing.roll_back(id_, command=command, evidence=evidence)
        except Refusal as refusal:
            return refusal.detail
        return None
