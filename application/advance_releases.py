"""Does what is due of releases, by commands like any other: publishes what waits, and lets ramps go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from application.change_set_views import ChangeSetRow, ChangeSetViews
from application.change_sets import ChangeSets
from application.moments import SERVER
from application.ports import Command
from application.publish_change_sets import PublishChangeSets
from application.ramp_releases import RampReleases
from domain.errors import Behind, Refusal, StaleVersion, Unavailable
from domain.releases.states import RAMPING

OPERATION = "advance_release"
EVERY_US = 1_000_000  # between two looks


class ReleaseSignals(Protocol):
    """Where it is told."""

    def advanced(self, row: ChangeSetRow, *, problem: str | None) -> None:
        """What was due is done, or cannot be."""


class AdvanceReleases:
    """`look` is called by one thread of each server, again and again; the first of them does it."""

    def __init__(
        self,
        views: ChangeSetViews,
        change_sets: ChangeSets,
        publishing: PublishChangeSets,
        *,
        ramps: RampReleases,
        halting: RampReleases,
        signals: ReleaseSignals,
        now_us: Callable[[], int],
    ) -> None:
        """What is due is a change that an environment may refuse, as in a freeze; to halt never is."""
        self._views = views
        self._change_sets = change_sets
        self._publishing = publishing
        self._ramps = ramps
        self._halting = halting
        self._signals = signals
        self._now_us = now_us
        self._due_us = 0

    def look_if_due(self) -> None:
        """At most every second. Raises StoreUnavailable."""
        if self._now_us() >= self._due_us:
            self.look()
            self._due_us = self._now_us() + EVERY_US

    def look(self) -> None:
        """Raises StoreUnavailable."""
        for row in self._views.due(self._now_us()):
            try:
                self._advance(row)
            except (StaleVersion, Unavailable, Behind):
                continue  # it moved on meanwhile, or is tried again at the next look
            except Refusal as refusal:
                self._halt(row, refusal.detail)
            else:
                self._signals.advanced(row, problem=None)

    def _advance(self, row: ChangeSetRow) -> None:
        id_ = UUID(row.id)
        found = self._change_sets.find(id_)
        # The same from whichever server: it is done once a version.
        command = Command(SERVER, f"advance:{id_}:{row.version}", OPERATION, b"", found.published_for)
        if found.state == RAMPING:
            self._ramps.step(id_, command=command, expected_version=row.version)
        elif found.ramp is not None:
            self._ramps.begin(id_, found.ramp, command=command, expected_version=row.version)
        else:
            self._publishing.publish(id_, command=command, expected_version=row.version)

    def _halt(self, row: ChangeSetRow, problem: str) -> None:
        id_ = UUID(row.id)
        command = Command(SERVER, f"halt:{id_}:{row.version}", OPERATION, b"")
        try:
            self._halting.halt(id_, problem, command=command, expected_version=row.version)
        except Refusal:
            return  # it moved on meanwhile
        self._signals.advanced(row, problem=problem)
