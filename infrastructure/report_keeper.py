"""A thread that looks at failures and outcomes, and at the times of experiments, and forgets reports after a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread

import structlog

from application.use_cases import UseCases
from domain.errors import StoreUnavailable

log = structlog.get_logger("reports")

LOOK_SECONDS = 5.0  # without news: alerts end by themselves
PAUSE_SECONDS = 0.2  # between two looks, however much comes in
PRUNE_SECONDS = 60.0
ROWS_A_STEP = 1_000  # others write between two steps
STEP_PAUSE_SECONDS = 0.02
DAY_US = 86_400 * 1_000_000


class ReportKeeper:
    def __init__(self, cases: UseCases, *, leads: Callable[[], bool], now_us: Callable[[], int]) -> None:
        self._reports = cases.reports
        self._watch = cases.guards.failures
        self._guards = (cases.guards.experiments, cases.guards.ramps)
        self._schedule = cases.guards.schedule
        self._releases = cases.releases.advance
        self._leads = leads
        self._now_us = now_us
        self._pruned_at = 0.0
        self._closing = Event()
        self._thread = Thread(target=self._keep, name="reports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._watch.news.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._closing.is_set():
            self._watch.news.wait(LOOK_SECONDS)
            try:
                self._watch.look()
                for guard in self._guards:
                    guard.look_if_due()
                self._schedule.look_if_due()
                self._releases.look_if_due()
                self._prune_if_due()
            except StoreUnavailable as refusal:
                log.warning("reports cannot be looked at", problem=refusal.detail)
            except Exception as error:  # noqa: BLE001 -- the thread outlives what goes wrong once
                log.error("reports cannot be looked at", error=repr(error))
            self._closing.wait(PAUSE_SECONDS)

    def _prune_if_due(self) -> None:
        if time.monotonic() - self._pruned_at < PRUNE_SECONDS or not self._leads():
            return
        before_us = self._now_us() - round(self._watch.watching.days * DAY_US)
        while not self._closing.is_set() and self._reports.prune(before_us=before_us, limit=ROWS_A_STEP):
            self._closing.wait(STEP_PAUSE_SECONDS)
        self._pruned_at = time.monotonic()
