"""First sights: contexts that nobody has asked for yet are fetched by one thread, for all who wait.

So nobody waits longer than they want to, whatever the network does, and what is asked for while a request is under
way goes together in the next one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import islice

from varve.backoff import Backoff
from varve.batch import MOST_CONTEXTS
from varve.context import Context
from varve.effective import Effective
from varve.errors import Unavailable
from varve.held import Held
from varve.refresher import Refresher
from varve.threads import started

logger = logging.getLogger("varve")

REFUSED_SECONDS = 30.0
MOST_WAITING = 10_000
Asked = Future[Effective | None]


class Fetcher:
    """While the service is known to be down nobody waits: what was asked for is tried again behind their backs."""

    def __init__(self, held: Held, refresher: Refresher, *, timeout_seconds: float) -> None:
        self._held = held
        self._refresher = refresher
        self._seconds = timeout_seconds
        self._backoff = Backoff()
        self._asked: dict[Context, Asked] = {}
        self._again: dict[Context, None] = {}
        self._refused: dict[Context, tuple[float, str]] = {}
        self._again_at = 0.0
        self._moved = threading.Condition()
        self.thread: threading.Thread | None = None
        self._closed = False
        self.problem: str | None = None  # why the service is known to be down

    def ask(self, context: Context) -> Asked:
        """What the service says of it, in time; None where nothing is to be had."""
        with self._moved:
            asked = self._asked.get(context)
            if asked is not None:
                return asked
            if (held := self._held.peek(context)) is not None:
                return known(held)  # it came since the caller looked
            if self._closed or self.problem is not None or self._is_refused(context):
                self._try_again(context)
                return NOTHING
            self._work()
            if self.thread is None:
                return NOTHING
            asked = self._asked[context] = Future()
            return asked

    def waited_in_vain(self) -> None:
        """Somebody's time was up: the next ones need not wait for the same."""
        with self._moved:
            if self.problem is None and self._asked:
                self.problem = f"no answer within {self._seconds:g} s"

    def problem_of(self, context: Context) -> str | None:
        refused = self._refused.get(context)
        return refused[1] if refused is not None else self.problem

    def try_now(self) -> None:
        """The service was heard of: what failed need not wait longer."""
        with self._moved:
            self._backoff.reset()
            self._again_at = 0.0
            self._refused.clear()
            if self._again:
                self._work()

    def _is_refused(self, context: Context) -> bool:
        refused = self._refused.get(context)
        return refused is not None and time.monotonic() < refused[0]

    def _try_again(self, context: Context) -> None:
        if self.problem is not None and len(self._again) < MOST_WAITING and not self._closed:
            self._again[context] = None
            self._work()

    def _work(self) -> None:
        if self.thread is None:
            self.thread = started(self._run, name="varve-fetch")
        self._moved.notify_all()

    def _run(self) -> None:
        while wanted := self._next():
            try:
                refused = self._refresher.refresh(wanted, seconds=self._seconds)
            except Unavailable as error:
                self._failed(wanted, str(error), wait_seconds=error.wait_seconds)
            except Exception as error:
                logger.exception("answers could not be taken in")
                self._failed(wanted, f"{type(error).__name__}: {error}")
            else:
                self._answered(wanted, refused)

    def _next(self) -> list[Context]:
        """What is asked for now, else what is due again, as much as goes in one request; empty at the end."""
        with self._moved:
            while not self._closed:
                if self._asked:
                    return list(islice(self._asked, MOST_CONTEXTS))
                if self._again and time.monotonic() >= self._again_at:
                    return list(islice(self._again, MOST_CONTEXTS))
                self._moved.wait(self._again_at - time.monotonic() if self._again else None)
            return []

    def _failed(self, wanted: list[Context], problem: str, *, wait_seconds: float = 0.0) -> None:
        with self._moved:
            self.problem = problem
            self._again.update(dict.fromkeys(wanted))
            self._again_at = time.monotonic() + max(wait_seconds, self._backoff.next_seconds())
            asked = [self._asked.pop(context, None) for context in wanted]
        settle(asked, [None] * len(wanted))

    def _answered(self, wanted: list[Context], refused: dict[Context, str]) -> None:
        until = time.monotonic() + REFUSED_SECONDS
        with self._moved:
            self.problem = None
            self._backoff.reset()
            if len(self._refused) + len(refused) > MOST_WAITING:
                self._refused.clear()
            for context in wanted:
                self._again.pop(context, None)
                self._refused.pop(context, None)
            self._refused.update({context: (until, why) for context, why in refused.items()})
            asked = [self._asked.pop(context, None) for context in wanted]
        settle(asked, [self._held.peek(context) for context in wanted])

    def close(self) -> None:
        with self._moved:
            self._closed = True
            self.problem = "the client is closed"
            asked = [*self._asked.values()]
            self._asked.clear()
            self._moved.notify_all()
        settle(asked, [None] * len(asked))


def settle(asked: Sequence[Asked | None], answers: Sequence[Effective | None]) -> None:
    for one, answer in zip(asked, answers, strict=True):
        if one is not None:
            one.set_result(answer)


def known(answer: Effective | None) -> Asked:
    asked: Asked = Future()
    asked.set_result(answer)
    return asked


NOTHING = known(None)
