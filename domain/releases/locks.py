"""The locks of one environment: which slots may not change, and until when they might not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import Conflict, Forbidden, Locked, NotFound
from domain.releases.lock import PRODUCTION, ROLLED_BACK, SUPERSEDED, UNLOCKED, Kind, Lock, Replaced
from domain.stamp import Stamp


def locks_id(environment: str) -> UUID:
    return stream_id("locks", environment)


class LockEvent(PlacedEvent):
    """What all of them say: the slot's place, and which lock."""

    lock_id: UUID


class Locks(Aggregate):
    """Guards what must hold over all locks of an environment. A change to a slot relies on it, so none slips past."""

    TOPIC = "lock"

    class Created(LockEvent):
        TOPIC = "lock.created"
        config_type: str
        config_id: UUID
        config_version: int
        kind: Kind
        version_label: str
        config_hash: str
        embedder_name: str
        tokenizer_name: str
        tokenizer_hash: str | None
        baseline_metrics: Document
        checks: dict[str, str]  # what was found of tokenizer, embedder and guardrails: passed, or unknown and why
        locked_us: int
        promoted_from: UUID | None = None
        replaced_id: UUID | None = None  # what a promotion put out of force, to go back to
        replaced_version: int | None = None

        def apply(self, aggregate: Locks) -> None:
            aggregate.put(
                Lock(
                    id=self.lock_id,
                    environment=self.environment,
                    scope=Scope.recorded(self.scope),
                    locked_by=self.actor,
                    reason=self.reason,
                    replaced=Replaced.of(self.replaced_id, self.replaced_version),
                    **{name: getattr(self, name) for name in COPIED},
                )
            )

    class Unlocked(LockEvent):
        TOPIC = "lock.unlocked"
        ended_us: int
        superseded_by: UUID | None = None  # the lock of the promotion that took its place

        def apply(self, aggregate: Locks) -> None:
            aggregate.end(self, UNLOCKED if self.superseded_by is None else SUPERSEDED)

    class Approved(LockEvent):
        """By its actor; of what is locked, which stays as it is."""

        TOPIC = "lock.approved"
        to_environment: str

        def apply(self, aggregate: Locks) -> None:
            lock = aggregate.locks[self.lock_id]
            aggregate.put(replace(lock, approvals=(*lock.approvals, (self.to_environment, self.actor))))

    class Promoted(LockEvent):
        TOPIC = "lock.promoted"
        to_environment: str
        promoted_to: UUID  # the production lock there; this one, where it is the same environment

        def apply(self, aggregate: Locks) -> None:
            lock = aggregate.locks[self.lock_id]
            kind = PRODUCTION if self.promoted_to == lock.id else lock.kind
            made = (*lock.promoted_to, (self.to_environment, self.promoted_to))
            aggregate.put(replace(lock, kind=kind, promoted_to=made))

    class RolledBack(LockEvent):
        TOPIC = "lock.rolled_back"
        ended_us: int
        evidence: Document | None = None  # where the service did it by itself

        def apply(self, aggregate: Locks) -> None:
            aggregate.end(self, ROLLED_BACK)
            aggregate.put(replace(aggregate.locks[self.lock_id], evidence=self.evidence))

    def start(self) -> None:
        self.locks: dict[UUID, Lock] = {}

    def put(self, lock: Lock) -> None:
        self.locks = {**self.locks, lock.id: lock}

    def end(self, event: Locks.Unlocked | Locks.RolledBack, status: str) -> None:
        lock = self.locks[event.lock_id]
        told = replace(lock, ended_us=event.ended_us, ended_by=event.actor, ended_because=event.reason)
        self.put(replace(told, status=status))

    def lock(self, lock_id: UUID) -> Lock:
        """Raises NotFound."""
        try:
            return self.locks[lock_id]
        except KeyError:
            raise unknown_lock(lock_id) from None

    def holding(self, scope: Scope, config_type: str) -> Lock | None:
        """The lock that holds a slot."""
        return next((one for one in self.locks.values() if one.is_held and one.slot == (scope, config_type)), None)

    @property
    def labels(self) -> frozenset[str]:
        """Those that were given, to locks that ended too: tables are named by them."""
        return frozenset(one.version_label for one in self.locks.values())

    def create(self, lock_id: UUID, *, environment: str, scope: Scope, stamp: Stamp, **facts: Any) -> None:
        """With the rest of `Created`. Raises Conflict where the label is taken, Locked where the slot is."""
        if lock_id in self.locks:
            raise Conflict("this lock has been made: take a new Idempotency-Key for another")
        if held := self.holding(scope, facts["config_type"]):
            raise Locked(f"{held.told}; unlock it first: POST /api/locks/{held.id}/unlock")
        label = facts["version_label"]
        if label in self.labels and facts.get("promoted_from") is None:  # a promotion keeps the label that was measured
            raise Conflict(f"the label {label} is taken in {environment}: give another, or leave it out")
        place = {"environment": environment, "scope": str(scope)}
        self.record(Locks.Created, stamp=stamp, **place, lock_id=lock_id, **facts)

    def unlock(self, lock_id: UUID, *, at_us: int, stamp: Stamp, superseded_by: UUID | None = None) -> None:
        """Raises NotFound, and Conflict for a lock that has ended."""
        facts = {"ended_us": at_us, "superseded_by": superseded_by}
        self.record(Locks.Unlocked, stamp=stamp, **self._place(lock_id), **facts)

    def approve(self, lock_id: UUID, *, to_environment: str, stamp: Stamp) -> None:
        """Of its promotion to there; again records nothing.

        Raises NotFound, Conflict for a lock that has ended, Forbidden for who has locked it.
        """
        place, lock = self._place(lock_id), self.lock(lock_id)
        if stamp.actor == lock.locked_by:
            raise Forbidden(f"{stamp.actor} has locked this: somebody else approves it")
        if stamp.actor not in lock.approved_for(to_environment):
            self.record(Locks.Approved, stamp=stamp, **place, to_environment=to_environment)

    def promote(self, lock_id: UUID, *, to_environment: str, promoted_to: UUID, stamp: Stamp) -> None:
        """Raises NotFound, and Conflict for a lock that has ended."""
        facts = {"to_environment": to_environment, "promoted_to": promoted_to}
        self.record(Locks.Promoted, stamp=stamp, **self._place(lock_id), **facts)

    def roll_back(self, lock_id: UUID, *, at_us: int, evidence: Document | None, stamp: Stamp) -> None:
        """Raises NotFound, and Conflict for a lock that has ended."""
        self.record(Locks.RolledBack, stamp=stamp, **self._place(lock_id), ended_us=at_us, evidence=evidence)

    def _place(self, lock_id: UUID) -> dict[str, Any]:
        lock = self.lock(lock_id)
        if not lock.is_held:
            raise Conflict(f"the lock {lock.version_label} was {lock.status.replace('_', ' ')} already: lock it again")
        return {"environment": lock.environment, "scope": str(lock.scope), "lock_id": lock_id}


COPIED = (
    "config_type",
    "config_id",
    "config_version",
    "kind",
    "version_label",
    "config_hash",
    "embedder_name",
    "tokenizer_name",
    "tokenizer_hash",
    "baseline_metrics",
    "checks",
    "locked_us",
    "promoted_from",
)
"""What a lock has from its first event as it is."""


def unknown_lock(lock_id: UUID) -> NotFound:
    return NotFound(f"there is no lock {lock_id}: GET /api/locks lists what there is")
