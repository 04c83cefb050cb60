"""Effective reads that were answered before: from kept bytes, before the framework, without a thread."""

from __future__ import annotations

from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from application.ports import Answer, Progress
from domain.access.principal import Principal
from domain.access.roles import GRANTS

PREFIX = "/api/runtime-configs/effective"
WARM = "varve.warm"  # in the scope of a request that was answered here
# A request with one of these asks for more than the kept bytes can say; it takes the long way.
LONG_WAY = frozenset((b"varve-min-position", b"expect"))


def reads(principal: Principal, answer: Answer) -> bool:
    """Whether it may have the answer whatever it is about; who is bound takes the long way."""
    role = principal.role_in(answer.environment)
    return role is not None and answer.action in GRANTS[role] and not principal.is_bound


class Kept(Protocol):
    kept: dict[tuple[bytes, bytes], Answer]
    hits: int


class HotPath:
    """`connect` gives it the answers once the store is open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: Kept | None = None
        self._answers: dict[tuple[bytes, bytes], Answer] = {}
        self._progress: Progress | None = None
        self._epoch = b"1"

    def connect(self, answers: Kept, progress: Progress, *, epoch: int) -> None:
        self._kept, self._answers = answers, answers.kept
        self._progress = progress
        self._epoch = str(epoch).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX):
            answer = self._answers.get((scope["raw_path"], scope["query_string"]))
            if answer is not None and reads(scope["state"]["principal"], answer):
                asked = self._etag_asked(scope)
                if asked is not None:
                    scope[WARM] = True
                    await self._send(answer, asked, send)
                    return
        await self._app(scope, receive, send)

    def _etag_asked(self, scope: Scope) -> bytes | None:
        """The If-None-Match of a request, b"" where it has none; None where it must take the long way."""
        asked = b""
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                asked = value
            elif name in LONG_WAY:
                return None
        return asked

    async def _send(self, answer: Answer, asked: bytes, send: Send) -> None:
        assert self._progress is not None
        assert self._kept is not None
        self._kept.hits += 1
        # Nothing it rests on has changed up to where the views are, so it is true there too.
        position = str(max(answer.position, self._progress.visible)).encode()
        headers = [
            (b"etag", answer.etag),
            (b"varve-position", position),
            (b"varve-epoch", self._epoch),
            (b"cache-control", b"no-cache"),
        ]
        if asked and (answer.etag in asked or asked.strip() == b"*"):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        body = answer.head + position + answer.tail
        headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
