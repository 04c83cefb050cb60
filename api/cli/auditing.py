"""Commands of an auditor: answers made from raw events alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.failures import Failed, Misused
from api.cli.operating import Debug
from api.cli.options import Environment
from api.cli.reading import Collections, Scopes, Told, Types, rows_of, told_attributes
from api.cli.terminal import Terminal

AUDITS = "/api/audits"
COLUMNS = ("for", "type", "field", "value", "layer", "by", "at", "why", "hides")


async def replay(
    api: Api,
    *,
    at: Annotated[str | None, typer.Option("--at", help="A moment; now if it is not named.", metavar="TIME")] = None,
    user: Annotated[str | None, typer.Option("-u", "--user", help="Whose settings.")] = None,
    collection: Collections = None,
    scope: Scopes = None,
    attribute: Told = None,
    type_: Types = None,
    all_: Annotated[bool, typer.Option("--all", help="Everybody, and each scope that ever had a config.")] = False,
    format_: Annotated[
        Literal["table", "json", "ndjson"] | None, typer.Option("--format", help="table, json, or a line each: ndjson.")
    ] = None,
    environment: Environment = None,
) -> None:
    """Tell what was in force, by replay of raw events alone. Exit code 1 where the views say otherwise."""
    if all_ and (user is not None or collection or scope or attribute):
        raise Misused("--all is for everybody: leave --user, --collection, --scope and --attribute out")
    who: dict[str, Any] = (
        {}
        if all_
        else {
            "user_id": user,
            "collection_ids": list(collection or ()),
            "scopes": list(scope or ()),
            "attributes": told_attributes(attribute),
        }
    )
    position = at.removeprefix("position:") if at and at.startswith("position:") else None
    moment = {"position": int(position)} if position and position.isdigit() else {"as_of": at}
    body = {
        **who,
        **moment,
        "environment": environment,
        "config_types": list(type_ or ()),
        "explain": True,
        "all": all_,
    }
    found = await api.ask(f"{AUDITS}/replay", body)
    items = found["items"] if all_ else [found]
    _tell(api, found, items, format_ or ("json" if api.terminal.as_json else "table"))
    if differing := [_whose(one) for one in items if not one["equal"]]:
        raise Failed(f"the views say otherwise for {', '.join(differing[:5])}: run varve projections verify")


def _tell(api: Api, found: dict[str, Any], items: list[dict[str, Any]], format_: str) -> None:
    if format_ == "json":
        api.terminal.answer(found)
    elif format_ == "ndjson":
        for one in items:
            print(json.dumps(one, ensure_ascii=False))
    else:
        api.terminal.table(COLUMNS, _rows(items))
        read = max((one["events_read"] for one in items), default=0)
        api.terminal.note(f"{read:,} events replayed; {len(items)} answers, at position {found['position']}")


def _rows(items: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for one in items:
        for row in rows_of(one["effective"], explain=True):
            yield _whose(one), *row


def _whose(one: dict[str, Any]) -> str:
    collections = [f"collection:{id_}" for id_ in one["collection_ids"]]
    user = [f"user:{one['user_id']}"] if one["user_id"] is not None else []
    return f"{one['environment']}: {', '.join([*user, *collections, *one['scopes']]) or 'everybody'}"


async def verify(
    api: Api,
    *,
    checkpoint: Annotated[Path | None, typer.Option(help="The checkpoint that you hold.", metavar="FILE")] = None,
    key: Annotated[Path | None, typer.Option(help="The log's public key.", metavar="FILE")] = None,
) -> None:
    """Compute the log's tree from its rows again: exit code 0 verified, 1 altered, 2 cannot tell."""
    held = {"checkpoint": _text(checkpoint), "key": _text(key)}
    found = await api.ask(f"{AUDITS}/verify", held)
    if api.terminal.as_json:
        api.terminal.answer(found)
    counts = f"{found['events']:,} events read, {found['unanchored']:,} of them not yet anchored"
    if found["verdict"] == "verified":
        api.terminal.line(f"verified: {found['reason']} ({counts})")
        return
    if found["verdict"] == "cannot_verify":
        raise Misused(f"cannot verify: {found['reason']} ({counts})")
    where = "" if found["first_bad"] is None else f", first at position {found['first_bad']}"
    raise Failed(f"the log was altered{where}: {found['reason']} ({counts})")


def _text(path: Path | None) -> str | None:
    """Raises Misused for a file that cannot be read: it is never as if it had not been named."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Misused(f"cannot verify: {path} cannot be read ({why})") from error


async def checkpoint(
    api: Api,
    file: Annotated[Path | None, typer.Argument(help="Where to keep it; told if it is not named.")] = None,
) -> None:
    """Take a signed checkpoint of the log from its server."""
    found = await api.read(f"{AUDITS}/checkpoint")
    if file is not None:
        file.write_text(found["checkpoint"], encoding="utf-8")
    if api.terminal.as_json:
        api.terminal.answer(found)
    else:
        what = found["checkpoint"].rstrip() if file is None else f"{found['size']:,} leaves of {found['origin']}"
        api.terminal.line(what)


def key(
    file: Annotated[Path, typer.Argument(help="Where the private key is to be; the public one gets .pub after it.")],
    *,
    debug: Debug = False,  # noqa: ARG001 -- read where faults are told
) -> None:
    """Make a key to sign checkpoints with."""
    public = wiring.made_key(file)
    terminal = Terminal(as_json=False)
    terminal.line(f"the private key is in {file}: set VARVE_CHECKPOINT_KEY to it, away from the store")
    terminal.line(f"the public key is in {public}: give it to those who verify")
