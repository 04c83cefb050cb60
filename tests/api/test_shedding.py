"""Overload: what is answered is answered in time, and what is not is told so in time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import httpx
import orjson
import pytest

from api.app import THREADS
from api.shedding import WAIT_SECONDS, Shedding
from tests.api.conftest import CONFIGS, Client

SERVICE_SECONDS = 0.2
AT_ONCE = 500


class Framework:
    """Works for as long as it is let, and then sends its answer as slowly as its reader takes it."""

    def __init__(self) -> None:
        self.working = self.most_working = 0
        self.may_finish = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.working += 1
        self.most_working = max(self.most_working, self.working)
        try:
            await self.may_finish.wait()
        finally:
            self.working -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def ask(app: Any, path: str = "/x", *, reader: Any = None) -> tuple[int, Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if reader is not None:
            await reader.wait()

    async def receive() -> Any: ...

    await app({"type": "http", "method": "GET", "path": path, "headers": []}, receive, send)
    return sent[0]["status"], sent


async def until(holds: Any) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 -- what is looked at tells nobody
            await asyncio.sleep(0.001)


def test_no_more_are_let_in_than_there_are_places() -> None:
    async def scene() -> None:
        framework = Framework()
        app = Shedding(framework, places=3)
        asked = [asyncio.create_task(ask(app)) for _ in range(9)]
        await until(lambda: framework.working == 3)
        await asyncio.sleep(0.01)
        framework.may_finish.set()
        assert [status for status, _ in await asyncio.gather(*asked)] == [200] * 9
        assert framework.most_working == 3

    asyncio.run(scene())


def test_who_waits_too_long_is_told_to_come_again_and_starts_nothing() -> None:
    async def scene() -> None:
        framework = Framework()
        app = Shedding(framework, places=1, wait_seconds=0.02)
        first = asyncio.create_task(ask(app))
        await until(lambda: framework.working == 1)
        status, sent = await ask(app)
        assert (status, orjson.loads(sent[1]["body"])["code"]) == (503, "overloaded")
        assert (b"retry-after", b"1") in sent[0]["headers"]
        framework.may_finish.set()
        assert (await first)[0] == 200
        assert framework.most_working == 1
        assert (await ask(app))[0] == 200

    asyncio.run(scene())


def test_a_slow_reader_holds_no_place() -> None:
    async def scene() -> None:
        framework, reader = Framework(), asyncio.Event()
        framework.may_finish.set()
        app = Shedding(framework, places=1, wait_seconds=0.02)
        slow = [asyncio.create_task(ask(app, reader=reader)) for _ in range(5)]
        await asyncio.sleep(0.01)
        assert (await ask(app))[0] == 200
        reader.set()
        assert [status for status, _ in await asyncio.gather(*slow)] == [200] * 5

    asyncio.run(scene())


def test_a_place_is_given_back_where_the_framework_fails_or_the_caller_is_gone() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("a fault of ours")

    async def scene() -> None:
        app = Shedding(failing, places=1, wait_seconds=0.02)
        for _ in range(3):
            with pytest.raises(RuntimeError, match="a fault of ours"):
                await ask(app)

    asyncio.run(scene())


def test_the_health_of_a_service_without_a_free_place_is_told() -> None:
    async def scene() -> None:
        framework = Framework()
        app = Shedding(framework, places=1, wait_seconds=0.02)
        first = asyncio.create_task(ask(app))
        await until(lambda: framework.working == 1)
        asked = [asyncio.create_task(ask(app, path)) for path in ("/health/ready", "/health/live", "/metrics")]
        await until(lambda: framework.working == 4)
        framework.may_finish.set()
        assert [status for status, _ in await asyncio.gather(first, *asked)] == [200] * 4

    asyncio.run(scene())


def test_five_hundred_at_once_on_a_slow_store_are_answered_or_refused_in_time(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    views: Any = api.service.use_cases.views
    layers = views.layers

    def slowly(*given: Any, **more: Any) -> Any:
        time.sleep(SERVICE_SECONDS)
        return layers(*given, **more)

    monkeypatch.setattr(views, "layers", slowly)
    answers: list[tuple[int, float]] = []
    health: list[tuple[int, float]] = []

    async def timed(client: httpx.AsyncClient, path: str, found: list[tuple[int, float]]) -> None:
        began = time.monotonic()
        status = (await client.get(path)).status_code
        found.append((status, time.monotonic() - began))

    async def scene() -> None:
        transport = httpx.ASGITransport(api.app)
        caller = httpx.AsyncClient(transport=transport, base_url="http://varve", timeout=30)
        async with caller, asyncio.TaskGroup() as group:
            for number in range(AT_ONCE):
                group.create_task(timed(caller, f"{CONFIGS}effective/u-{number}", answers))
            for _ in range(10):
                await asyncio.sleep(0.1)
                group.create_task(timed(caller, "/health/ready", health))

    assert api.portal is not None
    api.portal.call(scene)
    counted = Counter(status for status, _ in answers)
    in_time = THREADS * WAIT_SECONDS / SERVICE_SECONDS  # what the threads can do while anybody waits
    assert set(counted) == {200, 503}
    assert in_time * 0.5 <= counted[200] <= in_time + THREADS
    assert max(seconds for _, seconds in answers) < WAIT_SECONDS + SERVICE_SECONDS + 0.8
    assert {status for status, _ in health} == {200}
    assert max(seconds for _, seconds in health) < 1
