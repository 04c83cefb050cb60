"""Take back what was released a moment ago: change sets, and promoted locks, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from application.lock_configs import LockConfigs
from application.moments import SERVER
from application.ports import Command
from application.roll_back_releases import WITHIN_US, RollBackReleases
from domain.documents import Document
from domain.errors import Refusal
from domain.releases.lock import Lock


class RollbackSignals(Protocol):
    """Where it is told."""

    def rolled_back(self, environment: str, what: str, *, problem: str | None) -> None:
        """A release was rolled back, or could not be."""


class TakeBack:
    """`locks` goes through no gate: what guards people acts in a frozen environment too."""

    def __init__(
        self,
        releases: RollBackReleases,
        locks: LockConfigs,
        signals: RollbackSignals,
        *,
        is_wanted: Callable[[str], bool],
        now_us: Callable[[], int],
    ) -> None:
        """`is_wanted` tells it of an environment: where it is not, nothing is taken back."""
        self._releases = releases
        self._locks = locks
        self._signals = signals
        self._is_wanted = is_wanted
        self._now_us = now_us

    def because(self, reason: str, *, evidence: Document, environment: str) -> None:
        """All that was published, stepped or promoted within the last 15 minutes there.

        What was rolled back is final, and the command is the same from whichever server. What has changed since is not
        overwritten: that is told, and left to people.
        """
        if not self._is_wanted(environment):
            return
        for row, problem in self._releases.because(evidence, environment=environment, reason=reason):
            self._signals.rolled_back(environment, row.title, problem=problem)
        since_us = self._now_us() - WITHIN_US
        for lock in reversed(self._locks.locks(environment)):
            if lock.is_held and lock.promoted_from is not None and lock.locked_us >= since_us:
                problem = self._problem(lock, reason, evidence)
                self._signals.rolled_back(environment, lock.version_label, problem=problem)

    def ramp(self, change_set: UUID, reason: str, *, evidence: Document, environment: str) -> None:
        """A release that a part of the users have."""
        if self._is_wanted(environment):
            title, problem = self._releases.one(change_set, evidence, reason=reason)
            self._signals.rolled_back(environment, title, problem=problem)

    def _problem(self, lock: Lock, reason: str, evidence: Document) -> str | None:
        """Why it could not be rolled back."""
        command = Command(SERVER, f"rollback:{lock.id}", "roll_lock_back", b"", reason)
        try:
            self._locks.roll_back(lock, command=command, evidence=evidence)
        except Refusal as refusal:
            return refusal.detail
        return None
