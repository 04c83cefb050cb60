"""The way to the API: a server's address, or the application itself in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from api.cli import wiring
from api.cli.client import IN_PROCESS
from api.cli.failures import Misused, Unreachable

if TYPE_CHECKING:
    import httpx
    from starlette.types import ASGIApp

    from api.cli.wiring import Settings

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 600.0
HELD_SECONDS = 5.0  # another command on the same file is done by then
LOOK_AGAIN_SECONDS = 0.05
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server that is named, of the one that holds the store, or of this process on the store itself."""
    async with AsyncExitStack() as stack:
        if settings.server is not None:
            yield await stack.enter_async_context(network(settings.server, settings))
        else:
            yield await _on_store(settings, stack)


async def _on_store(settings: Settings, stack: AsyncExitStack) -> httpx.AsyncClient:
    """Whoever holds a SQLite store and does not listen is another command, or a starting server: it is waited for."""
    deadline = time.monotonic() + HELD_SECONDS
    while True:
        held = wiring.holder(settings.store_url)
        if held is None:
            try:
                return await stack.enter_async_context(in_process(settings))
            except wiring.Held:
                continue  # somebody was faster
        if held.address is not None:
            return await stack.enter_async_context(network(held.address, settings))
        if time.monotonic() > deadline:
            who = f"process {held.pid}" if held.pid else "another process"
            raise Unreachable(
                f"the store {settings.store_url} is in use by {who}, which does not listen: stop it, or wait"
            )
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def network(address: str, settings: Settings) -> httpx.AsyncClient:
    import httpx

    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreachable(f"{address} is not the address of a server: write http://HOST:PORT")
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    # A proxy is for other machines.
    outside = parts.hostname not in LOOPBACK
    key = settings.api_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    return httpx.AsyncClient(base_url=address.rstrip("/"), timeout=timeout, trust_env=outside, headers=headers)


@asynccontextmanager
async def in_process(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The application on a store that this process opens."""
    import httpx

    from api.app import create_app

    wiring.log_to_stderr("error")
    app = create_app(
        lambda: wiring.opened_service(
            settings.store_url,
            environment=settings.default_environment,
            variables={},
            on_open=lambda _: None,
            checkpoints=wiring.checkpoints_of(settings, published=False),
            secret_keys=settings.secret_keys,
            webhooks=wiring.webhooks_of(settings, delivers=False),
            indexing=wiring.indexing_of(settings),
            is_read_only=settings.read_only,
        ),
        threads=settings.threads,
        running=wiring.running_of(settings),
    )
    async with Lifespan(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=IN_PROCESS, timeout=None) as client:  # noqa: S113
            yield client


class Lifespan(AbstractAsyncContextManager["Lifespan"]):
    """Starts and stops an ASGI application, as a server would."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._to_app: asyncio.Queue[Any] = asyncio.Queue()
        self._from_app: asyncio.Queue[Any] = asyncio.Queue()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Lifespan:
        self._running = asyncio.create_task(self._run())
        with wiring.told(Misused):  # what a store is opened with are settings
            await self._tell("lifespan.startup")
        return self

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        await self._app(scope, self._to_app.get, self._from_app.put)

    async def _tell(self, what: str) -> None:
        """Say it, and wait for the answer, or for the exception that ended the application."""
        assert self._running is not None
        await self._to_app.put({"type": what})
        answered = asyncio.create_task(self._from_app.get())
        await asyncio.wait({answered, self._running}, return_when=asyncio.FIRST_COMPLETED)
        if not answered.done() or answered.result()["type"].endswith(".failed"):
            answered.cancel()
            await self._running

    async def __aexit__(self, *_: object) -> None:
        await self._tell("lifespan.shutdown")
