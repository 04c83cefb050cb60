"""The streams of a process by themselves, in a loop of the test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import MappingProxyType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from api import rings
from api.streams import Source, Stream, Streams
from application.advance import Advance
from domain.access.principal import Principal, unchecked
from domain.access.roles import Role
from domain.errors import Overloaded

ANYBODY = unchecked("anonymous")
BOUND = Principal("key:1", MappingProxyType({"*": Role.READER}), "u-1", is_bound=True)
LOG = UUID(int=1)


def moved(position: int, *scopes: str, **more: Any) -> Advance:
    parts = [(*scope.partition(":")[::2],) for scope in scopes]
    return Advance(position, frozenset(("production", kind, id_, "llm") for kind, id_ in parts), **more)


def with_streams(act: Callable[[Streams], Awaitable[None]], *, most: int = 10) -> None:
    """Streams of a log whose views are at 5."""

    async def run() -> None:
        streams = Streams(most=most)
        progress: Any = SimpleNamespace(visible=5)
        authorize: Any = SimpleNamespace()
        streams.connect(Source([], progress, authorize, LOG, 1), None)
        try:
            await act(streams)
        finally:
            streams.close()

    asyncio.run(run())


async def told(stream: Stream) -> list[str]:
    """The events that are owed, as `changed 7` or `reset 7 lagging`."""
    text = (await stream.next()).decode()
    found = []
    for one in text.split("\n\n")[:-1]:
        lines = dict(line.split(": ", 1) for line in one.split("\n"))
        reason = f" {lines['data'].partition('reason')[2].strip(':}').strip(chr(34) + ':')}"
        found.append(f"{lines['event']} {lines['id']}{reason if lines['event'] == 'reset' else ''}")
    return found


async def hear(streams: Streams, *steps: Advance) -> None:
    for step in steps:
        streams.hear(step)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_steps_that_come_in_a_burst_are_told_as_one() -> None:
    async def act(streams: Streams) -> None:
        stream = streams.open(ANYBODY, "production")
        assert await told(stream) == ["reset 5 connected"]
        await hear(streams, moved(6, "user:u-1"), moved(7, "user:u-2"), moved(8))
        assert await stream.next() == rings.frame(
            "changed", 8, {"position": 8, "scopes": ["user:u-1", "user:u-2"], "types": ["llm"]}
        )

    with_streams(act)


def test_who_has_not_listened_for_long_is_told_to_ask_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rings, "KEPT_BYTES", 3000)

    async def act(streams: Streams) -> None:
        slow, quick = streams.open(ANYBODY, "production"), streams.open(ANYBODY, "production")
        await told(slow)
        await told(quick)
        for position in range(6, 26):
            await hear(streams, moved(position, "user:u-1"))
            assert await told(quick) == [f"changed {position}"]
        assert await told(slow) == ["reset 25 lagging"]
        assert await told(streams.open(ANYBODY, "production", after=6)) == ["reset 25 connected"]
        await hear(streams, moved(26, "user:u-1"))
        assert await told(slow) == await told(quick) == ["changed 26"]

    with_streams(act)


def test_more_than_a_frame_may_hold_is_a_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(streams: Streams) -> None:
        stream = streams.open(ANYBODY, "production")
        await told(stream)
        await hear(streams, moved(6, *(f"user:{n:0200}" for n in range(200))))
        assert await told(stream) == ["reset 6 many"]

    with_streams(act)


def test_who_is_bound_never_hears_what_was_told_before_it_listened() -> None:
    async def act(streams: Streams) -> None:
        streams.hear(moved(6, "collection:c-9"))  # nobody who is bound listens, so nothing is looked up
        stream = streams.open(BOUND, "production")
        await asyncio.sleep(0)
        assert await told(stream) == ["reset 5 connected"]
        assert await told(stream) == ["reset 6 lagging"]
        assert await told(streams.open(BOUND, "production", after=5)) == ["reset 6 connected"]

    with_streams(act)


def test_there_are_only_so_many_streams_and_one_that_ends_makes_room() -> None:
    async def act(streams: Streams) -> None:
        first = streams.open(ANYBODY, "production")
        with pytest.raises(Overloaded):
            streams.open(ANYBODY, "staging")
        first.close()
        first.close()
        streams.open(ANYBODY, "staging")

    with_streams(act, most=1)


def test_a_stream_that_ends_first_tells_what_it_owes() -> None:
    async def act(streams: Streams) -> None:
        stream = streams.open(ANYBODY, "production")
        stream.end()
        assert await told(stream) == ["reset 5 connected"]
        assert await stream.next() == b""

    with_streams(act)


def test_a_change_wakes_who_waits() -> None:
    async def act(streams: Streams) -> None:
        stream = streams.open(ANYBODY, "production")
        await told(stream)
        waiting = asyncio.create_task(told(stream))
        await asyncio.sleep(0)
        await hear(streams, moved(6, "global"))
        assert await asyncio.wait_for(waiting, 1) == ["changed 6"]

    with_streams(act)
