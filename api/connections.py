"""Connections as the server keeps them: a client that takes too long, or sends too much around its request, is cut off.

What uvicorn leaves open: a head may take for ever and be of any size, and an answer that nobody reads waits for ever.
Bodies are timed where they are read (`api/parsing.py`).
"""

from __future__ import annotations

import asyncio
import fcntl
import resource
import sys
import termios
from functools import cache
from typing import Any, ClassVar

from starlette.responses import Response
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from api.errors import problem, refusal_response
from api.streams import STREAM
from domain.errors import InvalidRequest, TimedOut

MAX_HEAD = 64 * 1024
FRAMING = 6  # bytes of the connection for one of a body, at most: a chunk of a single byte has six
FILES_OF_THE_STORE = 256  # open files that are no connections: databases, logs


class Connection(HttpToolsProtocol):
    """Looks after itself once a second, which costs a request nothing."""

    HEAD_SECONDS: ClassVar[float] = 10.0
    TAKING_SECONDS: ClassVar[float] = 30.0
    TAKING_BYTES: ClassVar[int] = 8192  # less in that time, while more waits, is as good as nothing
    LOOK_SECONDS: ClassVar[float] = 1.0

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._next_look: asyncio.TimerHandle | None = None
        self._around = 0  # bytes of the request under way that are not its body
        self._running: RequestResponseCycle | None = None  # the request that is answered; others may wait behind it
        self._in_head = False
        self._head_is_too_large = False
        self._awaited_after: object = None  # the last request, none at first, and how long the next is awaited
        self._awaited_seconds = 0.0
        self._unread = 0  # bytes of answers that wait, and for how long they have hardly become fewer
        self._unread_seconds = 0.0

    def shutdown(self) -> None:
        """A stream would keep the server from stopping for as long as somebody listens."""
        super().shutdown()
        stream: Any = self._running.scope.get(STREAM) if self._running is not None else None
        if stream is not None:
            stream.end()

    # What arrives.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            transport.abort()
            return
        self._next_look = self.loop.call_later(self.LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
        self.flow.read_paused = False  # what is gone cannot be read from again, and says so loudly
        self.pipeline.clear()
        if self._running is not None:  # uvicorn tells the last request only, which may be another
            self._running.disconnected = not self._running.response_complete
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._around += len(data)
        super().data_received(data)
        request = self._request()
        if not self._in_head and request is not None and not request.more_body:
            self._around = 0
        elif self._around > MAX_HEAD and not self.transport.is_closing():
            self._end_with(head_too_large())

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._around > MAX_HEAD and self._head_size() > MAX_HEAD:
            self._head_is_too_large = True
            raise ValueError("the head is too large")  # ends the parser, which is answered below
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._around -= FRAMING * len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- uvicorn's words
        """What is no HTTP is told as anything else is."""
        told = InvalidRequest("this is not a request of HTTP/1.1 as it can be read in one way only")
        self._end_with(head_too_large() if self._head_is_too_large else refusal_response(told))

    def _request(self) -> RequestResponseCycle | None:
        """The request under way, or the last one; None before the first, which uvicorn's annotation does not say."""
        return self.cycle

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _end_with(self, answer: Response) -> None:
        """Answer and close; only close where another answer has begun."""
        running = self._running
        if running is None or running.response_complete or not (running.response_started or self.pipeline):
            lines = [STATUS_LINE[answer.status_code], *(b"%b: %b\r\n" % pair for pair in answer.raw_headers)]
            self.transport.write(b"".join((*lines, b"connection: close\r\n\r\n", bytes(answer.body))))
        self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    # What does not.

    def _look(self) -> None:
        self._next_look = self.loop.call_later(self.LOOK_SECONDS, self._look)
        if self._taking_too_long():
            self.transport.abort()
        elif self._head_is_late() and not self.transport.is_closing():
            if self._around == 0:
                self.transport.close()  # nothing was asked, so there is nothing to answer
            else:
                self._end_with(refusal_response(TimedOut(f"the request was not whole after {self.HEAD_SECONDS:g} s")))

    def _head_is_late(self) -> bool:
        """Whether a head, or the rest of a body that was answered before its end, has taken too long."""
        request = self._request()
        answered = request is None or request.response_complete
        if answered and self.timeout_keep_alive_task is None and self._awaited_after is request:
            self._awaited_seconds += self.LOOK_SECONDS
        else:  # a request is under way, or the next has not begun, which uvicorn gives five seconds
            self._awaited_after, self._awaited_seconds = request, 0.0
        return self._awaited_seconds >= self.HEAD_SECONDS

    def _taking_too_long(self) -> bool:
        waiting = not_taken(self.transport)
        if waiting == 0 or waiting > self._unread or self._unread - waiting >= self.TAKING_BYTES:
            self._unread, self._unread_seconds = waiting, 0.0
            return False
        self._unread_seconds += self.LOOK_SECONDS
        return self._unread_seconds >= self.TAKING_SECONDS


def not_taken(transport: asyncio.Transport) -> int:
    """The bytes that the other side has not taken, as long as not all of them are with the operating system.

    Its part counts: it asks for more only when much of it is gone, and then a steady reader seems to stand still.
    """
    here = transport.get_write_buffer_size()
    if here == 0:
        return 0
    try:
        passed_on = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:  # the connection is gone, or this system does not tell
        return here
    return here + int.from_bytes(passed_on, sys.byteorder)


def head_too_large() -> Response:
    detail = f"address and headers may have {MAX_HEAD // 1024} KiB together: shorten them"
    return problem(431, code="head_too_large", title="Head too large", detail=detail)


@cache
def most_connections() -> int:
    """As many as there may be open files, without those of the store."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1_000_000 if files == resource.RLIM_INFINITY else max(files - FILES_OF_THE_STORE, files // 2)


def allow_many_connections() -> None:
    """Raise the soft limit of open files to the hard one, before connections are made."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):
        return  # some systems promise more than they give
