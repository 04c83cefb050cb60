"""Keeping up: one thread hears of changes on the stream, and has what they touch fetched again."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from varve.backoff import Backoff
from varve.context import Context
from varve.errors import NotVarve, Unavailable
from varve.frames import Frame, Frames
from varve.held import Held
from varve.link import Link
from varve.metrics import Metrics
from varve.notices import Notices
from varve.refresher import Refresher
from varve.threads import started
from varve.transport import Stream, Transport
from varve.world import World

logger = logging.getLogger("varve")

PATH = "/api/stream"
HEARTBEAT_SECONDS = 15.0
DEAD_AFTER_SECONDS = 2.5 * HEARTBEAT_SECONDS
FIRST_FRAME_SECONDS = 5.0
REFRESH_SECONDS = 30.0
SPREAD_SECONDS = 0.5  # over which clients that lost the same server ask it again for all they hold
LASTED_SECONDS = 5.0  # a stream that lived this long was a good one


class NoStream(Exception):
    """The service may be there, but there is no stream to be had."""


class Follower:
    def __init__(
        self, held: Held, link: Link, transport: Transport, refresher: Refresher, *, metrics: Metrics, notices: Notices,
        environment: str | None, stream: bool, poll_seconds: float, timeout_seconds: float,
        on_live: Callable[[], object],
    ) -> None:  # fmt: skip
        self._held = held
        self._link = link
        self._transport = transport
        self._refresher = refresher
        self._metrics = metrics
        self._notices = notices
        self._path = PATH if environment is None else f"{PATH}?environment={quote(environment, safe='')}"
        self._wants_stream = stream
        self._poll_seconds = poll_seconds
        self._first_frame_seconds = max(timeout_seconds, FIRST_FRAME_SECONDS)
        self._on_live = on_live
        self._backoff = Backoff()
        self._connected_before = False
        self._stream: Stream | None = None
        self._closed = threading.Event()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        self.thread = started(self._run, name="varve-stream")

    def _run(self) -> None:
        while not self._closed.is_set():
            began, wait_seconds = time.monotonic(), 0.0
            try:
                self._follow()
            except Unavailable as error:
                wait_seconds = error.wait_seconds
                self._lost(str(error))
            except Exception:
                logger.exception("the stream could not be followed")
                self._lost("see the log")
            if time.monotonic() - began > LASTED_SECONDS:
                self._backoff.reset()
            if self._link.state == "stale":
                self._closed.wait(max(wait_seconds, self._backoff.next_seconds()))

    def _follow(self) -> None:
        """Listen for as long as there is a stream; where there is none, ask once and wait for the next time."""
        try:
            self._listen()
        except NoStream as why:
            self._poll(str(why))

    def _poll(self, why: str) -> None:
        """Whoever holds nothing asks for nobody in particular, to know whether the service is there."""
        self._metrics.count("polls")
        self._refresher.refresh(self._held.contexts() or [Context()], seconds=REFRESH_SECONDS)
        if self._link.to("polling"):
            logger.info("no stream (%s): asking every %g s", why, self._poll_seconds)
            self._notices.is_ready()
        self._backoff.reset()
        self._on_live()
        self._closed.wait(self._poll_seconds * random.uniform(0.75, 1.25))  # noqa: S311 - it need not be unguessable

    def _listen(self) -> None:
        """Ends by raising, unless it is closed: NoStream, or Unavailable once there was one."""
        if not self._wants_stream:
            raise NoStream("none is wanted")
        with self._transport.stream(self._path, seconds=self._first_frame_seconds) as stream:
            self._stream = stream
            if self._closed.is_set():
                return  # whoever closed it may have come too early to cut it
            try:
                bursts = self._bursts(stream)
                self._connected(self._first(bursts))
                stream.allow_silence(DEAD_AFTER_SECONDS)
                for frames in bursts:
                    self._hear(frames)
            finally:
                self._stream = None
        raise NotVarve("the stream has ended")

    def _bursts(self, stream: Stream) -> Iterator[list[Frame]]:
        """The frames that came together."""
        if stream.status != 200 or not stream.content_type.startswith("text/event-stream"):
            raise NoStream(f"status {stream.status}, {stream.content_type or 'of no type'}")
        parser = Frames()
        for piece in stream.pieces():
            self._link.heard()
            if frames := parser.fed(piece):
                yield frames

    def _first(self, bursts: Iterator[list[Frame]]) -> list[Frame]:
        """What comes right after connecting. A proxy that holds it back would hold back the rest too."""
        try:
            frames = next(bursts, [])
        except Unavailable as error:
            raise NoStream(f"silent: {error}") from error
        if not frames or frames[0].event != "reset":
            raise NoStream("it did not begin with a reset")
        return frames

    def _connected(self, frames: list[Frame]) -> None:
        if self._connected_before:
            self._metrics.count("reconnects")
            self._closed.wait(random.uniform(0, SPREAD_SECONDS))  # noqa: S311 - it need not be unguessable
        self._connected_before = True
        self._hear(frames)
        if self._link.to("live"):
            logger.info("following the service from position %s", self._held.seen)
            self._notices.is_ready()
        self._on_live()

    def _hear(self, frames: list[Frame]) -> None:
        """Frames that came together are one refresh."""
        touched: dict[Context, None] = {}
        everything = False
        for frame in frames:
            if frame.event == "reset":
                self._reset(frame)
                everything = True
            elif frame.event == "changed":
                touched.update(dict.fromkeys(self._changed(frame)))
        if everything or touched:
            contexts = self._held.contexts() if everything else list(touched)
            self._refresher.refresh(contexts, seconds=REFRESH_SECONDS, at_least=self._held.seen)

    def _reset(self, frame: Frame) -> None:
        match data_of(frame):
            case {"position": int(position), "epoch": int(epoch)} as where:
                if self._held.enter(World(where.get("log"), epoch), position=position):
                    logger.warning("the service answers from another log, or a restored one: epoch %s", epoch)
            case _:
                raise NotVarve(f"a reset that makes no sense: {frame.data[:200]!r}")

    def _changed(self, frame: Frame) -> list[Context]:
        match data_of(frame):
            case {"position": int(position), "scopes": [*scopes]} if all(isinstance(one, str) for one in scopes):
                return self._held.hear(scopes, position=position)
        raise NotVarve(f"a change that makes no sense: {frame.data[:200]!r}")

    def _lost(self, why: str) -> None:
        if self._closed.is_set():
            return
        if self._link.to("stale"):
            self._metrics.count("stale")
            logger.warning("the service was lost, its last answers are kept: %s", why)
            self._notices.is_stale()

    def close(self) -> None:
        self._closed.set()
        if (stream := self._stream) is not None:
            stream.cut()

    def forget(self) -> None:
        """In a forked process."""
        self._closed.set()
        if (stream := self._stream) is not None:
            stream.forget()


def data_of(frame: Frame) -> Any:
    try:
        return json.loads(frame.data)
    except (ValueError, RecursionError):
        return None
