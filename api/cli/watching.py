"""What changes, line by line, as it happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from random import uniform
from typing import Any

from api.cli.client import Api
from api.cli.failures import Unreachable
from api.cli.options import Environment

STREAM = "/api/stream"
SHORTEST_SECONDS, LONGEST_SECONDS = 0.1, 10.0


async def watch(api: Api, *, environment: Environment = None) -> None:
    """Tell what changes as it happens, until Ctrl-C; a connection that breaks is made again."""
    try:
        await _follow(api, environment)
    except asyncio.CancelledError:  # Ctrl-C: the way to end it
        return


async def _follow(api: Api, environment: str | None) -> None:
    heard: dict[str, str] = {}
    failures = 0
    task = asyncio.current_task()
    while task is None or not task.cancelling():  # a library may have taken the Ctrl-C for a connection that broke
        try:
            async with aclosing(_events(api, environment, heard)) as events:
                async for event in events:
                    api.terminal.at_once(told(event), event)
                    heard["Last-Event-ID"], failures = str(event["position"]), 0
                    if "epoch" in event:
                        heard["Varve-Epoch"] = str(event["epoch"])
        except Unreachable as error:
            if not heard:
                raise
            if not failures:
                api.terminal.note(f"varve: {error.detail}; trying again")
        await asyncio.sleep(uniform(0, min(LONGEST_SECONDS, SHORTEST_SECONDS * 2**failures)))  # noqa: S311 -- a pause
        failures += 1


async def _events(api: Api, environment: str | None, heard: dict[str, str]) -> AsyncGenerator[dict[str, Any], None]:
    kind = ""
    async for line in api.lines(STREAM, headers=heard, environment=environment):
        field, _, value = line.partition(": ")
        if field == "event":
            kind = value
        elif field == "data":
            yield {"event": kind, **json.loads(value)}


def told(event: dict[str, Any]) -> str:
    """The event on one line."""
    if event["event"] == "changed":
        types = ", ".join(event["types"]) or "any type"
        return f"{event['position']}  {types} at {', '.join(event['scopes'])}"
    return f"{event['position']}  anything may be another ({event.get('reason', event['event'])})"
