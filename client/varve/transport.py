"""HTTP: one request, or a stream, with the key. Everything that can go wrong becomes an Unavailable."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from varve.errors import NotVarve, Unreachable
from varve.version import VERSION

if TYPE_CHECKING:
    import urllib3

LONGEST_BODY = 128 * 1024 * 1024
PIECE = 64 * 1024
CONNECTIONS = 4


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Raises NotVarve for what is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise NotVarve(f"JSON was expected, not {self.body[:60]!r}") from error


class Transport:
    """urllib3 is imported with the first request: an application that never reads does not wait for it."""

    def __init__(self, url: str, *, api_key: str | None, connect_seconds: float) -> None:
        self._url = checked_url(url)
        self._connect_seconds = connect_seconds
        self._headers = {"User-Agent": f"varve-python/{VERSION}"}
        if api_key is not None:
            self._headers["Authorization"] = f"Bearer {checked_key(api_key)}"
        self._made: urllib3.PoolManager | None = None
        self._making = threading.Lock()

    def post(self, path: str, body: object, *, seconds: float, headers: Mapping[str, str] | None = None) -> Reply:
        """The answer, whatever its status, within about these seconds. Raises Unreachable."""
        sent = {**self._headers, "Content-Type": "application/json", **(headers or {})}
        text = json.dumps(body, separators=(",", ":")).encode()
        deadline = time.monotonic() + seconds
        with self._opened("POST", path, sent, seconds=seconds, body=text) as response:
            read = whole(response, deadline)
            return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, read)

    @contextmanager
    def stream(self, path: str, *, seconds: float) -> Iterator[Stream]:
        """An answer that does not end. It may be silent for these seconds, until `allow_silence` says otherwise."""
        sent = {**self._headers, "Accept": "text/event-stream", "Cache-Control": "no-cache"}
        with self._opened("GET", path, sent, seconds=seconds) as response:
            yield Stream(response)

    @contextmanager
    def _opened(
        self, method: str, path: str, headers: Mapping[str, str], *, seconds: float, body: bytes | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        import urllib3  # noqa: PLC0415 - see the class

        timeout = urllib3.Timeout(connect=min(seconds, self._connect_seconds), read=seconds)
        response: urllib3.BaseHTTPResponse | None = None
        try:
            with faults_told():
                response = self._requested(method, path, body=body, headers=headers, timeout=timeout)
            yield response
        finally:
            if response is not None:
                response.close()

    def _requested(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """A connection that was kept may have been ended by the service just now: then a new one is tried, once."""
        import urllib3  # noqa: PLC0415 - see the class

        options |= {"preload_content": False, "redirect": False, "retries": False}
        try:
            return self._pool().request(method, self._url + path, **options)
        except urllib3.exceptions.ProtocolError:
            return self._pool().request(method, self._url + path, **options)

    def _pool(self) -> urllib3.PoolManager:
        import urllib3  # noqa: PLC0415 - see the class

        with self._making:
            if self._made is None:
                self._made = urllib3.PoolManager(num_pools=1, maxsize=CONNECTIONS)
            return self._made

    def close(self) -> None:
        if self._made is not None:
            self._made.clear()


class Stream:
    """The body of an answer that does not end."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.content_type = response.headers.get("Content-Type", "")

    def pieces(self) -> Iterator[bytes]:
        """What has come, as it comes. Raises Unreachable."""
        while piece := self._piece():
            yield piece

    def _piece(self) -> bytes:
        with faults_told():
            return self._response.read1(PIECE)

    def allow_silence(self, seconds: float) -> None:
        socket = getattr(self._response.connection, "sock", None)
        if socket is not None:  # a server of HTTP/1.0 has taken it away: then it stays as it is
            socket.settimeout(seconds)

    def cut(self) -> None:
        """End it from another thread."""
        try:
            self._response.shutdown()
        except (ValueError, RuntimeError, OSError):
            return  # it has ended already

    def forget(self) -> None:
        """In a forked process: let go of the connection, which is the parent's, without a word to the service.

        Not by closing the response: its lock may be held by a thread that is not here.
        """
        socket = getattr(self._response.connection, "sock", None)
        if socket is not None and (number := socket.detach()) >= 0:
            os.close(number)


def whole(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The body. A server that sends byte after byte, each in time, does not get more time for it."""
    pieces: list[bytes] = []
    size = 0
    for piece in Stream(response).pieces():
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > deadline:
            raise Unreachable("the answer did not end in time")
        if size > LONGEST_BODY:
            raise Unreachable("the answer does not end")
    return b"".join(pieces)


@contextmanager
def faults_told() -> Iterator[None]:
    """What the network and its libraries raise becomes an Unreachable."""
    from http.client import HTTPException  # noqa: PLC0415 - see Transport

    import urllib3  # noqa: PLC0415

    try:
        yield
    except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error


def checked_url(url: object) -> str:
    """Raises TypeError or ValueError for what is no address of a service."""
    if not isinstance(url, str):
        raise TypeError(f"url: a string is needed, not {type(url).__name__}")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"url: an address such as http://127.0.0.1:8000 is needed, not {url!r}")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("url: the address of a service has no ?, no # and no user: a key goes in api_key")
    return url.rstrip("/")


def checked_key(api_key: object) -> str:
    if not isinstance(api_key, str) or not api_key.isascii() or not api_key.isprintable() or not api_key.strip():
        raise ValueError("api_key: the key as it was printed is needed, one line of ASCII")
    return api_key.strip()
