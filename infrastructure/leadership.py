"""One projector at a time among the processes on a PostgreSQL store, and how they hear of each other's news."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from threading import Event, Lock, Thread

import psycopg
import structlog

from infrastructure.event_store.postgres import CHANNEL

log = structlog.get_logger("leadership")

LEADER_LOCK = 0x7661727665_02  # session advisory lock: gone with its connection
VIEWS_CHANNEL = "varve_views"
RETRY_SECONDS = 1.0


class AdvisoryLeadership:
    """Leads while a connection of its own holds the advisory lock."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._mutex = Lock()
        self._leads = False
        self._asked = 0.0

    def held(self) -> bool:
        with self._mutex:
            if self._leads and self._alive():
                return True
            if time.monotonic() - self._asked < RETRY_SECONDS:
                return False
            self._asked = time.monotonic()
            self._leads = self._take()
            return self._leads

    def _alive(self) -> bool:
        return self._connection is not None and not self._connection.closed and not self._connection.broken

    def _take(self) -> bool:
        try:
            if not self._alive():
                self._connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5)
            assert self._connection is not None
            found = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,)).fetchone()
        except psycopg.OperationalError:
            return False
        return bool(found and found[0])

    def announce(self, position: int) -> None:
        with self._mutex:
            try:
                assert self._connection is not None
                self._connection.execute("SELECT pg_notify(%s, %s)", (VIEWS_CHANNEL, str(position)))
            except psycopg.OperationalError:
                self._leads = False  # the lock went with the connection; the others poll

    def close(self) -> None:
        with self._mutex:
            if self._connection is not None:
                self._connection.close()


class Listener:
    """Calls `wake` at every commit and every move of the views; reconnects by itself."""

    def __init__(self, conninfo: str, wake: Callable[[], None]) -> None:
        self._conninfo = conninfo
        self._wake = wake
        self._closing = Event()
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._thread = Thread(target=self._listen, name="listener", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    connection.execute(f"LISTEN {VIEWS_CHANNEL}")
                    self._connection = connection
                    self._wake()  # whatever came while nobody listened
                    while not self._closing.is_set():
                        for _ in connection.notifies(timeout=0.5, stop_after=1):
                            self._wake()
            except psycopg.OperationalError as error:
                if self._closing.is_set():
                    return
                log.warning("lost the connection that listens; polling until it is back", error=repr(error))
                self._closing.wait(RETRY_SECONDS)

    def close(self) -> None:
        self._closing.set()
        if self._connection is not None:
            hang_up(self._connection)  # otherwise it would listen to the end of its wait
        self._thread.join()


def hang_up(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """End a connection on which another thread waits."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.OperationalError):
        return  # it has ended already
