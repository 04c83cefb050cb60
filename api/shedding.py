"""More is asked than can be answered: who would wait too long is told so, and the rest is answered in time."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import refusal_response
from domain.errors import Overloaded

WAIT_SECONDS = 2.0
NEVER_SHED = ("/health/", "/metrics")  # what an operator looks at when there is too much


class Shedding:
    """Lets in as many requests as there are threads, in the order in which they came.

    A place is held until the answer begins: sending it takes no thread, so that a slow reader, or a stream that goes on
    for days, holds none.
    """

    def __init__(self, app: ASGIApp, *, places: int, wait_seconds: float = WAIT_SECONDS) -> None:
        self._app = app
        self._places = asyncio.Semaphore(places)
        self._wait_seconds = wait_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(NEVER_SHED):
            await self._app(scope, receive, send)
            return
        try:
            await self._enter()
        except TimeoutError:
            detail = "more is asked at once than can be answered: try again in a moment, and wait longer each time"
            await refusal_response(Overloaded(detail))(scope, receive, send)
            return
        await self._answer(scope, receive, send)

    async def _enter(self) -> None:
        if self._places.locked():
            async with asyncio.timeout(self._wait_seconds):
                await self._places.acquire()
        else:
            await self._places.acquire()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        held = True

        def leave() -> None:
            nonlocal held
            if held:
                held = False
                self._places.release()

        async def begun(message: Message) -> None:
            leave()
            await send(message)

        try:
            await self._app(scope, receive, begun)
        finally:
            leave()
