"""Sends reports behind the application's back: in batches, again where the service was away, never in its way."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from varve.backoff import Backoff
from varve.errors import Unavailable

logger = logging.getLogger("varve")

LONGEST_QUEUE = 10_000
BATCH = 500
GATHER_SECONDS = 0.5  # the first report of a batch waits so long for others
SEND_SECONDS = 10.0
JOIN_SECONDS = 0.2  # unless it waits for an answer still
OK, REFUSED = 202, frozenset({400, 404, 413, 415, 422})  # refused for good: to send it again would not help

Post = Callable[..., tuple[int, dict[str, Any]]]


class Kind(NamedTuple):
    """Where reports of a kind go, and under which name."""

    path: str
    field: str


FAILURES, USAGE = Kind("/api/failures", "failures"), Kind("/api/usage", "records")
EXPOSURES, OUTCOMES = Kind("/api/exposures", "exposures"), Kind("/api/outcomes", "outcomes")


class Line(NamedTuple):
    """Reports that can go in one request."""

    kind: Kind
    environment: str | None


class Reporter:
    """A bounded queue and one thread, which begins with the first report. What finds no room drops the oldest."""

    def __init__(self, post: Post, *, count: Callable[..., object]) -> None:
        self._post = post
        self._count = count
        self.renew()

    def renew(self) -> None:
        """Also in a forked process: what the parent has queued, the parent sends."""
        self._queues: dict[Line, deque[Mapping[str, Any]]] = {}
        self._waiting = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._sending = 0
        self._hurry = False
        self._closed = False

    def add(self, kind: Kind, content: Mapping[str, Any], *, environment: str | None) -> None:
        with self._changed:
            if self._closed:
                self._count("reports_dropped")
                return
            self._queues.setdefault(Line(kind, environment), deque()).append(content)
            self._waiting += 1
            self._drop_oldest()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="varve-reports", daemon=True)
                self._thread.start()
            if self._waiting in (1, BATCH):
                self._changed.notify_all()

    def _drop_oldest(self) -> None:
        """What is over the bound, of the longest line."""
        while self._waiting > LONGEST_QUEUE:
            max(self._queues.values(), key=len).popleft()
            self._waiting -= 1
            self._count("reports_dropped")

    def flush(self, seconds: float) -> bool:
        """Whether everything was sent within this time."""
        with self._changed:
            if self._thread is None:
                return True
            self._hurry = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._waiting and not self._sending, seconds)
            self._hurry = False
            return done

    def close(self, seconds: float) -> None:
        """Send what can be sent within this time, and stop; the rest is counted as dropped."""
        self.flush(seconds)
        with self._changed:
            self._closed = True
            if self._waiting:
                self._count("reports_dropped", self._waiting)
                logger.warning("%d reports could not be sent before the client was closed", self._waiting)
            self._queues, self._waiting = {}, 0
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        backoff = Backoff()
        while (line := self._next()) is not None:
            batch = self._taken(line)
            try:
                self._send(line, batch)
                backoff.reset()
            except Unavailable as error:
                self._put_back(line, batch)
                logger.debug("reports wait for the service: %s", error)
                self._pause(backoff.next_seconds())
            except Exception:
                logger.exception("%d reports could not be sent", len(batch))
                self._count("reports_dropped", len(batch))
            with self._changed:
                self._sending = 0
                self._changed.notify_all()

    def _next(self) -> Line | None:
        """The longest line, once there is enough or it has waited long enough; None when it is all over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            self._changed.wait_for(lambda: self._waiting >= BATCH or self._closed or self._hurry, GATHER_SECONDS)
            return max(self._queues, key=lambda line: len(self._queues[line])) if self._waiting else None

    def _taken(self, line: Line) -> list[Mapping[str, Any]]:
        with self._changed:
            queue = self._queues.get(line, deque())
            batch = [queue.popleft() for _ in range(min(BATCH, len(queue)))]
            self._waiting -= len(batch)
            self._sending = len(batch)
            return batch

    def _send(self, line: Line, batch: list[Mapping[str, Any]]) -> None:
        """Raises Unavailable where it is to be sent again: the service knows each report, and takes it once."""
        where = {} if line.environment is None else {"environment": line.environment}
        status, said = self._post(line.kind.path, {**where, line.kind.field: batch}, seconds=SEND_SECONDS)
        if status == OK:
            self._count("reports_sent", len(batch))
        elif status not in REFUSED:
            raise Unavailable(f"the service answered {status}")
        elif len(batch) > 1:  # one that it does not take may spoil the others
            self._send(line, batch[: len(batch) // 2])
            self._send(line, batch[len(batch) // 2 :])
        else:
            self._count("reports_refused")
            logger.warning("the service does not take a report: %s", said.get("detail", status))

    def _put_back(self, line: Line, batch: list[Mapping[str, Any]]) -> None:
        with self._changed:
            self._queues.setdefault(line, deque()).extendleft(reversed(batch))
            self._waiting += len(batch)
            self._drop_oldest()

    def _pause(self, seconds: float) -> None:
        """Until the service may be back; who flushes or closes has it tried once more at once."""
        with self._changed:
            self._sending = 0
            self._changed.wait_for(lambda: self._closed or self._hurry, seconds)
            self._hurry = False
