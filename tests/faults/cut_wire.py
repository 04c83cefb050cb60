"""A wire to a database that is cut at any point of a conversation: each message, before it arrives or after."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock, Thread
from urllib.parse import urlsplit, urlunsplit

TO_DATABASE, FROM_DATABASE = "to the database", "from the database"
CHUNK = 65_536


@dataclass
class Cut:
    """Cut everything at the n-th piece that goes this way from now on: before it arrives, or once it has."""

    way: str
    number: int
    arrives: bool
    passed: int = 0
    done: bool = False


class CutWire:
    """Stands between a client and a database on loopback; `cut` says where it breaks next, once."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._target = (parts.hostname, parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}"))
        self._mutex = Lock()
        self._open: list[socket.socket] = []
        self._cut: Cut | None = None
        Thread(target=self._accept, daemon=True).start()

    def cut(self, way: str, number: int, *, arrives: bool) -> Cut:
        """`number` counts from 1, over all connections."""
        with self._mutex:
            self._cut = Cut(way, number, arrives)
            return self._cut

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                database = socket.create_connection(self._target)
                with self._mutex:
                    self._open += [client, database]
                Thread(target=self._pass_on, args=(client, database, TO_DATABASE), daemon=True).start()
                Thread(target=self._pass_on, args=(database, client, FROM_DATABASE), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, way: str) -> None:
        with suppress(OSError):
            while piece := source.recv(CHUNK):
                cut = self._reached(way)
                if cut is None or cut.arrives:
                    target.sendall(piece)
                if cut is not None:
                    self._break()
                    return
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _reached(self, way: str) -> Cut | None:
        with self._mutex:
            cut = self._cut
            if cut is None or cut.done or cut.way != way:
                return None
            cut.passed += 1
            cut.done = cut.passed == cut.number
            return cut if cut.done else None

    def _break(self) -> None:
        with self._mutex:
            broken, self._open = self._open, []
        for end in broken:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self._listener.close()
        self._break()


@contextmanager
def cut_wire(url: str) -> Iterator[CutWire]:
    wire = CutWire(url)
    try:
        yield wire
    finally:
        wire.close()
