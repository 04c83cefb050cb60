"""The recent changes of one environment, in memory: each is written once, and a stream is a place among them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from api.json_text import json_text
from application.advance import ANY_TYPE
from domain.access.policy import Resource, Verdict, decide
from domain.access.principal import Principal
from domain.access.roles import Action
from domain.configs.scope import Scope

KEPT_BYTES = 1024 * 1024
BYTES_BESIDES = 500  # of a change: what the tables around it take, about
LAGGING = b"lagging"  # stands for the frame that tells somebody to ask for everything, which says the time
LONGEST_FRAME = 32 * 1024  # what touches more than this can name is told by a reset


@dataclass(frozen=True, slots=True)
class Change:
    """What happened up to a position.

    `resources` says what the policy needs to know of each scope; None where nobody who is bound was listening.
    """

    position: int
    types: Mapping[Scope, Set[str]]
    resources: Mapping[Scope, Resource] | None
    frame: bytes
    is_reset: bool = False

    def frame_for(self, principal: Principal) -> bytes:
        """What this principal is told: nothing of what it may not read; LAGGING where that cannot be known."""
        if self.is_reset or not principal.is_bound:
            return self.frame
        if self.resources is None:
            return LAGGING
        seen = {scope: types for scope, types in self.types.items() if reads(principal, self.resources[scope])}
        return changed(self.position, seen) if seen else b""


def reads(principal: Principal, resource: Resource) -> bool:
    return decide(principal, Action.READ_EFFECTIVE, resource) is Verdict.ALLOWED


def changed(position: int, types: Mapping[Scope, Set[str]]) -> bytes:
    """The frame that names what changed; no types where any may have."""
    scopes, names = sorted(map(str, types)), set().union(*types.values())
    told = [] if ANY_TYPE in names else sorted(names)
    return frame("changed", position, {"position": position, "scopes": scopes, "types": told})


def frame(event: str, position: int, data: Any) -> bytes:
    """As the standard of server-sent events writes it."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (position, event.encode(), json_text(data))


class Ring:
    """Changes by number, the oldest dropped when they take too much. All beyond `since` are here."""

    def __init__(self, *, since: int) -> None:
        self.since = since
        self.end = 0  # the number that the next one will have
        self._start = 0
        self._changes: dict[int, Change] = {}
        self._bytes = 0

    def put(self, change: Change) -> None:
        self._changes[self.end] = change
        self.end += 1
        self._bytes += size(change)
        while self._bytes > KEPT_BYTES:
            dropped = self._changes.pop(self._start)
            self._start += 1
            self._bytes -= size(dropped)
            self.since = dropped.position

    def place_after(self, position: int) -> int | None:
        """The number of the first change beyond a position; None where some of them are gone."""
        if position < self.since:
            return None
        number = self.end
        while number > self._start and self._changes[number - 1].position > position:
            number -= 1
        return number

    def from_(self, number: int) -> list[Change] | None:
        """All changes from a number on; None where the first of them is gone."""
        return [self._changes[one] for one in range(number, self.end)] if number >= self._start else None


def size(change: Change) -> int:
    """About how many bytes it takes."""
    return BYTES_BESIDES + len(change.frame) * (2 if change.types else 1)
