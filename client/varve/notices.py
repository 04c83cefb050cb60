"""Telling the application: that settings changed, that a read fell back, that the service was lost or found again.

On a thread of its own, so that a callback that hangs holds up no refresh. What a callback raises is logged.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from varve.context import Context
from varve.facts import Source
from varve.metrics import Metrics
from varve.threads import started

logger = logging.getLogger("varve")

LONGEST_QUEUE = 1_000
FALLBACKS_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """Local answers are new: of these contexts, in these types, up to this position of the log."""

    contexts: tuple[Context, ...]
    types: frozenset[str]
    position: int


@dataclass(frozen=True, slots=True)
class Fallback:
    """A read was answered by less than the service. `unreported` counts those since the last one that was told of."""

    context: Context
    source: Source
    problem: str
    unreported: int


@dataclass(frozen=True, slots=True)
class Subscriber:
    on_change: Callable[[Change], object] | None = None
    on_stale: Callable[[], object] | None = None
    on_ready: Callable[[], object] | None = None


class Notices:
    def __init__(self, metrics: Metrics, *, on_fallback: Callable[[Fallback], object] | None) -> None:
        self._metrics = metrics
        self._on_fallback = on_fallback
        self._subscribers: tuple[Subscriber, ...] = ()
        self._fallback_due = 0.0
        self._unreported = 0
        self.renew()

    def renew(self) -> None:
        """Also in a forked process, where nobody is told of what the parent saw."""
        self._queue: deque[Callable[[], object]] = deque()
        self._grown = threading.Condition()
        self.thread: threading.Thread | None = None
        self._busy = False
        self._closed = False

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        with self._grown:
            self._subscribers = (*self._subscribers, subscriber)
        return partial(self._unsubscribe, subscriber)

    def _unsubscribe(self, subscriber: Subscriber) -> None:
        with self._grown:
            self._subscribers = tuple(one for one in self._subscribers if one is not subscriber)

    def changed(self, change: Change) -> None:
        for subscriber in self._subscribers:
            if subscriber.on_change is not None:
                self._tell(partial(subscriber.on_change, change))

    def is_stale(self) -> None:
        for subscriber in self._subscribers:
            if subscriber.on_stale is not None:
                self._tell(subscriber.on_stale)

    def is_ready(self) -> None:
        for subscriber in self._subscribers:
            if subscriber.on_ready is not None:
                self._tell(subscriber.on_ready)

    def fell_back(self, context: Context, source: Source, problem: str) -> None:
        """Told of at most once a second, however many reads there are."""
        now = time.monotonic()
        with self._grown:
            if now < self._fallback_due:
                self._unreported += 1
                return
            self._fallback_due = now + FALLBACKS_EVERY_SECONDS
            fallback = Fallback(context, source, problem, self._unreported)
            self._unreported = 0
        logger.warning("settings of %s come from %s: %s", context, source, problem)
        if self._on_fallback is not None:
            self._tell(partial(self._on_fallback, fallback))

    def _tell(self, call: Callable[[], object]) -> None:
        with self._grown:
            if self._closed:
                return
            if len(self._queue) >= LONGEST_QUEUE:
                self._queue.popleft()
                self._metrics.count("callbacks_dropped")
            self._queue.append(call)
            if self.thread is None:
                self.thread = started(self._run, name="varve-callbacks")
            self._grown.notify_all()

    def _run(self) -> None:
        while (call := self._next()) is not None:
            try:
                call()
            except Exception:
                logger.exception("a callback of the application failed")

    def _next(self) -> Callable[[], object] | None:
        with self._grown:
            self._busy = False
            self._grown.notify_all()
            self._grown.wait_for(lambda: self._queue or self._closed)
            self._busy = bool(self._queue)
            return self._queue.popleft() if self._queue else None

    def flush(self, seconds: float) -> bool:
        """Wait until everybody was told everything."""
        with self._grown:
            return self._grown.wait_for(lambda: not self._queue and not self._busy, seconds)

    def close(self) -> None:
        with self._grown:
            self._closed = True
            self._grown.notify_all()
