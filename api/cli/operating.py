"""Commands of an operator: views, settings, the store's schema."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.failures import Failed
from api.cli.terminal import Terminal

PROJECTIONS = "/api/projections"
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the trace of a fault.")]


async def rebuild(api: Api) -> None:
    """Build every view anew from the log."""
    done = await api.command("POST", f"{PROJECTIONS}/rebuild")
    if api.terminal.as_json:
        api.terminal.answer(done)
    api.terminal.line(f"{done['events']:,} events in {done['seconds']:.1f} s: the views are at {done['position']}")


async def verify(api: Api) -> None:
    """Compare the views with a replay of the log."""
    done = await api.command("POST", f"{PROJECTIONS}/verify")
    if api.terminal.as_json:
        api.terminal.answer(done)
    if not done["equal"]:
        raise Failed(f"the views differ from the log ({done['difference']}): run varve projections rebuild")
    api.terminal.line(f"the views equal a replay of the log up to {done['position']}")


async def status(api: Api) -> None:
    """Tell how far the views are behind the log."""
    found = await api.read(PROJECTIONS)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    columns = ("generation", "position", "head", "behind", "behind_seconds")
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
    """Bring a store's schema up to date."""
    named = wiring.settings(store_url=store)
    schema = wiring.migrated(named.store_url)
    terminal = Terminal(as_json=json)
    if json:
        terminal.answer({"schema": schema})
    terminal.line(f"the store is at schema {schema}")
