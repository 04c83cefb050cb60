"""Which versions of configs are passed over for a while, since calls with them kept failing."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Literal, NamedTuple

CircuitState = Literal["closed", "half-open", "open"]
MOST_CIRCUITS = 10_000
TOLD_AT_ONCE, TOLD_A_SECOND = 100, 5  # of the calls that an open circuit spared


@dataclass(frozen=True, slots=True)
class CircuitRule:
    """Open after so many `failures` among the last `calls` of a window; after the cool-down, one call may try again."""

    failures: int = 5
    calls: int = 10
    window_seconds: float = 60.0
    cool_down_seconds: float = 30.0

    def __post_init__(self) -> None:
        if not 1 <= self.failures <= self.calls:
            raise ValueError(f"failures: from 1 to calls ({self.calls}) is needed, not {self.failures!r}")
        if not (self.window_seconds > 0 and self.cool_down_seconds > 0):
            raise ValueError("window_seconds, cool_down_seconds: more than 0 is needed")


class Key(NamedTuple):
    """What a circuit is for: a new version begins with a closed one."""

    config_id: str
    version: int | None
    rule: CircuitRule


class Failure(NamedTuple):
    """What was told of one, and whether it speaks against this version, or may come from a layer below."""

    error: str
    counts: bool


class Circuit:
    """Of one version. Not safe by itself: `Circuits` holds the lock."""

    def __init__(self, rule: CircuitRule) -> None:
        self._rule = rule
        self._calls: deque[tuple[float, bool]] = deque(maxlen=rule.calls)  # when, and whether it failed
        self._opened_at: float | None = None
        self._probed_at: float | None = None
        self._to_tell, self._told_at = float(TOLD_AT_ONCE), 0.0
        self.last: Failure | None = None

    def state(self, now: float) -> CircuitState:
        """`half-open` is for one caller at a time, who says how it went; one that never does is forgotten."""
        if self._opened_at is None:
            return "closed"
        since = self._opened_at if self._probed_at is None else self._probed_at
        if now - since < self._rule.cool_down_seconds:
            return "open"
        self._probed_at = now
        return "half-open"

    def fail(self, now: float, failure: Failure) -> bool:
        """Whether that opened it."""
        self.last = failure
        self._calls.append((now, True))
        was_open = self._opened_at is not None
        recent = sum(failed for at, failed in self._calls if now - at <= self._rule.window_seconds)
        if not was_open and recent < self._rule.failures:
            return False
        if not was_open or self._probed_at is not None:  # a straggler does not lengthen the cool-down
            self._opened_at, self._probed_at = now, None
        return not was_open

    def succeed(self, now: float) -> bool:
        """Whether that closed it."""
        was_open = self._opened_at is not None
        if was_open:
            self._calls.clear()
        self._calls.append((now, False))
        self._opened_at = self._probed_at = None
        return was_open

    def release(self) -> None:
        """The trial ended without a verdict: the next call is one."""
        if self._probed_at is not None:
            self._probed_at = self._opened_at

    def is_due(self, now: float) -> bool:
        """Whether a call that was spared is to be told of: a number at once, then so many a second."""
        self._to_tell = min(TOLD_AT_ONCE, self._to_tell + (now - self._told_at) * TOLD_A_SECOND)
        self._told_at = now
        if self._to_tell < 1:
            return False
        self._to_tell -= 1
        return True


class Circuits:
    """All of a client's. What never failed has none, so a call that goes well costs a look-up."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Also in a forked process, which finds out by itself."""
        self._circuits: OrderedDict[Key, Circuit] = OrderedDict()
        self._lock = threading.Lock()

    def state(self, key: Key) -> CircuitState:
        if key not in self._circuits:
            return "closed"
        with self._lock:
            circuit = self._circuits.get(key)
            return "closed" if circuit is None else circuit.state(time.monotonic())

    def fail(self, key: Key, failure: Failure) -> bool:
        """Whether that opened it."""
        with self._lock:
            circuit = self._circuits.setdefault(key, Circuit(key.rule))
            self._circuits.move_to_end(key)
            if len(self._circuits) > MOST_CIRCUITS:
                self._circuits.popitem(last=False)
            return circuit.fail(time.monotonic(), failure)

    def succeed(self, key: Key) -> bool:
        """Whether that closed it."""
        if key not in self._circuits:
            return False
        with self._lock:
            circuit = self._circuits.get(key)
            return circuit is not None and circuit.succeed(time.monotonic())

    def release(self, key: Key) -> None:
        with self._lock:
            if key in self._circuits:
                self._circuits[key].release()

    def spared(self, key: Key) -> Failure | None:
        """The failure that a call was spared, where that is to be told of."""
        with self._lock:
            circuit = self._circuits.get(key)
            due = circuit is not None and circuit.is_due(time.monotonic())
            return circuit.last if circuit is not None and due else None
