"""Self-healing around the application's own call: where the settings in force fail, those below them answer."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, overload

from varve.decorating import decorated
from varve.effective import Effective
from varve.guarding import Guarding
from varve.rounds import Attempt, Round, rungs_of
from varve.settings import Settings

if TYPE_CHECKING:
    from varve.client import Client, Collection

T = TypeVar("T")
P = ParamSpec("P")
Whom = str | Callable[..., str | None] | None


class Guard:
    """Made by `client.guard("llm", user=...)`. It may be kept and used from any thread, any number of times."""

    def __init__(
        self, client: Client, config_type: str, guarding: Guarding, *,
        user: Whom, collection: Collection | Callable[..., Collection], scopes: Iterable[str],
        allow_provider_change: bool,
    ) -> None:  # fmt: skip
        self._client = client
        self._config_type = config_type
        self._guarding = guarding
        self._user = user
        self._collection = collection
        self._scopes = tuple(scopes)
        self._allow_provider_change = allow_provider_change

    def run(self, call: Callable[[Settings], T]) -> T:
        """What `call` gives with the settings in force, or with those of the next layers where it fails.

        Raises the first error where all of them fail, and at once one that says nothing about the settings.
        """
        round_ = self._round(self._client.effective(*self._context()))
        while True:
            with round_.next() as settings:
                found = call(settings)
                break
        return not_awaited(found)

    async def arun(self, call: Callable[[Settings], Awaitable[T]]) -> T:
        """The same, of a coroutine."""
        round_ = self._round(await self._effective(*self._context()))
        while True:
            with round_.next() as settings:
                return await call(settings)

    def attempts(self) -> Iterator[Attempt]:
        """`for attempt in guard.attempts():` and `with attempt as cfg:` within, for what is no single function."""
        round_ = self._round(self._client.effective(*self._context()))
        while not round_.is_over:
            attempt = round_.next()
            yield attempt
            if not attempt.is_over:
                return  # it was not taken

    async def aattempts(self) -> AsyncIterator[Attempt]:
        """The same with `async for`; `with attempt as cfg:` within stays as it is."""
        round_ = self._round(await self._effective(*self._context()))
        while not round_.is_over:
            attempt = round_.next()
            yield attempt
            if not attempt.is_over:
                return

    @overload
    def __call__(self, function: Callable[Concatenate[Settings, P], T]) -> Callable[P, T]: ...

    @overload
    def __call__(self, function: Callable[..., T]) -> Callable[..., T]: ...

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """As a decorator: the function gets the settings as its argument `cfg`, or else as its first.

        `user` and `collection` may then be functions of the call's other arguments.
        """
        return decorated(self, function)

    def of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Guard:
        """The same guard, for whom these arguments of a call say."""
        if not callable(self._user) and not callable(self._collection):
            return self
        user = self._user(*args, **kwargs) if callable(self._user) else self._user
        collection = self._collection(*args, **kwargs) if callable(self._collection) else self._collection
        return Guard(
            self._client, self._config_type, self._guarding,
            user=user, collection=collection, scopes=self._scopes, allow_provider_change=self._allow_provider_change,
        )  # fmt: skip

    def _round(self, effective: Effective) -> Round:
        rungs = rungs_of(effective, self._config_type, allow_provider_change=self._allow_provider_change)
        return Round(self._guarding, effective, self._config_type, rungs)

    def _context(self) -> tuple[Any, Any, tuple[str, ...]]:
        if callable(self._user) or callable(self._collection):
            raise TypeError("user, collection: functions of a call's arguments are for the decorator alone")
        return self._user, self._collection, self._scopes

    async def _effective(self, user: Any, collection: Any, scopes: tuple[str, ...]) -> Effective:
        from varve.aio import AsyncClient  # noqa: PLC0415 - few need both

        return await AsyncClient(client=self._client).effective(user, collection, scopes)


def not_awaited(found: T) -> T:
    """Raises TypeError for a coroutine: nobody would see it fail."""
    if inspect.iscoroutine(found):
        found.close()
        raise TypeError("the call gives a coroutine: await guard.arun(call), or use AsyncClient")
    return found


class AsyncGuard:
    """Made by `AsyncClient.guard`: the same names, awaited."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def run(self, call: Callable[[Settings], Awaitable[T]]) -> T:
        return await self._guard.arun(call)

    def attempts(self) -> AsyncIterator[Attempt]:
        return self._guard.aattempts()

    @overload
    def __call__(self, function: Callable[Concatenate[Settings, P], T]) -> Callable[P, T]: ...

    @overload
    def __call__(self, function: Callable[..., T]) -> Callable[..., T]: ...

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return self._guard(function)
