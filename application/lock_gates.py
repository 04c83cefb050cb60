"""The gates of locks: what is in force in a locked slot stays, and where only locks move things, nothing else does."""

from __future__ import annotations

from collections.abc import Iterator

from application.in_flight import InFlight
from application.passage import Passage
from domain.configs.config import Config
from domain.configs.diff import equal
from domain.configs.scope import Scope
from domain.errors import Locked, LockRequired, Refusal
from domain.releases.locks import Locks, locks_id

SlotName = tuple[Scope, str]


def locked(passage: Passage) -> Iterator[Refusal]:
    if not (touched := touched_slots(passage)):
        return
    locks = passage.work.load(Locks, locks_id(passage.environment.name))
    held = {lock.slot: lock for lock in locks.locks.values() if lock.is_held}
    for slot in sorted(changed_slots(passage, among=touched & held.keys()) - moved_by_locks(passage), key=str):
        yield Locked(f"{held[slot].told}; unlock it first: POST /api/locks/{held[slot].id}/unlock")


def lock_missing(passage: Passage) -> Iterator[Refusal]:
    if not passage.environment.demands.require_lock:
        return
    if changed_slots(passage, among=touched_slots(passage)) - moved_by_locks(passage):
        message = f"what is in force in {passage.environment.name} changes only when a lock is promoted to it"
        yield LockRequired(f"{message}: lock it where it was tried, and POST /api/locks/{{id}}/promote")


def touched_slots(passage: Passage) -> set[SlotName]:
    """The slots of the configs that something happens to."""
    name = passage.environment.name
    return {(one.scope, one.config_type) for one in passage.work.changed(Config) if one.environment == name}


def changed_slots(passage: Passage, *, among: set[SlotName]) -> set[SlotName]:
    """The slots in which something else would be in force, or the same with other settings."""
    name = passage.environment.name
    before, after = (InFlight(passage.work, passage.catalog, name, is_before=then) for then in (True, False))
    return {slot for slot in among if not _same(before.config(*slot), after.config(*slot))}


def moved_by_locks(passage: Passage) -> set[SlotName]:
    """The slots that are moved by a promotion, or by its way back."""
    moves = (event for event in passage.events if isinstance(event, (Locks.Created, Locks.RolledBack)))
    locks = passage.work.load(Locks, locks_id(passage.environment.name)).locks
    return {locks[event.lock_id].slot for event in moves}


def _same(before: Config | None, after: Config | None) -> bool:
    if before is None or after is None or before.id != after.id:
        return before is after
    return all(equal(getattr(before, name), getattr(after, name)) for name in ("mode", "data", "unset"))
