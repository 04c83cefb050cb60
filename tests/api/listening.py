"""Somebody who listens to a stream at a real socket."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

import uvicorn

from api.connections import Connection
from tests.api.conftest import Client

PATIENCE_SECONDS = 10.0


class Event(NamedTuple):
    id: int
    event: str
    data: dict[str, Any]


class Listening:
    """A stream that was asked for; `response` is its head. All of them are closed by `leave_all`."""

    open: ClassVar[list[Listening]] = []

    def __init__(
        self, address: str, *, path: str = "/api/stream", key: str | None = None,
        headers: dict[str, str] | None = None, **query: Any,
    ) -> None:  # fmt: skip
        self._connection = HTTPConnection(address.removeprefix("http://"), timeout=PATIENCE_SECONDS)
        credential = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._connection.request(
            "GET", f"{path}?{urlencode(query, doseq=True)}", headers={**credential, **(headers or {})}
        )
        self.response: HTTPResponse = self._connection.getresponse()
        Listening.open.append(self)

    def line(self) -> str:
        """The next line; raises TimeoutError where none comes, EOFError where the stream has ended."""
        found = self.response.readline()
        if not found:
            raise EOFError
        return found.decode().rstrip("\n")

    def event(self) -> Event:
        """The next event; comments are passed over."""
        told: dict[str, str] = {}
        while (line := self.line()) or not told:
            name, _, value = line.partition(":")
            if name:
                told[name] = value.strip()
        return Event(int(told["id"]), told["event"], json.loads(told["data"]))

    def events(self) -> Iterator[Event]:
        """Every event until the stream ends."""
        try:
            while True:
                yield self.event()
        except EOFError:
            return

    def leave(self) -> None:
        self.response.close()
        self._connection.close()

    @classmethod
    def leave_all(cls) -> None:
        while cls.open:
            cls.open.pop().leave()


@contextmanager
def at_socket(client: Client) -> Iterator[str]:
    """The address of the client's service, which listens for real; it runs in the service's own loop."""
    config = uvicorn.Config(client.app, http=Connection, loop="asyncio", ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    assert client.portal is not None
    with closing(socket.create_server(("127.0.0.1", 0), backlog=512)) as listener:
        running = client.portal.start_task_soon(server._serve, [listener])
        while not server.started:
            time.sleep(0.01)
        host, port = listener.getsockname()
        try:
            yield f"http://{host}:{port}"
        finally:
            Listening.leave_all()
            server.should_exit = True
        running.result(PATIENCE_SECONDS)
