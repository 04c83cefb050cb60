"""Commands of an operator: views, settings, the store's schema."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.failures import Failed
from api.cli.terminal import Terminal

PROJECTIONS = "/api/projections"
LOOK_SECONDS = 0.3
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Views; all are built, together.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
StoreOption = Annotated[
    str | None, typer.Option("--store", help="The store; the one of the settings where it is not named.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the trace of a fault.")]


async def rebuild(api: Api, names: Names = None) -> None:
    """Build every view anew from the log, while reads and commands go on."""
    known = [one["name"] for one in (await api.read(PROJECTIONS))["items"]]
    if unknown := [name for name in names or () if name not in known]:
        raise Failed(f"there is no view {unknown[0]}: there are {', '.join(known)}")
    done = await _watched(api, api.command("POST", f"{PROJECTIONS}/rebuild"), what="events")
    if api.terminal.as_json:
        api.terminal.answer(done)
    api.terminal.line(f"{done['events']:,} events in {done['seconds']:.1f} s: the views are at {done['position']}")
    api.terminal.line(f"digest of the views: {done['digest']}")


async def verify(api: Api) -> None:
    """Compare the views with a replay of the log."""
    done = await _watched(api, api.command("POST", f"{PROJECTIONS}/verify"), what="events")
    if api.terminal.as_json:
        api.terminal.answer(done)
    if not done["equal"]:
        raise Failed(f"the views differ from the log ({done['difference']}): run varve projections rebuild")
    api.terminal.line(f"the views equal a replay of the log up to {done['position']}")


async def _watched(api: Api, work: Coroutine[Any, Any, Any], *, what: str) -> Any:
    """What the work answers; meanwhile a terminal shows how far it is."""
    task = asyncio.ensure_future(work)
    if api.terminal.as_json or not sys.stderr.isatty():
        return await task
    with api.terminal.bar(what) as show:
        while not task.done():
            await asyncio.wait([task], timeout=LOOK_SECONDS)
            building = None if task.done() else (await api.read(PROJECTIONS))["building"]
            if building:
                show(building["events"], building["of"], building["seconds"])
    return task.result()


async def status(api: Api) -> None:
    """Tell how far the views are behind the log."""
    found = await api.read(PROJECTIONS)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    columns = ("name", "generation", "position", "head", "behind", "behind_seconds")
    rows = [[one[column] for column in columns] for one in found["items"]]
    api.terminal.table([column.replace("_", " ") for column in columns], rows)


def settings(
    store: Annotated[str | None, typer.Option(help="As it would be with this store.")] = None,
    *,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 -- read where faults are told
) -> None:
    """Tell every setting, and where its value comes from."""
    found = wiring.settings_with_sources(store_url=store)
    terminal = Terminal(as_json=json)
    if json:
        terminal.answer({name: {"value": value, "source": source} for name, value, source in found})
        return
    terminal.table(("setting", "value", "source"), found)


def migrate(
    store: Annotated[str | None, typer.Option(help="The store; the one of the settings where it is not named.")] = None,
    *,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Update a store's schema. An older system: migrate-legacy."""
    named = wiring.settings(store_url=store)
    schema = wiring.migrated(named.store_url)
    terminal = Terminal(as_json=json)
    if json:
        terminal.answer({"schema": schema})
    terminal.line(f"the store is at schema {schema}")


def backup(
    file: Annotated[Path, typer.Argument(help="The new file.")],
    store: StoreOption = None,
    *,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Copy a store's log into a file, which restore reads. The store may be served meanwhile."""
    named = wiring.settings(store_url=store)
    done = wiring.backed_up(named.store_url, file)
    _copied(done, f"{file} holds", as_json=json)


def restore(
    file: Annotated[Path, typer.Argument(help="What varve backup wrote.")],
    store: StoreOption = None,
    *,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Make a backup the log of a new store."""
    named = wiring.settings(store_url=store)
    done = wiring.restored(file, named.store_url)
    _copied(done, f"{wiring.without_password(named.store_url)} holds", as_json=json)


def _copied(done: dict[str, Any], what: str, *, as_json: bool) -> None:
    terminal = Terminal(as_json=as_json)
    if as_json:
        terminal.answer(done)
    terminal.line(f"{what} {done['events']:,} events in {done['commits']:,} commits, up to position {done['position']}")
    terminal.line(f"epoch {done['epoch']}; a Merkle tree of {done['size']:,} leaves with the root {done['root']}")
