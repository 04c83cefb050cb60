"""What a forked process needs done, for everything that has threads, locks or connections.

While a process forks, what is watched holds its locks, so that the child never sees a change that was half made.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Forking(Protocol):
    def before_fork(self) -> None: ...

    def after_fork_in_parent(self) -> None: ...

    def after_fork_in_child(self) -> None: ...


watched: WeakSet[Forking] = WeakSet()
_held: list[Forking] = []


def watch(one: Forking) -> None:
    """It is told of forks for as long as it lives, or until `forget`."""
    watched.add(one)


def forget(one: Forking) -> None:
    watched.discard(one)


def _before() -> None:
    _held[:] = watched
    for one in _held:
        one.before_fork()


def _in_parent() -> None:
    for one in reversed(_held):
        one.after_fork_in_parent()
    _held.clear()


def _in_child() -> None:
    for one in reversed(_held):
        one.after_fork_in_child()
    _held.clear()


if hasattr(os, "register_at_fork"):  # there are no forks elsewhere
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
