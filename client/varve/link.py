"""How a client stands with its service. All that it has answered looks here when it is asked how far it is true."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from varve.effective import Effective, facts_of
from varve.facts import State
from varve.held import Held


class Link:
    """`on_met` hears of settings that were read and that an experiment varies."""

    def __init__(self, held: Held, *, on_met: Callable[[Effective, str], None]) -> None:
        self.state: State = "connecting"
        self.met = on_met
        self._held = held
        self.lost_at: float | None = None
        self._confirmed_at: float | None = None
        self._moved = threading.Condition()

    def is_current(self, effective: Effective) -> bool:
        held = self._held.peek(effective.context)
        return held is effective or (held is None and facts_of(effective).source != "live")

    def confirmed_at(self) -> float | None:
        return self._confirmed_at

    def to(self, state: State) -> bool:
        """Whether it was another state before."""
        with self._moved:
            if state in ("live", "polling"):
                self._confirmed_at = time.monotonic()
            moved = state != self.state
            if moved:
                self.lost_at = time.monotonic() if state == "stale" else None
            self.state = state
            self._moved.notify_all()
            return moved

    def heard(self) -> None:
        """The stream gave a sign of life: what it told nothing of is as it was."""
        if self.state == "live":
            self._confirmed_at = time.monotonic()

    def wait_until_live(self, seconds: float) -> bool:
        with self._moved:
            return self._moved.wait_for(lambda: self.state in ("live", "polling"), seconds)

    def renew(self) -> None:
        """In a forked process: nobody is connected yet."""
        self._moved = threading.Condition()
        self.state = "connecting"
