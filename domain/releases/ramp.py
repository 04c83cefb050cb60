"""A release that more and more users get, in steps, by the hashing of experiments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

from domain.configs.scope import Context, Scope
from domain.documents import Document
from domain.errors import InvalidRequest
from domain.experiments.bucketing import BUCKETS, bucket

ALL = 100  # percent
MOST_STEPS = 20
LONGEST_BAKE_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Ramp:
    """Percents of users, each for so many minutes before the next.

    A guardrail is `name` (of a metric), `better` (higher or lower), `tolerated_change_percent`.
    """

    steps: tuple[float, ...]
    bake_minutes: float
    guardrails: tuple[Document, ...] = ()

    @classmethod
    def checked(cls, steps: Sequence[float], bake_minutes: float, guardrails: Sequence[Document] = ()) -> Ramp:
        """Raises InvalidRequest."""
        rising = all(one < other for one, other in pairwise(steps))
        if not 1 <= len(steps) <= MOST_STEPS or not rising or not steps[0] > 0 or steps[-1] != ALL:
            message = f"steps are 1 to {MOST_STEPS} percents that rise up to {ALL}, such as [1, 10, 50, {ALL}]"
            raise InvalidRequest.at("/ramp/steps", message, "steps")
        if not 0 <= bake_minutes <= LONGEST_BAKE_MINUTES:
            message = f"bake_minutes is 0 to {LONGEST_BAKE_MINUTES:,}"
            raise InvalidRequest.at("/ramp/bake_minutes", message, "bake_minutes")
        return cls(tuple(steps), bake_minutes, tuple(guardrails))

    @classmethod
    def of(cls, data: Document) -> Ramp:
        return cls(tuple(data["steps"]), data["bake_minutes"], tuple(data.get("guardrails", ())))

    def to_data(self) -> Document:
        return {"steps": list(self.steps), "bake_minutes": self.bake_minutes, "guardrails": list(self.guardrails)}

    def after(self, percent: float) -> float:
        """The next step."""
        return next((step for step in self.steps if step > percent), ALL)


@dataclass(frozen=True, slots=True)
class KnownRamp:
    """A ramp as it is looked up; `id` is that of the change set in 32 hex digits. `since_us` is when it was stepped."""

    id: str
    environment: str
    percent: float
    since_us: int
    guardrails: tuple[Document, ...] = field(default=(), hash=False)

    @property
    def scope(self) -> Scope:
        return release_scope(UUID(self.id))

    def takes(self, context: Context) -> bool:
        """Whether the context's user is on it already; who is stays on it."""
        if context.user_id is None or context.environment != self.environment:
            return False
        return bucket(context.user_id, f"release-{self.id}") < self.percent * BUCKETS / ALL


def release_scope(change_set: UUID) -> Scope:
    """Where the events of a change set stand, and its settings while they are rolled out step by step."""
    return Scope("release", str(change_set))
