"""The client for asyncio. It holds no event loop: a read that has to wait borrows the one it runs on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from varve.client import Attributes, Client, Collection
from varve.context import Context
from varve.effective import Effective
from varve.facts import State, Trace
from varve.fetcher import Asked
from varve.guard import AsyncGuard
from varve.models import model_of, type_of
from varve.notices import Change
from varve.reports import Outcome

Model = TypeVar("Model")


class AsyncClient:
    """The same names as Client, with the same arguments. A hit does not give up the turn; a miss waits for a thread."""

    def __init__(self, *args: Any, client: Client | None = None, **options: Any) -> None:
        """`client` is one that exists already; else one is made of the other arguments."""
        self.client = client if client is not None else Client(*args, **options)
        self._young = self.client._young

    async def effective(
        self,
        user: str | None = None,
        collection: Collection = None,
        scopes: Iterable[str] = (),
        attributes: Attributes = (),
    ) -> Effective:
        try:
            if attributes:
                return self._young[user, collection, scopes, attributes]
            return self._young[user, collection, scopes]
        except (KeyError, TypeError):
            return await self._seldom(Context.checked(user, collection, scopes, attributes))

    async def _seldom(self, context: Context) -> Effective:
        found = self.client._held.find(context)
        if found is not None:
            return found
        fetcher = self.client._running.fetcher
        asked = fetcher.ask(context)
        if not await is_done(asked, seconds=self.client._options.timeout_seconds):
            fetcher.waited_in_vain()
            return self.client._fallback(context)
        found = asked.result()
        return found if found is not None else self.client._fallback(context)

    async def get(
        self, model: type[Model], *, user: str | None = None, collection: Collection = None, scopes: Iterable[str] = (),
        attributes: Attributes = (), type: str | None = None,  # noqa: A002 - as it is called everywhere else
    ) -> Model:  # fmt: skip
        effective = await self.effective(user, collection, scopes, attributes)
        return model_of(effective, model, type_of(model, type), on_refused=self.client._refused)

    @property
    def state(self) -> State:
        return self.client.state

    def metrics(self) -> dict[str, int]:
        return self.client.metrics()

    def subscribe(
        self, on_change: Callable[[Change], object] | None = None, *, on_stale: Callable[[], object] | None = None,
        on_ready: Callable[[], object] | None = None,
    ) -> Callable[[], None]:  # fmt: skip
        """Callbacks are called on a thread of the client, as with Client."""
        return self.client.subscribe(on_change, on_stale=on_stale, on_ready=on_ready)

    def guard(self, config_type: str, **options: Any) -> AsyncGuard:
        """As Client.guard: `await guard.run(...)`, `async for attempt in guard.attempts()`, or a decorator."""
        return AsyncGuard(self.client.guard(config_type, **options))

    def record_usage(self, request_id: str, cfg: Effective | Trace, *, outcome: Outcome = "ok") -> None:
        """It only takes a note, so there is nothing to wait for."""
        self.client.record_usage(request_id, cfg, outcome=outcome)

    def outcome(
        self, metric: str, value: float, *, user: str, id: UUID | str | None = None  # noqa: A002 - its name in the API
    ) -> None:  # fmt: skip
        """Likewise."""
        self.client.outcome(metric, value, user=user, id=id)

    async def post(self, path: str, body: object, *, seconds: float = 10.0) -> tuple[int, dict[str, Any]]:
        return await asyncio.to_thread(self.client.post, path, body, seconds=seconds)

    async def wait_until_live(self, seconds: float) -> bool:
        return await asyncio.to_thread(self.client.wait_until_live, seconds)

    async def flush(self, seconds: float = 5.0) -> bool:
        return await asyncio.to_thread(self.client.flush, seconds)

    async def close(self) -> None:
        await asyncio.to_thread(self.client.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def is_done(asked: Asked, *, seconds: float) -> bool:
    """Wait on this loop for what a thread will set; others may wait for the same."""
    if asked.done():
        return True
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def wake(_: Asked) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile, and nobody waits
            loop.call_soon_threadsafe(done.set)

    asked.add_done_callback(wake)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(done.wait(), seconds)
    return asked.done()
