"""Finished answers to effective reads, kept in memory until the follower sees a change of what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from application.advance import Advance
from application.ports import Answer

KEPT_BYTES = 32 * 1024 * 1024
BYTES_BESIDES = 1_000  # of an entry: what the tables around it take, about
Key = tuple[bytes, bytes]  # path and query, as they were sent
Scope = tuple[str, str, str]  # environment, kind, id


class KeptAnswers:
    """A hit is one look-up, without a lock; whoever changes what is kept takes the lock."""

    def __init__(self) -> None:
        self.kept: dict[Key, Answer] = {}
        self._scopes: dict[Key, tuple[Scope, ...]] = {}
        self._by_scope: dict[Scope, set[Key]] = {}
        self._mutex = Lock()
        self._position = 0
        self.bytes = 0
        self.hits = 0  # counted by whoever answers from `kept`
        self.misses = 0

    def put(self, key: Key, answer: Answer, *, scopes: Sequence[Scope]) -> None:
        with self._mutex:
            self.misses += 1
            if answer.position < self._position or key in self.kept:
                return  # made from views that have moved since: what moved may be part of it
            if self.bytes + size(key, answer) > KEPT_BYTES:
                self._clear()
            self.bytes += size(key, answer)
            self.kept[key], self._scopes[key] = answer, tuple(scopes)
            for scope in scopes:
                self._by_scope.setdefault(scope, set()).add(key)

    def invalidate(self, moved: Advance) -> None:
        """Called by the follower before it says that the views have moved."""
        with self._mutex:
            self._position = moved.position
            if moved.reshapes:
                self._clear()
            for scope in moved.scopes:
                for key in list(self._by_scope.get(scope, ())):
                    self._drop(key)

    def _drop(self, key: Key) -> None:
        self.bytes -= size(key, self.kept.pop(key))
        for scope in self._scopes.pop(key):
            keys = self._by_scope[scope]
            keys.discard(key)
            if not keys:
                del self._by_scope[scope]

    def _clear(self) -> None:
        self.kept.clear()
        self._scopes.clear()
        self._by_scope.clear()
        self.bytes = 0


def size(key: Key, answer: Answer) -> int:
    """About how many bytes an entry takes."""
    return sum(map(len, key)) + len(answer.head) + len(answer.tail) + BYTES_BESIDES
