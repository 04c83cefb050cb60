"""What one command has loaded: each aggregate once, and all of it must still be so when the command is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from application.ports import Decision, EventStore, StreamMoved
from domain.aggregate import Aggregate, DomainEvent
from domain.errors import Fault

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class Approvals:
    """Who has approved all that a unit of work changes, and whose approval no longer counts.

    `are_needless`: it only gives back what was there before, or nothing of it is to be recorded.
    """

    counting: frozenset[str] = frozenset()
    lapsed: frozenset[str] = frozenset()
    are_needless: bool = False

    def are_enough(self, demanded: int) -> bool:
        return self.are_needless or len(self.counting) >= demanded

    def missing(self, demanded: int) -> str:
        """What is there of so many, in words."""
        changed = "no longer counts, since what it was of has changed"
        lapsed = "".join(f"; that of {who} {changed}" for who in sorted(self.lapsed))
        return f"it has {len(self.counting)} of {demanded} approvals{lapsed}"


class UnitOfWork:
    """An identity map over the store, for one attempt at one command."""

    def __init__(self, store: EventStore, *, shown_head: Callable[[], int] | None = None) -> None:
        self._store = store
        self._shown_head = shown_head
        self._head: int | None = None
        self.warnings: list[Fault] = []  # what is let through, and told
        self.afterwards: list[Callable[[], None]] = []  # what to do once it is recorded
        self.secrets = store.secrets
        self._loaded: dict[UUID, Aggregate] = {}
        self._relied_on: dict[UUID, int] = {}
        self.approvals = Approvals()

    def load(self, kind: type[A], stream: UUID) -> A:
        """The aggregate, the same object every time."""
        held = self._loaded.get(stream)
        if held is None:
            held = self._loaded[stream] = self._store.load(kind, stream)
        assert isinstance(held, kind)
        return held

    @property
    def now_us(self) -> int:
        """The store's clock, in microseconds since the epoch."""
        return self._store.now_us()

    @property
    def pending(self) -> list[DomainEvent]:
        """What is to be recorded, so far."""
        return [event for one in self._loaded.values() for event in one.pending_events]

    def changed(self, kind: type[A]) -> list[A]:
        """Those of a kind that have something to be recorded."""
        return [one for one in self._loaded.values() if isinstance(one, kind) and one.pending_events]

    def before(self, aggregate: A) -> A:
        """An aggregate that was loaded here, as it was before anything was decided."""
        decided = len(aggregate.pending_events)
        return self.past(type(aggregate), aggregate.id, version=aggregate.version - decided) if decided else aggregate

    def past(self, kind: type[A], stream: UUID, *, version: int) -> A:
        """The aggregate as it was: nothing that happens now can change that."""
        return self._store.load(kind, stream, version=version)

    def rely_on(self, stream: UUID, version: int) -> None:
        """Something was read elsewhere that holds as long as this stream is at this version."""
        self._relied_on[stream] = version

    def rely_on_views(self) -> None:
        """What is read from the views after this is as it will be when the command is recorded. Raises Behind."""
        if self._shown_head is not None and self._head is None:  # what was read first binds all that follows
            self._head = self._shown_head()

    def is_stale(self) -> bool:
        """Whether anything that was loaded has moved since; if nothing has, it was all so at one moment."""
        loaded = self._loaded.values()
        return any(self._store.load(type(a), a.id).version != a.version - len(a.pending_events) for a in loaded)

    def decision(self) -> Decision:
        """What has changed, to be recorded if everything that was looked at is unchanged. Raises StreamMoved."""
        changed = tuple(aggregate for aggregate in self._loaded.values() if aggregate.pending_events)
        looked_at = {a.id: a.version for a in self._loaded.values() if not a.pending_events}
        self._require_one_version()
        return Decision(changed, {**self._relied_on, **looked_at}, self._head)

    def _require_one_version(self) -> None:
        """What was read elsewhere and what was loaded must be the same version, or something moved in between."""
        for stream, version in self._relied_on.items():
            held = self._loaded.get(stream)
            if held is not None and held.version - len(held.pending_events) != version:
                raise StreamMoved(f"stream {stream} was read at {version}, and it has moved")
