"""What is told of every request: its id, a count, and a line in the log.

Outermost, so that what is refused at the door is told too. Warm reads pass here tens of thousands of times a second:
they are counted, and have a line of their own only at the level debug.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, MutableMapping
from contextvars import ContextVar
from time import perf_counter
from typing import Any
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import STRUCTLOG_KEY_PREFIX

from api import ofrep
from api.errors import PROBLEM_CODE
from api.hot_path import WARM
from api.streams import SEND, STREAM
from api.tallies import Requests

log = structlog.get_logger("access")

# Under a name of structlog's, so that every line has it: its own `bind_contextvars` costs four times as much.
REQUEST: ContextVar[str] = ContextVar(f"{STRUCTLOG_KEY_PREFIX}request_id")
REQUEST_ID = re.compile(rb"[A-Za-z0-9._:=+/-]{1,128}")
TRACE_PARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
WARM_ROUTE = "/api/runtime-configs/effective (kept)"
NO_ROUTE = "none"  # refused before it was known what was asked for, or there is nothing
PROBES = ("/health/", "/metrics")  # machines ask for them again and again
STREAM_PATHS = ("/api/stream", ofrep.EVENTS)
UNPROVEN = (401, 403)


class Telemetry:
    """Every line that is logged while a request is answered carries its id; `requests` has the counts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._own = uuid4().hex[:12]  # of this process
        self._made = 0
        self._tells_warm = False
        self.requests = Requests()

    def connect(self) -> None:
        """Called when the store is open, and with it the level of the log settled."""
        self._tells_warm = bool(log.is_enabled_for(logging.DEBUG))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        request_id = self._id_of(scope)
        header = (b"x-request-id", request_id.encode())
        REQUEST.set(request_id)
        scope.setdefault("state", {})
        scope[SEND] = send
        answer: Message | None = None

        def marked(message: Message) -> Awaitable[None]:  # no coroutine: the caller awaits what `send` gives
            nonlocal answer
            if message["type"] == "http.response.start":
                answer = message
                message["headers"] = [*message["headers"], header]
            return send(message)

        try:
            await self._app(scope, receive, marked)
        finally:
            self._tell(scope, answer, perf_counter() - began)

    def _id_of(self, scope: Scope) -> str:
        """The caller's, or that of the trace it is part of, where it is one; otherwise one of ours."""
        trace = None
        for name, value in scope["headers"]:
            if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
                return str(value, "ascii")
            if name == b"traceparent":
                trace = TRACE_PARENT.fullmatch(value)
        if trace is not None:
            return str(trace[1], "ascii")
        self._made += 1
        return f"{self._own}-{self._made:x}"

    def _tell(self, scope: Scope, answer: Message | None, seconds: float) -> None:
        warm = WARM in scope
        route = WARM_ROUTE if warm else route_of(scope)
        if STREAM not in scope:  # how long somebody listened is not how long an answer took
            self.requests.add(scope["method"], route, answer["status"] if answer else 0, seconds)
        if self._tells_warm or not warm:
            self._log(scope, route, answer, seconds)

    def _log(self, scope: Scope, route: str, answer: Message | None, seconds: float) -> None:
        status, code = answer["status"] if answer else None, scope["state"].get(PROBLEM_CODE)
        if code is not None:
            self.requests.add_problem(code)
        log.log(
            level_of(scope, status),
            "stream" if STREAM in scope else "refused" if status in UNPROVEN else "request",
            actor=actor_of(scope["state"]),
            position=position_of(answer),
            method=scope["method"],
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 3),
            **({"code": code} if code else {}),
        )


def goes_untraced(scope: MutableMapping[str, Any]) -> bool:
    """What is asked for all the time, and what goes on for days."""
    return is_probe(scope) or scope.get("path") in STREAM_PATHS


def is_probe(scope: MutableMapping[str, Any]) -> bool:
    return scope["type"] == "http" and str(scope["path"]).startswith(PROBES)


def level_of(scope: Scope, status: int | None) -> int:
    """Refused callers and failures are warnings; what is asked for all the time is told only to those who debug."""
    if status in UNPROVEN or (status or 500) >= 500:
        return logging.WARNING
    quiet = WARM in scope or (is_probe(scope) and status == 200)
    return logging.DEBUG if quiet else logging.INFO


def route_of(scope: Scope) -> str:
    """The template of the address, which there are few of."""
    route = scope.get("route")
    return NO_ROUTE if route is None else str(route.path_format)


def actor_of(state: dict[str, Any]) -> str | None:
    """Who is known at the door."""
    principal = state.get("principal")
    return None if principal is None else str(principal.name)


def position_of(answer: Message | None) -> int | None:
    """What the answer says it is true at."""
    found = next((value for name, value in answer["headers"] if name == b"varve-position"), None) if answer else None
    return None if found is None else int(found)
