"""Which profile a user is given, in one environment."""

from __future__ import annotations

from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.configs.scope import Scope
from domain.stamp import Stamp


def assignment_id(environment: str, user_id: str) -> UUID:
    return stream_id("assignment", environment, user_id)


class Assignment(Aggregate):
    """The aggregate."""

    TOPIC = "assignment"

    class Assigned(PlacedEvent):
        TOPIC = "assignment.assigned"
        profile: str

        def apply(self, aggregate: Assignment) -> None:
            aggregate.profile = self.profile

    class Unassigned(PlacedEvent):
        TOPIC = "assignment.unassigned"

        def apply(self, aggregate: Assignment) -> None:
            aggregate.profile = None

    def start(self) -> None:
        self.profile: str | None = None

    def assign(self, environment: str, user: Scope, *, profile: str | None, stamp: Stamp) -> None:
        """Give the user this profile, or none; the same again records nothing."""
        if profile == self.profile:
            return
        place = {"environment": environment, "scope": str(user)}
        if profile is None:
            self.record(Assignment.Unassigned, stamp=stamp, **place)
        else:
            self.record(Assignment.Assigned, stamp=stamp, **place, profile=profile)
