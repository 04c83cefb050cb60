"""The open streams of this process: who hears what, and for how long.

All of it lives in the event loop but `Streams.hear`, which the follower calls from its threads.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import uniform
from typing import NamedTuple, Protocol
from uuid import UUID

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from api.rings import LAGGING, LONGEST_FRAME, Change, Ring, changed, frame
from application.advance import Advance, Hear
from application.authorize import Authorize
from application.ports import Progress
from domain.access.policy import Resource
from domain.access.principal import Principal
from domain.configs.scope import PROCESS, Scope
from domain.errors import Overloaded

SEND = "varve.send"  # in the scope of every request: the server's own, which no layer looks into
STREAM = "varve.stream"  # in the scope of a request that is answered with one
MOST_CLIENTS = 10_000
COMMENT = b":\n\n"
SILENT_SECONDS = (12.0, 14.0)  # until a comment; not the same for all, or all would be written to at once
LOOK_SECONDS = 1.0  # between two looks at who is silent, and who may not listen any more
# Kinds of scope that no context names: whom they touch, a client cannot tell.
OF_MANY = (PROCESS.kind, "profile")
Place = tuple[str, str, str]  # environment, kind, id


class Knows(Protocol):
    """Whether a caller is known still, after the door was passed."""

    def is_known_still(self, principal: Principal) -> bool: ...


class Source(NamedTuple):
    """Where changes come from, and what a reset says of it."""

    advances: list[Hear]
    progress: Progress
    authorize: Authorize
    log_id: UUID
    epoch: int


@dataclass(slots=True)
class Burst:
    """What happened in one environment since the streams were last told."""

    types: defaultdict[Scope, set[str]] = field(default_factory=lambda: defaultdict(set))
    resources: dict[Scope, Resource] | None = field(default_factory=dict)
    reset: str | None = None

    def take(self, scope: Scope, config_type: str, resource: Resource | None) -> None:
        self.types[scope].add(config_type)
        if scope.kind in OF_MANY:
            self.reset = scope.kind
        if resource is None:
            self.resources = None
        elif self.resources is not None:
            self.resources[scope] = resource


class Stream:
    """One open stream: a place in the ring of its environment."""

    __slots__ = (
        "_is_over",
        "_next",
        "_owed",
        "_patience",
        "_ring",
        "_streams",
        "_waiter",
        "environment",
        "heard_at",
        "principal",
    )

    def __init__(
        self, streams: Streams, ring: Ring, principal: Principal, environment: str, *, place: int | None
    ) -> None:
        self._streams = streams
        self._ring = ring
        self._next = ring.end if place is None else place
        self._owed = streams.counted(streams.reset("connected")) if place is None else COMMENT
        self._waiter: asyncio.Future[None] | None = None
        self._is_over = False
        self._patience = uniform(*SILENT_SECONDS)  # noqa: S311 -- spreads comments over time, and hides nothing
        self.principal = principal
        self.environment = environment
        self.heard_at = 0.0  # when it is time for a comment

    async def next(self) -> bytes:
        """What is to be sent now; nothing at all when the stream is over."""
        while True:
            if found := self._owed or self._missed():
                self._owed = b""
                return found
            if self._is_over:
                return b""
            await self._wait()
            if self._next == self._ring.end and self._streams.time() >= self.heard_at and not self._is_over:
                return COMMENT

    def _missed(self) -> bytes:
        if self._next == self._ring.end:
            return b""
        changes, self._next = self._ring.from_(self._next), self._ring.end
        if changes is not None and len(changes) == 1 and not self.principal.is_bound:
            return self._streams.counted(changes[0].frame)
        frames = [LAGGING] if changes is None else [change.frame_for(self.principal) for change in changes]
        if LAGGING in frames:
            frames = [self._streams.reset("lagging")]
        return self._streams.counted(*frames)

    async def _wait(self) -> None:
        """Until something happened, or it was silent for long enough."""
        self.heard_at = self._streams.time() + self._patience
        self._waiter = self._streams.future()
        await self._waiter

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def end(self) -> None:
        """Let it end once what it is owed is sent."""
        self._is_over = True
        self.wake()

    def close(self) -> None:
        self._streams.forget(self)


class Streams(Collector):
    """`connect` when the store is open, and `close` before it is closed."""

    def __init__(self, *, most: int = MOST_CLIENTS) -> None:
        self._most = most
        self._open: dict[str, set[Stream]] = defaultdict(set)  # by environment
        self._rings: dict[str, Ring] = {}
        self._bound: Counter[str] = Counter()  # streams of principals that do not see everything, by environment
        self._heard: deque[tuple[Advance, dict[Place, Resource]]] = deque()
        self._is_called = False
        self._tending: asyncio.Task[None] | None = None
        self.position = self._since = 0
        self._opened = self._events = 0

    def connect(self, source: Source, knows: Knows | None) -> None:
        self._loop = asyncio.get_running_loop()
        self.time, self.future = self._loop.time, self._loop.create_future
        self._source = source
        self._knows = knows
        source.advances.append(self.hear)
        self.position = self._since = source.progress.visible
        self._tending = asyncio.create_task(self._tend())

    def close(self) -> None:
        self._source.advances.remove(self.hear)
        if self._tending is not None:
            self._tending.cancel()
        for stream in self._all():
            stream.end()

    def open(self, principal: Principal, environment: str, *, after: int | None = None) -> Stream:
        """A stream of what changes from now on, or beyond a position where all since then is known.

        Raises Overloaded.
        """
        if self._clients() >= self._most:
            raise Overloaded(f"{self._most:,} streams are open here: try again in a moment, and wait longer each time")
        ring = self._ring(environment)
        # Of what somebody who is bound may hear, no more is known than since it listens.
        is_sure = after is not None and after <= self.position and not principal.is_bound
        place = ring.place_after(after) if after is not None and is_sure else None
        stream = Stream(self, ring, principal, environment, place=place)
        self._open[environment].add(stream)
        self._bound[environment] += principal.is_bound
        self._opened += 1
        return stream

    def forget(self, stream: Stream) -> None:
        if stream in self._open[stream.environment]:
            self._open[stream.environment].remove(stream)
            self._bound[stream.environment] -= stream.principal.is_bound

    def reset(self, reason: str) -> bytes:
        about = {"position": self.position, "epoch": self._source.epoch, "log": self._source.log_id, "reason": reason}
        return frame("reset", self.position, about)

    def counted(self, *frames: bytes) -> bytes:
        found = b"".join(frames)
        self._events += len(frames) if found else 0
        return found

    # What the follower tells.

    def hear(self, moved: Advance) -> None:
        """Many steps may be told before the loop comes round: it is called once for all of them."""
        self._heard.append((moved, self._resources(moved)))
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _resources(self, moved: Advance) -> dict[Place, Resource]:
        """What the policy asks of scopes where somebody who is bound listens: it takes a look into the views."""
        places = [place for place in moved.scopes if self._bound[place[0]]]
        return {place: self._source.authorize.resource(place[0], Scope(*place[1:])) for place in places}

    def _deliver(self) -> None:
        self._is_called = False
        bursts: dict[str, Burst] = defaultdict(Burst)
        while self._heard:
            moved, resources = self._heard.popleft()
            self.position = max(self.position, moved.position)
            if moved.reshapes:
                reason = "rebuilt" if moved.is_rebuilt else "definitions"
                for environment in self._rings:
                    bursts[environment].reset = reason
            for environment, kind, id_, config_type in moved.slots:
                bursts[environment].take(Scope(kind, id_), config_type, resources.get((environment, kind, id_)))
            if "api_key" in moved.definitions:
                self._end_unknown()
        for environment, burst in bursts.items():
            self._ring(environment).put(self._change(burst))
            for stream in self._open[environment]:
                stream.wake()

    def _change(self, burst: Burst) -> Change:
        told = b"" if burst.reset else changed(self.position, burst.types)
        if burst.reset or len(told) > LONGEST_FRAME:
            return Change(self.position, {}, {}, self.reset(burst.reset or "many"), is_reset=True)
        return Change(self.position, burst.types, burst.resources, told)

    def _ring(self, environment: str) -> Ring:
        if environment not in self._rings:
            self._rings[environment] = Ring(since=self._since)
        return self._rings[environment]

    # What time brings.

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._end_unknown()
            now = self._loop.time()
            for stream in self._all():
                if stream.heard_at <= now:
                    stream.wake()

    def _end_unknown(self) -> None:
        """A key that was revoked, or has expired, hears nothing more."""
        if self._knows is None:
            return
        for stream in self._all():
            if not self._knows.is_known_still(stream.principal):
                stream.end()

    def _all(self) -> Iterator[Stream]:
        return (stream for streams in list(self._open.values()) for stream in list(streams))

    def _clients(self) -> int:
        return sum(map(len, list(self._open.values())))

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("varve_stream_clients", "Streams of changes that are open.", self._clients())
        yield CounterMetricFamily("varve_stream_opens", "Streams that were opened.", self._opened)
        yield CounterMetricFamily("varve_stream_events", "Events that were sent on streams.", self._events)
