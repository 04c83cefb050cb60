"""Group commit: the commands that wait, in one durable transaction, under the store's ordering lock.

The callers' own threads do it. The first to find nobody committing leads: it takes what is queued, commits it, gives
the lead to the head of what has queued meanwhile, and wakes its batch. A lone caller never changes thread and never
waits.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Condition, Lock
from typing import Any, Protocol
from uuid import UUID

from eventsourcing import persistence as es

from application.ports import Commit
from domain.errors import StoreUnavailable
from infrastructure.event_store.decide import Key, Seen, Ticket

REFUSED = (es.DataError, es.IntegrityError, es.InternalError, es.ProgrammingError)  # a statement was: nothing is stored
LOST = (es.OperationalError, es.InterfaceError, sqlite3.OperationalError)  # busy, timed out, cut off: perhaps stored

MAX_COMMANDS, MAX_EVENTS = 128, 10_000  # of one batch
ATTEMPTS = 3
GATHER_SECONDS = 0.0003  # while commands come in company, the time to let the last batch come back


class OrderedStore(Protocol):
    """A store that can hold its ordering lock.

    Within `ordered`, what `look` sees stays true until what `write` adds is durable.
    """

    def ordered(self) -> AbstractContextManager[Any]: ...

    def look(self, transaction: Any, streams: list[UUID], keys: list[Key], /) -> Seen: ...

    def write(self, transaction: Any, events: list[tuple[int, es.StoredEvent]], commits: list[Commit], /) -> None: ...


class Committer:
    """The only way into the log."""

    def __init__(self, store: OrderedStore) -> None:
        self._store = store
        self._mutex = Lock()
        self._queue: list[Ticket] = []
        self._led = self._company = self._closed = False
        self._rest = Condition(self._mutex)
        self.on_committed: list[Callable[[int], None]] = []  # given the newest position; must not raise

    def commit(self, ticket: Ticket) -> Commit:
        """Raises StreamMoved, AlreadyRecorded, or StoreUnavailable when it cannot be told what was stored."""
        with self._mutex:
            if self._closed:
                raise StoreUnavailable("the store is being closed: try again in a moment")
            self._queue.append(ticket)
            leads, self._led = not self._led, True
        if not leads:
            ticket.turn.acquire()  # until there is a verdict, or the lead to take
        if ticket.verdict is None:
            self._lead(ticket)
        if isinstance(ticket.verdict, BaseException):
            raise ticket.verdict
        assert ticket.verdict is not None
        return ticket.verdict

    def close(self) -> None:
        """Refuse what comes from now on; returns when all that was taken on has its verdict.

        A connection that is closed under a running transaction takes the process with it on SQLite.
        """
        with self._rest:
            self._closed = True
            self._rest.wait_for(lambda: not self._led)

    def _lead(self, own: Ticket) -> None:
        batch = self._take()
        try:
            self._settle(batch)
        except BaseException as error:  # noqa: BLE001 -- whatever happened, nobody is left waiting
            fail(batch, error)
        with self._mutex:  # the next leader starts before this batch wakes: the disk is never idle
            if self._queue:
                self._queue[0].turn.release()
            self._led = bool(self._queue)
            self._rest.notify_all()
        for ticket in batch:
            if ticket is not own:
                ticket.turn.release()

    def _take(self) -> list[Ticket]:
        if self._company:
            time.sleep(GATHER_SECONDS)
        with self._mutex:
            size, events = 1, len(self._queue[0].events)
            while size < min(len(self._queue), MAX_COMMANDS):
                events += len(self._queue[size].events)
                if events > MAX_EVENTS:
                    break
                size += 1
            batch, self._queue = self._queue[:size], self._queue[size:]
        self._company = size > 1
        return batch

    def _settle(self, batch: list[Ticket]) -> None:
        """After a lost transaction the next attempt finds what did commit.

        It looks under the ordering lock, which the lost one holds until it is over: a look without the lock would call
        a COMMIT that is still under way absent.
        """
        lost: Exception | None = None
        for attempt in range(ATTEMPTS):
            try:
                return self._attempt(batch)
            except REFUSED as error:
                return self._part(batch, error)
            except LOST as error:
                lost = error
                time.sleep(0.02 * 4**attempt)
        assert lost is not None
        return fail(batch, lost)

    def _part(self, batch: list[Ticket], error: Exception) -> None:
        """One of them is poison: the others must not die of it."""
        if len(batch) == 1:
            batch[0].verdict = error
        else:
            for ticket in batch:
                self._settle([ticket])

    def _attempt(self, batch: list[Ticket]) -> None:
        streams = list({stream for ticket in batch for stream in ticket.relied_on})
        with self._store.ordered() as transaction:
            seen = self._store.look(transaction, streams, list({ticket.key for ticket in batch}))
            stored = set(seen.commits.values())
            verdicts = [seen.verdict(ticket) for ticket in batch]
            won = [(t, c) for t, c in zip(batch, verdicts, strict=True) if isinstance(c, Commit) and c not in stored]
            if won:
                events = [(c.first + n, event) for t, c in won for n, event in enumerate(t.events)]
                self._store.write(transaction, events, [c for _, c in won])
        for ticket, verdict in zip(
            batch, verdicts, strict=True
        ):  # losers too are told only now: what they lost to is durable
            ticket.verdict = verdict
        if won:
            for notify in self.on_committed:
                notify(seen.last)


def fail(batch: Sequence[Ticket], cause: BaseException) -> None:
    """An exception each: threads that raise one and the same object tangle its traceback."""
    for ticket in batch:
        if ticket.verdict is None:
            doubt = (
                "it may have been recorded: send it again with the same Idempotency-Key"
                if ticket.tried
                else "try again"
            )
            ticket.verdict = StoreUnavailable(f"the store did not answer; {doubt}")
            ticket.verdict.__cause__ = cause
