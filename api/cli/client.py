"""One command's conversation with the API."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, unquote
from uuid import uuid4

import typer

from api.cli import wiring
from api.cli.failures import Failed, Misused, Unreachable
from api.cli.terminal import Terminal

if TYPE_CHECKING:
    import httpx

    from api.cli.wiring import Settings

UNAUTHENTICATED, UNAVAILABLE = 401, 503
ACCEPTED, FIRST_REFUSAL = 202, 400
CHANGE_SETS = "/api/change-sets/"
PAGE = 500
IN_PROCESS = "http://varve"  # where a client is that has opened the store itself
SILENT_SECONDS = 40.0  # a stream says something every 15


class Api:
    """Reads and commands. Raises Failed for what the API refuses, Unreachable where it does not answer."""

    def __init__(
        self, client: httpx.AsyncClient, settings: Settings, terminal: Terminal, *, break_glass: str | None = None
    ) -> None:
        self._client = client
        self._break_glass = break_glass
        self._settings = settings
        self.terminal = terminal

    async def read(self, path: str, **query: Any) -> Any:
        """What a GET answers; a query parameter that is None is left out, a list repeats."""
        return (await self._send("GET", path, query=query)).json()

    async def ask(self, path: str, body: Any) -> Any:
        """What a POST that changes nothing answers."""
        return (await self._send("POST", path, query={}, json=body)).json()

    async def items(self, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """Every item of a listing, page after page."""
        cursor = None
        while True:
            page = await self.read(path, **query, limit=PAGE, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if cursor is None:
                return

    async def command(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        version: int | None = None,
        caller_time: str | None = None,
        query: dict[str, Any] | None = None,
    ) -> Any:
        """Change something, once however often the request has to be sent; None where the answer has no body."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        if self._settings.actor is not None:
            headers["Varve-Actor"] = quote(self._settings.actor)
        if self._break_glass is not None:
            headers["Varve-Break-Glass"] = quote(self._break_glass)
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if caller_time is not None:
            headers["Varve-Caller-Time"] = caller_time
        answer = await self._send(method, path, query=query or {}, headers=headers, json=body)
        for one in json.loads(unquote(answer.headers.get("Varve-Warnings", "[]"))):
            self.terminal.note(f"warning: {one['pointer']}: {one['message']} ({one['rule']})")
        if answer.headers.get("Location", "").startswith(CHANGE_SETS) and answer.status_code == ACCEPTED:
            self._tell_waiting(answer.json())
            raise typer.Exit
        return answer.json() if answer.content else None

    def _tell_waiting(self, change_set: dict[str, Any]) -> None:
        """The change was not made: it waits for approval."""
        if self.terminal.as_json:
            self.terminal.answer(change_set)
            return
        id_ = change_set["id"]
        self.terminal.line(f"others must approve of it first: it waits as {id_} (varve release show {id_[:8]})")

    async def lines(self, path: str, *, headers: dict[str, str], **query: Any) -> AsyncIterator[str]:
        """The lines of an answer that goes on; it may be silent for long, but not for ever."""
        import httpx

        if self._client.base_url == IN_PROCESS:
            raise Misused("nothing else changes a store that this command has opened: name a server with --server")
        params = {name: value for name, value in query.items() if value is not None}
        timeout = httpx.Timeout(SILENT_SECONDS)
        with self._told_unreachable():
            async with self._client.stream("GET", path, params=params, headers=headers, timeout=timeout) as answer:
                if answer.status_code >= FIRST_REFUSAL:
                    await answer.aread()
                    raise _refusal(answer)
                async for line in answer.aiter_lines():
                    yield line

    @contextmanager
    def _told_unreachable(self) -> Iterator[None]:
        import httpx

        try:
            yield
        except httpx.TransportError as error:
            where, why = self._client.base_url, str(error) or type(error).__name__
            raise Unreachable(f"the server at {where} does not answer ({why}): check that it runs") from error

    async def _send(self, method: str, path: str, *, query: dict[str, Any], **request: Any) -> httpx.Response:
        params = {name: _text(value) for name, value in query.items() if value is not None}
        with self._told_unreachable():
            answer = await self._client.request(method, path, params=params, **request)
        if answer.status_code >= FIRST_REFUSAL:
            raise _refusal(answer)
        return answer


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _refusal(answer: httpx.Response) -> Failed:
    """The problem that the API answered with."""
    try:
        problem = answer.json()
        detail, code = str(problem["detail"]), str(problem["code"])
    except (ValueError, KeyError, TypeError):
        return Unreachable(f"{answer.url.host} answered {answer.status_code}, not as Varve does: check the address")
    faults = [(fault["pointer"], fault["message"]) for fault in problem.get("errors", ())]
    shown = [fault for fault in faults if fault[0] or len(faults) > 1]
    if answer.status_code == UNAUTHENTICATED:
        detail = f"{detail} (the command line shows the key in VARVE_API_KEY)"
    kind = Unreachable if answer.status_code == UNAVAILABLE else Failed
    return kind(detail, faults=shown, code=code)


SHARED: dict[str, Any] = {
    "server": Annotated[str | None, typer.Option(help="Go to this server.")],
    "store": Annotated[str | None, typer.Option(help="Work on this store.")],
    "actor": Annotated[str | None, typer.Option(help="Who acts.")],
    "break_glass": Annotated[str | None, typer.Option(help="Pass a freeze or missing approvals, for this reason.")],
    "json": Annotated[bool, typer.Option("--json", help="Answer in JSON.")],
    "debug": Annotated[bool, typer.Option("--debug", help="Show the trace of a fault.")],
}
"""The options of every command that speaks with the API."""

Speaks = Callable[..., Coroutine[Any, Any, None]]


def speaks(command: Speaks) -> Callable[..., None]:
    """Make a command of a coroutine that takes an Api: it gets the shared options, and an event loop."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=False if name in ("json", "debug") else None
        )
        for name, kind in SHARED.items()
    ]

    def run(**given: Any) -> None:
        options = {name: given.pop(name) for name in SHARED}
        if options["server"] and options["store"]:
            raise Misused("--server and --store name two places: keep one")
        named = {"server": options["server"], "store_url": options["store"], "actor": options["actor"]}
        settings = wiring.settings(**named)
        if options["store"]:  # an option wins over a variable, here too
            settings = settings.model_copy(update={"server": None})
        terminal = Terminal(as_json=options["json"])
        asyncio.run(_conversation(command, settings, terminal, given, break_glass=options["break_glass"]))

    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own] + shared
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    vars(run)["__signature__"] = inspect.Signature(parameters)
    return run


async def _conversation(
    command: Speaks, settings: Settings, terminal: Terminal, given: dict[str, Any], *, break_glass: str | None
) -> None:
    from api.cli.connection import connected

    async with connected(settings) as client:
        await command(Api(client, settings, terminal, break_glass=break_glass), **given)
