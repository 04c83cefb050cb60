"""A thread that follows the log for webhooks, and those that send."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Thread

import structlog

from application.deliver_webhooks import DeliverWebhooks, Patience
from application.webhook_outbox import Attempted, Delivery
from domain.errors import StoreUnavailable
from infrastructure.webhooks.sender import HttpSender

log = structlog.get_logger("webhooks")

MOST_AT_ONCE = 32  # deliveries on their way, to whomever
PAUSE_SECONDS = 0.02  # between two looks, however much is recorded: one takes what many commits have brought
TELL_SECONDS = 5.0
FORGET_SECONDS = 60.0
ROWS_A_STEP = 1_000
LAST_SECONDS = 2.0  # for what is on its way when the server stops
AWAY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How events are sent, and whether this process is one that does."""

    sender: HttpSender = field(default_factory=HttpSender)
    patience: Patience = field(default_factory=Patience)
    days: float = 30.0  # that deliveries are kept which wait no more
    delivers: bool = True
    poll_seconds: float = 0.5  # without news: something may be due again


class Courier:
    def __init__(self, deliver: DeliverWebhooks, *, leads: Callable[[], bool], how: Webhooks) -> None:
        self._deliver = deliver
        self._leads = leads
        self._how = how
        self._news = Event()
        self._closing = Event()
        self._flying: dict[int, Delivery] = {}
        self._back: SimpleQueue[tuple[int, Attempted | None]] = SimpleQueue()
        self._told_at = self._forgot_at = 0.0
        self._thread = Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        if self._deliver.standing().is_paused:
            log.warning("webhooks are paused, because the log was restored: varve webhooks resume goes on")
        self._thread.start()

    def poke(self) -> None:
        """Something may have been recorded."""
        self._news.set()

    def close(self) -> None:
        """Keep what came of what is on its way, as far as that comes soon; the rest is sent again."""
        self._closing.set()
        self._news.set()
        self._thread.join()
        deadline = time.monotonic() + LAST_SECONDS
        while self._flying and time.monotonic() < deadline:
            self._news.wait(0.05)
            self._news.clear()
            self._try(self._collect)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._news.wait(self._how.poll_seconds)
            self._news.clear()
            self._try(self._step)
            if not self._flying:
                self._closing.wait(PAUSE_SECONDS)

    def _try(self, do: Callable[[], None]) -> None:
        try:
            do()
        except StoreUnavailable as refusal:
            log.warning("webhooks wait for the store", problem=refusal.detail)
            self._closing.wait(AWAY_SECONDS)
        except Exception as error:  # noqa: BLE001 -- the thread outlives what goes wrong once
            log.error("webhooks cannot be sent", error=repr(error))
            self._closing.wait(AWAY_SECONDS)

    def _step(self) -> None:
        self._collect()
        if not self._leads():
            return
        if self._deliver.plan():
            self._news.set()
        if len(self._flying) < MOST_AT_ONCE:
            for one in self._deliver.due(self._flying.values())[: MOST_AT_ONCE - len(self._flying)]:
                self._flying[one.number] = one
                Thread(target=self._attempt, args=(one,), name="webhook", daemon=True).start()
        self._keep_house()

    def _attempt(self, delivery: Delivery) -> None:
        """In a thread of its own; a store that is away leaves it as it was."""
        attempted = None
        try:
            attempted = self._deliver.attempt(delivery)
        except Exception as error:  # noqa: BLE001 -- it has to come back, whatever happened
            log.error("a delivery cannot be tried", delivery=delivery.id, error=repr(error))
            self._closing.wait(AWAY_SECONDS)
        self._back.put((delivery.number, attempted))
        self._news.set()

    def _collect(self) -> None:
        """What has come back is kept in one transaction; where that fails, it is sent again."""
        found = []
        try:
            while True:
                number, attempted = self._back.get_nowait()
                del self._flying[number]
                if attempted is not None:
                    found.append(attempted)
        except Empty:
            pass
        if found:
            self._deliver.settle(found)

    def _keep_house(self) -> None:
        now = time.monotonic()
        if now - self._told_at > TELL_SECONDS:
            self._told_at = now
            self._deliver.tell_standing()
        if now - self._forgot_at > FORGET_SECONDS:
            self._forgot_at = now
            self._deliver.forget(days=self._how.days, limit=ROWS_A_STEP)
