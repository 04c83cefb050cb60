"""Which profile each user is given, and was: the port that queries read it through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class AssignmentRow(NamedTuple):
    """What a user is given from the position `valid_from` on: a profile, or none."""

    environment: str
    user_id: str
    valid_from: int
    profile: str | None
    recorded_us: int
    actor: str
    reason: str | None


class Assignments(Protocol):
    def of(self, environment: str, user_id: str, *, position: int | None = None) -> AssignmentRow | None:
        """The newest of a user, or the newest at a position."""

    def between(self, environment: str, user_id: str, *, after: int, upto: int) -> Sequence[AssignmentRow]:
        """The one of a user at a position, if any, and those beyond it, up to another; oldest first."""

    def given(
        self, environment: str, *, profile: str | None, after: str | None, limit: int, position: int | None = None
    ) -> Sequence[AssignmentRow]:
        """By user id, beyond one of them: who is given this profile (None: any), or was at a position."""
