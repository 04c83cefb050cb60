"""The answers that a client holds: a bounded number, by context, and by the scopes that concern them."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from varve.context import GLOBAL, Context, Key
from varve.effective import Effective, confirm, position_of, world_of
from varve.world import World

OF_MANY = (GLOBAL, "profile:", "experiment:")  # it is not known here whose they are
ByScope = dict[str, set[Context]]


class Held:
    """Two generations instead of a list by last use: a hit in the young one is a look-up and nothing else.

    A full young generation becomes the old one, and what that held is let go; who is read again before that moves
    back to the young. `young` is the same dictionary for ever. Readers take no lock, writers do.
    """

    def __init__(self, *, max_contexts: int) -> None:
        self.young: dict[Key, Effective] = {}
        self.lock = threading.RLock()  # a finalizer or a signal may read while its thread is in here
        self.world: World | None = None
        self.seen = 0  # the position up to which changes were heard of
        self._old: dict[Key, Effective] = {}
        self._young_scopes: ByScope = {}
        self._old_scopes: ByScope = {}
        self._room = max(1, max_contexts // 2)

    def __len__(self) -> int:
        return len(self.young) + len(self._old)

    def find(self, context: Context) -> Effective | None:
        """The answer held; it counts as read."""
        with self.lock:
            found = self.peek(context)
            if found is not None and context.key not in self.young:
                self._place(context, found)
            return found

    def peek(self, context: Context) -> Effective | None:
        key = context.key
        found = self.young.get(key)
        return found if found is not None else self._old.get(key)

    def put(self, effective: Effective, *, world: World) -> bool:
        """Hold it in place of what was held, unless that is newer: then it is not what it was asked for."""
        with self.lock:
            context = effective.context
            if self.is_outdated(effective, world=world):
                return False
            if context.key in self._old and context.key not in self.young:
                self._old[context.key] = effective
            else:
                self._place(context, effective)
            return True

    def is_outdated(self, effective: Effective, *, world: World) -> bool:
        if self.world is not None and world.log == self.world.log and world.epoch < self.world.epoch:
            return True
        held = self.peek(effective.context)
        return held is not None and world_of(held) == world and position_of(effective) < position_of(held)

    def _place(self, context: Context, effective: Effective) -> None:
        key = context.key
        if key not in self.young and len(self.young) >= self._room:
            self._old, self._old_scopes = dict(self.young), self._young_scopes
            self.young.clear()
            self._young_scopes = {}
        self._old.pop(key, None)
        self.young[key] = effective
        for scope in context.touched_by():
            self._young_scopes.setdefault(scope, set()).add(context)

    def enter(self, world: World, *, position: int) -> bool:
        """The stream says which log it tells of, and how far that is. Whether it is another one than before."""
        with self.lock:
            other = self.world is not None and world != self.world
            self.seen = position if self.world != world else max(self.seen, position)
            self.world = world
            return other

    def hear(self, scopes: Iterable[str], *, position: int) -> list[Context]:
        """What is held that a change at this position concerns, and that may be older."""
        with self.lock:
            self.seen = max(self.seen, position)
            return [context for context in self._touched(scopes) if self._is_before(position, context)]

    def _touched(self, scopes: Iterable[str]) -> set[Context]:
        named = tuple(scopes)
        if any(scope.startswith(OF_MANY) for scope in named):
            return set(self.contexts())
        touched: set[Context] = set()
        for scope in named:
            touched |= self._young_scopes.get(scope, set()) | self._old_scopes.get(scope, set())
        return touched

    def is_behind(self, context: Context) -> bool:
        """Whether changes were heard of that what is held may not have seen.

        What comes from another world than the stream is not behind it: a reset will have it asked for again.
        """
        held = self.peek(context)
        return held is not None and world_of(held) == self.world and position_of(held) < self.seen

    def _is_before(self, position: int, context: Context) -> bool:
        held = self.peek(context)
        return held is not None and (world_of(held) != self.world or position_of(held) < position)

    def confirm(self, context: Context, *, world: World, position: int, at: float) -> None:
        """The service says the same as before, at this position."""
        with self.lock:
            held = self.peek(context)
            if held is None:
                return
            known = position_of(held) if world_of(held) == world else 0
            confirm(held, world=world, position=max(position, known), at=at)

    def contexts(self) -> list[Context]:
        """Everything that is held; what was read last comes first."""
        with self.lock:
            return [one.context for part in (self.young, self._old) for one in reversed(part.values())]
