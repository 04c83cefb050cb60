"""What changes, told as it happens: server-sent events."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.types import Receive, Scope, Send

from api.access import ReadsEffective
from api.deps import Cases, StrictRoute
from api.rest.effective import Environment
from api.rest.examples import responses
from api.streams import SEND, STREAM, Streams
from domain.configs.scope import GLOBAL

router = APIRouter(prefix="/api", tags=["effective"], route_class=StrictRoute)

EVENTS = """id: 1042
event: reset
data: {"position":1042,"epoch":1,"log":"3f1c6f0e-58a4-4e0e-8a53-0b4c7f2f0b9e","reason":"connected"}

id: 1078
event: changed
data: {"position":1078,"scopes":["collection:c-9"],"types":["chunking"]}

"""
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Events, as they happen.", "content": {"text/event-stream": {"example": EVENTS}}},
    **responses(400, 404),
}
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # the second: nginx passes on what comes
LAST_HEARD = "The id of the last event that was heard: the stream goes on from there where all since then is known."
EPOCH = "The epoch that it was heard in; needed once the log was restored."
SECONDS = "End the stream after so many seconds; 0 tells only what was missed."


@router.get("/stream", operation_id="stream", response_class=Response, responses=ANSWERS)
async def stream(
    request: Request,
    cases: Cases,
    access: ReadsEffective,
    environment: Environment = None,
    seconds: Annotated[float | None, Query(ge=0, le=86_400, description=SECONDS)] = None,
    last_event_id: Annotated[str | None, Header(max_length=100, description=LAST_HEARD)] = None,
    varve_epoch: Annotated[int | None, Header(description=EPOCH)] = None,
) -> Response:
    """What changes in an environment, as it happens.

    `changed` names the scopes and types; after `reset` anything may have changed, which is so at the beginning too.
    """
    place = cases.default_environment if environment is None else environment
    access.to(place, GLOBAL)
    cases.catalogs.current().require_environment(place)
    streams: Streams = request.app.state.streams
    epoch = cases.store.identity.epoch
    after = heard_up_to(last_event_id) if (varve_epoch or 1) == epoch else None
    return EventStream(streams.open(access.principal, place, after=after), streams.position, seconds=seconds)


def heard_up_to(last_event_id: str | None) -> int | None:
    """A position; None for what no event of ours had as its id."""
    text = last_event_id or ""
    return int(text) if text.isascii() and text.isdigit() else None


class Tells(Protocol):
    """What is sent piece by piece: nothing at all when it is over."""

    async def next(self) -> bytes: ...

    def end(self) -> None: ...

    def close(self) -> None: ...


class EventStream(Response):
    """Goes on until the client leaves, its key is good no more, or the server stops."""

    media_type = "text/event-stream"

    def __init__(self, stream: Tells, position: int, *, seconds: float | None) -> None:
        self._stream = stream
        self._seconds = seconds
        super().__init__(headers={**HEADERS, "Varve-Position": str(position)})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[STREAM] = self._stream
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            # What the layers between add to an answer is in its head.
            await self._last(receive, scope.get(SEND, send))
        finally:
            self._stream.close()

    async def _last(self, receive: Receive, send: Send) -> None:
        """Waits for the end, and tells from a task: it would wake all the layers of a request, which lie below this."""
        telling = asyncio.create_task(self._tell(send))
        loop, seconds = asyncio.get_running_loop(), self._seconds
        ending = None if seconds is None else loop.call_later(seconds, self._stream.end)
        try:
            while (await receive())["type"] != "http.disconnect":  # it is told of an answer's end too
                continue
        finally:
            telling.cancel()
            if ending is not None:
                ending.cancel()

    async def _tell(self, send: Send) -> None:
        try:
            while chunk := await self._stream.next():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            await send({"type": "http.response.body", "body": b""})
