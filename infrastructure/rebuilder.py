"""Builds the views of an open store anew, and compares them with a replay."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import sqlalchemy as sa

from application.ports import Building, Compared, Rebuilt, Status
from domain.errors import Conflict
from infrastructure.projections.rebuild import CONTENT, build, digest_of, first_difference
from infrastructure.projections.tables import progress
from infrastructure.stores import OpenStore
from infrastructure.views import views_reached

BUSY = "the views are being rebuilt or verified: wait until that is done"


class ViewRebuilder:
    """Implements the port `Rebuilder`, one run at a time."""

    def __init__(self, opened: OpenStore) -> None:
        self._log = opened.log
        self._generations = opened.generations
        self._follower = opened.follower
        self._running = Lock()
        self._done = 0
        self._started: float | None = None

    def rebuild(self) -> Rebuilt:
        """Raises Conflict while another run is under way."""
        with views_reached(), self._alone():
            started, before = time.monotonic(), self._generations.current()
            built = build(self._log, self._generations, report=self._report)
            position = self._follower.adopt(built.generation)
            seconds = round(time.monotonic() - started, 3)
            self._generations.drop(before - 1)  # `before` may still be read for a moment: it goes next time
            with snapshot(self._generations.engine(built.generation)) as connection:
                return Rebuilt(built.generation, built.events, position, seconds, digest_of(connection))

    def verify(self) -> Compared:
        """Compare the views, as they are at one moment, with a generation built for it and dropped again."""
        with views_reached(), self._alone(), snapshot(self._follower.engine) as live:
            position = live.execute(sa.select(progress.c.position)).scalar_one()
            built = build(self._log, self._generations, upto=position, report=self._report)
            try:
                with snapshot(self._generations.engine(built.generation)) as replayed:
                    difference = first_difference(live, replayed)
                return Compared(difference is None, position, digest_of(live), difference)
            finally:
                self._generations.drop(built.generation)

    def status(self) -> Status:
        position, newest = self._follower.visible, self._log.newest()
        waiting = self._log.commits(after=position, limit=1)
        behind = (time.time_ns() // 1000 - waiting[0].recorded_us) / 1e6 if waiting else 0.0
        head = newest.last if newest else 0
        views = tuple(table.name for table in CONTENT)
        return Status(
            views, self._follower.generation, position, head, max(0.0, round(behind, 3)), self._building(head)
        )

    def _report(self, done: int) -> None:
        self._done = done

    def _building(self, head: int) -> Building | None:
        started = self._started
        if started is None:
            return None
        return Building(self._done, head, round(time.monotonic() - started, 3))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._running.acquire(blocking=False):
            raise Conflict(BUSY)
        try:
            with self._generations.building(wait=False) as alone:
                if not alone:
                    raise Conflict(BUSY)
                self._done, self._started = 0, time.monotonic()
                yield
        finally:
            self._started = None
            self._running.release()


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection on which everything is read as it was at one moment."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection
