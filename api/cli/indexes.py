"""Commands about indexes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.client import Api
from api.cli.failures import Failed, Misused
from api.cli.locks import lock_named
from api.cli.options import DryRun, Environment, Reason
from domain.documents import Document

INDEXES = "/api/indexes"

IndexArgument = Annotated[str, typer.Argument(metavar="INDEX", help="Its table, or its id.")]
Every = Annotated[bool, typer.Option("--all", help="Dropped ones too.")]
Collection = Annotated[str | None, typer.Option("-c", "--collection", help="The global one where it is not named.")]


async def register(
    api: Api,
    *,
    environment: Environment = None,
    collection: Collection = None,
    table: Annotated[str | None, typer.Option(help="Where the application keeps it.")] = None,
    fingerprint: Annotated[str | None, typer.Option(help="Of its settings; those in force if left out.")] = None,
    lock: Annotated[str | None, typer.Option(help="The lock that it is built with: its label, or its id.")] = None,
    locked_in: Annotated[str | None, typer.Option(help="Where that lock is, if in another environment.")] = None,
    shadow: Annotated[bool, typer.Option("--shadow", help="Make a table for the lock.")] = False,
    reason: Reason = None,
    dry_run: DryRun = False,
) -> None:
    """Say that an index is there, or is being built."""
    locked = None if lock is None else await lock_named(api, lock, locked_in or environment)
    body = {
        "environment": environment,
        "collection_id": collection,
        "table": table,
        "fingerprint": fingerprint,
        "lock_id": None if locked is None else locked["id"],
        "shadow": shadow,
        "reason": reason,
    }
    done = await api.command("POST", INDEXES, body, query={"dry_run": True} if dry_run else {})
    if dry_run:
        api.terminal.line(f"an index of {done['events'][0]['data']['fingerprint']} can be registered so")
        return
    _tell(api, done)


async def list_(
    api: Api,
    *,
    environment: Environment = None,
    every: Every = False,
) -> None:
    """List the indexes."""
    found = await api.read(INDEXES, environment=environment, dropped=every)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [
        (one["table"] or one["id"], one["environment"], _scope(one), one["status"], _filled(one), one["fingerprint"])
        for one in found["items"]
    ]
    api.terminal.table(("index", "environment", "of", "status", "chunks", "fingerprint"), rows)


async def route(
    api: Api,
    *,
    environment: Environment = None,
    collection: Collection = None,
    shadow: Annotated[bool, typer.Option("--shadow", help="The shadow, where one is ready.")] = False,
) -> None:
    """Tell which table to read."""
    found = await api.read(f"{INDEXES}/route", environment=environment, collection_id=collection, shadow=shadow)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    api.terminal.line(found["table"] or found["index_id"] or "no index is ready")
    if found["index_id"] is not None and not found["matches"]:
        api.terminal.note("it was built with other settings than are in effect now")


async def progress(
    api: Api,
    index: IndexArgument,
    *,
    chunks: Annotated[int | None, typer.Option(help="So many are in it; of a shadow they are counted.")] = None,
    of: Annotated[int | None, typer.Option(help="So many there will be.")] = None,
    environment: Environment = None,
    reason: Reason = None,
) -> None:
    """Say how far an index is filled."""
    await _act(api, index, environment, "progress", {"chunks": chunks, "of": of, "reason": reason})


async def ready(api: Api, index: IndexArgument, *, environment: Environment = None, reason: Reason = None) -> None:
    """Say that an index is whole; a shadow is looked into."""
    await _act(api, index, environment, "ready", {"reason": reason})


async def switch(api: Api, index: IndexArgument, *, environment: Environment = None, reason: Reason = None) -> None:
    """Let reads go to this index."""
    await _act(api, index, environment, "switch", {"reason": reason})


async def drop(
    api: Api,
    index: IndexArgument,
    *,
    confirm: Annotated[str, typer.Option(help="The name of its table; its id where it has none.")],
    force: Annotated[bool, typer.Option("--force", help="Although it was read until lately.")] = False,
    environment: Environment = None,
    reason: Reason = None,
    dry_run: DryRun = False,
) -> None:
    """Forget an index; the table of a shadow is dropped."""
    found = await _index(api, index, environment)
    query: dict[str, Any] = {"confirm": confirm, "force": force, "dry_run": dry_run, "reason": reason}
    done = await api.command("DELETE", f"{INDEXES}/{found['id']}", query={k: v for k, v in query.items() if v})
    if dry_run:
        api.terminal.line(f"{index} can be dropped")
        return
    _tell(api, done)


async def _act(api: Api, name: str, environment: str | None, act: str, body: dict[str, Any]) -> None:
    found = await _index(api, name, environment)
    _tell(api, await api.command("POST", f"{INDEXES}/{found['id']}/{act}", body))


async def _index(api: Api, name: str, environment: str | None) -> Document:
    """The index of this table or id. Raises Failed."""
    items = (await api.read(INDEXES, environment=environment))["items"]
    found: list[Document] = [one for one in items if name in (one["id"], one["table"])]
    if not found:
        raise Failed(f"there is no index {name}: varve index list shows what there is")
    if len(found) > 1:
        places = ", ".join(sorted(one["environment"] for one in found))
        raise Misused(f"there are indexes {name} in {places}: name one with --environment")
    return found[0]


def _tell(api: Api, index: Document) -> None:
    if api.terminal.as_json:
        api.terminal.answer(index)
        return
    name = index["table"] or index["id"]
    api.terminal.line(f"{name}: {_scope(index)} in {index['environment']}, {index['status']}, {_filled(index)} chunks")


def _scope(index: Document) -> str:
    return "global" if index["collection_id"] is None else f"collection:{index['collection_id']}"


def _filled(index: Document) -> str:
    return str(index["chunks"]) if index["of"] is None else f"{index['chunks']} of {index['of']}"
