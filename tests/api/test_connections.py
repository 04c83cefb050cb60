"""Clients that take their time, at a real socket: each is cut off, and nobody else has to wait.

The times of the server are shortened; `tests/faults/slow_clients.py` takes the real ones, and a thousand connections.
"""

from __future__ import annotations

import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from threading import Event
from typing import Any

import pytest
import uvicorn

from api import connections
from api.connections import MAX_HEAD, Connection, allow_many_connections, most_connections
from tests.api.conftest import Client

MANY = 40
PATIENCE_SECONDS = 5.0  # of the test
HEAD = b"POST /api/runtime-configs/ HTTP/1.1\r\nHost: v\r\nContent-Type: application/json\r\n"
LARGE = 20_000_000
LEFT = Event()  # somebody who was being answered has gone, and it was noticed


class Hasty(Connection):
    HEAD_SECONDS = 0.4
    TAKING_SECONDS = 0.4
    LOOK_SECONDS = 0.1


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The service, except where a very large answer is asked for."""
    if scope["type"] == "http" and scope["path"] == "/large":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * LARGE})
    elif scope["type"] == "http" and scope["path"] == "/endless":
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        LEFT.set()
    else:
        await service(scope, receive, send)


service: Any = None


@pytest.fixture
def address(api: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Where a server listens that waits for little; it runs in the loop of the service."""
    monkeypatch.setattr("api.parsing.STALL_SECONDS", 0.4)
    monkeypatch.setattr("api.parsing.BODY_SECONDS", 1.2)
    monkeypatch.setattr(f"{__name__}.service", api.app)
    config = uvicorn.Config(application, http=Hasty, loop="asyncio", ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    assert api.portal is not None
    with closing(socket.create_server(("127.0.0.1", 0), backlog=512)) as listener:
        running = api.portal.start_task_soon(server._serve, [listener])
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()
        server.should_exit = True
        running.result(PATIENCE_SECONDS)


class Caller:
    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def says(self, data: bytes) -> Caller:
        self._socket.sendall(data)
        return self

    def hears(self) -> bytes:
        """Everything until the server closes; raises TimeoutError where it does not."""
        found = b""
        try:
            while piece := self._socket.recv(65536):
                found += piece
        except ConnectionResetError:
            return found
        return found

    def hears_one(self) -> bytes:
        """One answer; the server does not close."""
        found = b""
        while not found.endswith(b"}"):
            found += self._socket.recv(65536)
        return found

    def hangs_up(self) -> None:
        """At once: what was not read yet is thrown away, and the server hears of a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def takes(self, size: int) -> int:
        """How much has come, and at most so much."""
        return len(self._socket.recv(size))

    def dribbles(self, data: bytes, *, every: float) -> bytes:
        """The answer, if one comes while the data is sent byte by byte."""
        for byte in data:
            try:
                self._socket.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(every)
        return self.hears()


Call = Callable[..., Caller]


@pytest.fixture
def call(address: tuple[str, int]) -> Iterator[Call]:
    """Makes callers, and hangs up for them at the end."""
    with ExitStack() as stack:

        def caller(*, buffer: int | None = None) -> Caller:
            connection = stack.enter_context(socket.socket())
            if buffer:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            connection.settimeout(PATIENCE_SECONDS)
            connection.connect(address)
            return Caller(connection)

        yield caller


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def seconds_of(act: Any) -> tuple[Any, float]:
    began = time.monotonic()
    return act(), time.monotonic() - began


def test_who_says_nothing_is_cut_off(call: Call) -> None:
    heard, seconds = seconds_of(call().hears)
    assert heard == b""
    assert 0.2 < seconds < 2


@pytest.mark.parametrize(
    "head", [b"GET /health/live HTTP/1.1\r\n" + b"x-a: b\r\n" * 40, b"\r\n" * 100, b"GET /" + b"a" * 200]
)
def test_a_head_that_does_not_end_is_cut_off_however_it_dribbles(call: Call, head: bytes) -> None:
    caller = call()
    heard, seconds = seconds_of(lambda: caller.dribbles(head, every=0.05))
    assert (status(heard), b"connection: close" in heard.lower()) == (408, True)
    assert 0.2 < seconds < 3


def test_the_head_of_a_later_request_has_to_come_in_time_too(call: Call) -> None:
    caller = call().says(b"GET /health/live HTTP/1.1\r\nHost: v\r\n\r\n")
    assert status(caller.hears_one()) == 200
    assert status(caller.says(b"GET /health/li").hears()) == 408


def test_a_body_that_stalls_is_cut_off(call: Call) -> None:
    heard, seconds = seconds_of(call().says(HEAD + b"Content-Length: 100\r\n\r\n{").hears)
    assert (status(heard), b'"timeout"' in heard) == (408, True)
    assert 0.3 < seconds < 2


def test_a_body_that_never_stalls_has_to_come_in_time_all_the_same(call: Call) -> None:
    caller = call().says(HEAD + b"Content-Length: 1000\r\n\r\n")
    heard, seconds = seconds_of(lambda: caller.dribbles(b" " * 1000, every=0.1))
    assert status(heard) == 408
    assert 1 < seconds < 3


def test_a_body_that_goes_on_after_it_was_refused_is_cut_off(call: Call) -> None:
    caller = call().says(HEAD + b"Content-Length: 99999999\r\n\r\n")
    heard, seconds = seconds_of(lambda: caller.dribbles(b" " * 1000, every=0.05))
    assert heard == b"" or status(heard) == 413  # the answer may be lost where the connection is reset
    assert seconds < 3


def test_who_does_not_read_the_answer_is_cut_off(call: Call) -> None:
    caller = call(buffer=4096).says(b"GET /large HTTP/1.1\r\nHost: v\r\n\r\n")
    time.sleep(2)
    assert len(caller.hears()) < LARGE


def test_who_reads_slowly_gets_the_whole_answer(call: Call) -> None:
    caller = call().says(b"GET /large HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n")
    found = 0
    for _ in range(15):
        time.sleep(0.1)
        found += caller.takes(100_000)
    assert found + len(caller.hears()) > LARGE


def test_a_connection_that_is_used_goes_on(call: Call) -> None:
    caller = call()
    for _ in range(12):
        caller.says(b"GET /health/live HTTP/1.1\r\nHost: v\r\n\r\n")
        assert status(caller.hears_one()) == 200
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET /" + b"a" * MAX_HEAD + b" HTTP/1.1\r\nHost: v\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: v\r\nX: " + b"a" * MAX_HEAD + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500_000, 431),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n" + b"a: b\r\n" * 500_000, 431),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 3_000_000, 431),
        (b"nonsense\r\n\r\n", 400),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n{}", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ],
    ids=["address", "header", "headers", "trailers", "chunk extension", "nonsense", "two lengths", "negative", "chunk"],
)
def test_what_is_no_request_is_refused_as_everything_is(call: Call, request_: bytes, expected: int) -> None:
    caller = call()
    with suppress(OSError):  # the server may have closed already
        caller.says(request_)
    heard = caller.hears()
    if heard or len(request_) < MAX_HEAD * 2:  # while much is still sent, a reset may be all that is heard
        assert (status(heard), b"application/problem+json" in heard) == (expected, True)


def test_a_later_request_has_no_more_room_than_the_first(call: Call) -> None:
    caller = call().says(b"GET /health/live HTTP/1.1\r\nHost: v\r\n\r\n")
    assert status(caller.hears_one()) == 200
    with suppress(OSError):
        caller.says(b"GET /" + b"a" * (2 * MAX_HEAD))
    assert status(caller.hears()) == 431


def test_one_byte_in_a_chunk_is_a_body_all_the_same(call: Call) -> None:
    text = b'{"config_type": "chunking", "name": "n", "config_data": {}' + b" " * 70_000 + b"}"
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in text)
    caller = call().says(HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert status(caller.hears()) == 201


def test_who_hangs_up_with_requests_waiting_is_forgotten(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    LEFT.clear()
    caller = call().says(b"GET /endless HTTP/1.1\r\nHost: v\r\n\r\n" * 3)
    assert caller.takes(1) == 1
    caller.hangs_up()
    assert LEFT.wait(PATIENCE_SECONDS)
    assert [record.message for record in caplog.records if record.name == "uvicorn.error"] == []


def test_many_slow_clients_of_every_kind_keep_nobody_waiting(call: Call) -> None:
    slow = [call().says(b"GET / HTTP/1.1\r\nX: ") for _ in range(MANY)]
    slow += [call().says(HEAD + b"Content-Length: 100\r\n\r\n{") for _ in range(MANY)]
    slow += [call(buffer=4096).says(b"GET /large HTTP/1.1\r\nHost: v\r\n\r\n") for _ in range(5)]
    for _ in range(20):
        asked = call().says(b"GET /health/ready HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n")
        heard, seconds = seconds_of(asked.hears)
        assert (status(heard), seconds < 1) == (200, True)
        time.sleep(0.1)
    assert {status(one.hears()) for one in slow[: 2 * MANY]} == {408}


def test_there_are_no_more_connections_than_the_store_leaves_files_for(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 3)
    kept = [call() for _ in range(3)]
    time.sleep(0.1)
    assert call().hears() == b""
    assert status(kept[0].says(b"GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n").hears()) == 200


def test_the_soft_limit_of_open_files_is_raised_to_the_hard_one() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, before[1]), before[1]))
        allow_many_connections()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_most_open_files_are_for_connections() -> None:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 0.5 * files <= most_connections.__wrapped__() < files
