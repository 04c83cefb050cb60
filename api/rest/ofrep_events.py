"""The stream of changes as OFREP 0.3 has it: for one context, and without a word about what changed."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Header, Query, Request, Response

from api.access import ReadsEffective
from api.deps import Cases, StrictRoute
from api.ofrep import EVENTS
from api.rest.effective import Environment
from api.rest.examples import ofrep_responses
from api.rest.stream import LAST_HEARD, SECONDS, EventStream, heard_up_to
from api.streams import COMMENT, Stream, Streams
from domain.configs.scope import Context, Scope

router = APIRouter(tags=["openfeature"], route_class=StrictRoute)

EXAMPLE = """id: 1078
data: {"type":"refetchEvaluation","etag":"1078"}

"""
ANSWERS: dict[int | str, dict[str, Any]] = {
    **ofrep_responses(404, ok={}),
    200: {
        "description": "An event whenever flags may have changed.",
        "content": {"text/event-stream": {"example": EXAMPLE}},
    },
}
LAYERS = ("profile:", "experiment:")
Scopes = Annotated[list[str], Query(max_length=150, description="The scopes of the context, as kind:id.")]


@router.get(EVENTS, operation_id="flag_events", response_class=Response, responses=ANSWERS)
async def flag_events(
    request: Request,
    cases: Cases,
    access: ReadsEffective,
    environment: Environment = None,
    scope: Scopes = [],
    seconds: Annotated[float | None, Query(ge=0, le=86_400, description=SECONDS)] = None,
    last_event_id: Annotated[str | None, Header(max_length=100, description=LAST_HEARD)] = None,
) -> Response:
    """Tells when to ask for all flags of a context again. `eventStreams` of an answer has the address."""
    place = cases.default_environment if environment is None else environment
    context = Context.checked(place, scopes=[Scope.parse(one) for one in scope])
    access.to_context(context)
    cases.catalogs.current().require_environment(place)
    streams: Streams = request.app.state.streams
    stream = streams.open(access.principal, place, after=heard_up_to(last_event_id))
    touching = frozenset(map(str, context.scopes(cases.catalogs.current().ladder)))
    return EventStream(Refetching(stream, touching), streams.position, seconds=seconds)


def streams_of(context: Context, *, root: str) -> list[dict[str, Any]]:
    """What an answer says of where its changes are told; the origin is that of the request, as the caller knows it."""
    scopes = [Scope("user", context.user_id)] if context.user_id is not None else []
    scopes += [Scope("collection", one) for one in context.collection_ids]
    asked = [("environment", context.environment), *(("scope", str(one)) for one in (*scopes, *context.others))]
    return [{"type": "sse", "endpoint": {"requestUri": f"{root}{EVENTS}?{urlencode(asked)}"}}]


class Refetching:
    """A stream whose changes are told as one event, and only those that may touch a context."""

    def __init__(self, stream: Stream, touching: frozenset[str]) -> None:
        self._stream = stream
        self._touching = touching

    async def next(self) -> bytes:
        chunk = await self._stream.next()
        return self._told(chunk) if chunk and chunk != COMMENT else chunk

    def _told(self, chunk: bytes) -> bytes:
        """In the place of what does not matter stands a comment, so that the stream is never silent for long."""
        lines = (line for line in chunk.split(b"\n") if line.startswith(b"data: "))
        events = [orjson.loads(line.removeprefix(b"data: ")) for line in lines]
        touching = [one["position"] for one in events if self._touches(one)]
        return refetch(max(touching)) if touching else COMMENT

    def _touches(self, event: dict[str, Any]) -> bool:
        """After a reset anything may have changed; and whose profiles and experiments these are is not known here."""
        scopes = event.get("scopes")
        return scopes is None or any(one in self._touching or one.startswith(LAYERS) for one in scopes)

    def end(self) -> None:
        self._stream.end()

    def close(self) -> None:
        self._stream.close()


def refetch(position: int) -> bytes:
    """The etag comes back as flagConfigEtag, so that whichever server answers is not behind the event."""
    return b'id: %d\ndata: {"type":"refetchEvaluation","etag":"%d"}\n\n' % (position, position)
