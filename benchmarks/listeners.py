"""Many listeners in one process, as cheap as they can be: each notes when an event came."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable

MARK = b"event: changed"
REQUEST = b"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SHORTEST_SECONDS, LONGEST_SECONDS = 0.1, 10.0  # as the client backs off: any time up to a bound that doubles


class Listener(asyncio.Protocol):
    """One stream. `heard` is called when the first frame came, and for each change."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._has_begun = False
        self._failures = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        if not self._has_begun and b"\n\n" in data:
            self._has_begun, self._failures = True, 0
            self._crowd.came()
        if MARK in data:
            self._crowd.heard.append(time.perf_counter())

    def connection_lost(self, _: Exception | None) -> None:
        self._crowd.present -= self._has_begun
        self._has_begun = False
        if self._crowd.comes_back:
            self.retry()

    def retry(self) -> None:
        bound = min(LONGEST_SECONDS, SHORTEST_SECONDS * 2**self._failures)
        self._failures += 1
        asyncio.get_running_loop().call_later(random.uniform(0, bound), lambda: self._crowd.start(self))


class Crowd:
    """All listeners of one server."""

    def __init__(self, address: str, size: int) -> None:
        host, port = address.removeprefix("http://").split(":")
        self._place = (host, int(port))
        self._listeners = [Listener(self) for _ in range(size)]
        self._tasks: set[asyncio.Task[None]] = set()
        self.present = 0
        self.comes_back = False
        self.heard: list[float] = []
        self.attempts: Counter[int] = Counter()  # connections that were tried, by second
        self.arrivals: Counter[int] = Counter()  # those that became streams

    def came(self) -> None:
        self.present += 1
        self.arrivals[int(time.monotonic())] += 1

    def start(self, listener: Listener) -> None:
        task = asyncio.ensure_future(self._connect(listener))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, listener: Listener) -> None:
        self.attempts[int(time.monotonic())] += 1
        try:
            await asyncio.get_running_loop().create_connection(lambda: listener, *self._place)
        except OSError:
            listener.retry()

    async def gather(self) -> None:
        """Everybody comes, a few at a time."""
        for n, listener in enumerate(self._listeners):
            self.start(listener)
            if n % 100 == 0:
                await self.until(lambda n=n: self.present >= n - 200)  # type: ignore[misc]
        await self.until(self.is_whole)

    def is_whole(self) -> bool:
        return self.present == len(self._listeners)

    async def until(self, comes: Callable[[], bool], *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not comes():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.present} of {len(self._listeners)} listen")
            await asyncio.sleep(0.002)
