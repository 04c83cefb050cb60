"""Bodies are read whole, within limits, and parsed strictly before the framework sees them."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote_to_bytes

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem, refusal_response
from domain.errors import Refusal, TimedOut, TooLarge
from domain.strict_json import parse

MAX_BODY, MAX_IMPORT = 1024 * 1024, 32 * 1024 * 1024
MAX_IMPORT_NODES = 2_000_000
STALL_SECONDS = 10.0  # from one piece of a body to the next
BODY_SECONDS, IMPORT_SECONDS = 60.0, 300.0  # for a whole one
AT_ONCE = 64 * 1024  # what is larger is parsed in a thread, so that nobody waits for it
IMPORTS = "/api/imports"
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Disconnected(Exception):
    """The caller went away before the whole body was here."""


class StrictBodies:
    """Refuses what JSON leaves open (duplicate keys, NaN, numbers that change, …); `varve_body` is the parsed value."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._parser = CapacityLimiter(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in METHODS:
            await self._app(scope, receive, send)
            return
        imports = scope["path"] == IMPORTS
        try:
            limits = (MAX_IMPORT, IMPORT_SECONDS) if imports else (MAX_BODY, BODY_SECONDS)
            body = await read_body(scope, receive, limit=limits[0], seconds=limits[1])
            scope.setdefault("state", {})["varve_body"] = await self._parsed(scope, body, imports=imports)
        except Disconnected:
            return
        except (Refusal, UnsupportedMedia) as refusal:
            await refused(refusal)(scope, receive, send)
            return
        await self._app(scope, replayed(body, receive), send)

    async def _parsed(self, scope: Scope, body: bytes, *, imports: bool) -> Any:
        if not body:
            return None
        if header(scope, b"content-encoding").strip().lower() not in (b"", b"identity"):
            raise UnsupportedMedia("send the body as it is, without Content-Encoding")
        if not is_json(header(scope, b"content-type")):
            raise UnsupportedMedia("send JSON in UTF-8, with Content-Type: application/json")
        if len(body) > AT_ONCE:
            return await anyio.to_thread.run_sync(parsed, body, imports, limiter=self._parser)
        return parsed(body, imports)


def parsed(body: bytes, imports: bool) -> Any:  # noqa: FBT001 -- a thread is given arguments by place
    if imports:
        return parse(body, max_bytes=MAX_IMPORT, max_nodes=MAX_IMPORT_NODES)
    return parse(body)


class ParsedRequest(Request):
    """What the framework is given: it need not parse the body again."""

    async def json(self) -> Any:
        return self.scope["state"]["varve_body"]


class UnsupportedMedia(Exception):
    """A body that does not say that it is JSON in UTF-8, or is packed: a little of it may become very much.

    One that says nothing is refused too: a page of another site can make a browser send it without asking first.
    """


def refused(refusal: Refusal | UnsupportedMedia) -> Response:
    if isinstance(refusal, UnsupportedMedia):
        return problem(415, code="unsupported_media_type", title="Unsupported media type", detail=str(refusal))
    answer = refusal_response(refusal)
    if isinstance(refusal, TimedOut):
        answer.headers["Connection"] = "close"  # or the rest of the body would be waited for
    return answer


def is_json(content_type: bytes) -> bool:
    media, *parameters = (part.strip().lower() for part in content_type.split(b";"))
    charsets = {one.removeprefix(b"charset=").strip(b'"') for one in parameters if one.startswith(b"charset=")}
    return media == b"application/json" and charsets <= {b"utf-8", b"utf8"}


async def read_body(scope: Scope, receive: Receive, *, limit: int, seconds: float) -> bytes:
    """The whole body. Raises TooLarge before more than `limit` bytes are held; TimedOut where it does not come."""
    declared = header(scope, b"content-length")
    if declared.isdigit() and int(declared[:20]) > limit:
        raise too_large(limit)
    parts, size = [], 0
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while True:
        try:
            async with asyncio.timeout_at(min(ends, loop.time() + STALL_SECONDS)):
                message = await receive()
        except TimeoutError:
            raise late(seconds) from None
        if message["type"] != "http.request":
            raise Disconnected
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise too_large(limit)
        if not message.get("more_body"):
            return b"".join(parts)


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body may have {limit // 1024:,} KiB: send less, or in parts")


def late(seconds: float) -> TimedOut:
    return TimedOut(
        f"the body stalled for {STALL_SECONDS:g} s, or took more than {seconds:g} s: send it again, without pauses"
    )


def replayed(body: bytes, receive: Receive) -> Receive:
    """A receive channel that gives the body once more, and then what the caller does: an answer may take long."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def header(scope: Scope, name: bytes) -> bytes:
    """The value of a header, or b""."""
    value: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return value


def text_of(encoded: bytes) -> str | None:
    """What percent-encoding says; None where that is no text that every store can keep."""
    if not encoded.isascii():
        return None
    try:
        text = unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
