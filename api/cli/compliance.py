"""The command that tells whether what is in force is what the security policies demand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from api.cli.client import Api
from api.cli.reading import AsOf, shown

WORDS = {True: "holds", False: "violated", None: "unknown"}


async def compliance(
    api: Api,
    environment: Annotated[str | None, typer.Argument(help="The server's default one if not named.")] = None,
    *,
    regime: Annotated[list[str] | None, typer.Option("-r", "--regime", help="Only this one. May repeat.")] = None,
    scope: Annotated[list[str] | None, typer.Option("-s", "--scope", help="Only this kind:id. May repeat.")] = None,
    as_of: AsOf = None,
    all_: Annotated[bool, typer.Option("--all", help="Tell what holds, too.")] = False,
) -> None:
    """Check settings in force against the security policies in force. Exit code 1 where they do not hold."""
    query = {"environment": environment, "regime": regime or None, "scope": scope or None, "as_of": as_of}
    found = await api.read("/api/compliance", **query)
    if api.terminal.as_json:
        api.terminal.answer(found)
    else:
        _tell(api, found, all_=all_)
    if found["holds"] is not True:
        raise typer.Exit(1)


def _tell(api: Api, found: dict[str, Any], *, all_: bool) -> None:
    if not found["items"]:
        api.terminal.line(f"no security policy in force in {found['environment']} demands anything")
        return
    columns = ("regime", "", "kept", "violated", "warnings", "unknown")
    counts = columns[2:]
    rows = ((name, WORDS[one["holds"]], *(one[count] for count in counts)) for name, one in found["regimes"].items())
    api.terminal.table(columns, rows)
    told = [one for one in found["items"] if all_ or one["holds"] is not True]
    if told:
        api.terminal.table(("requirement", "", "scope", "says", "because of"), map(_row, told))
    if not found["is_whole"]:
        api.terminal.note("there are more scopes than are checked at once: name some with --scope")


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    word = "warning" if one["holds"] is False and one["severity"] == "warning" else WORDS[one["holds"]]
    return one["requirement"], word, one["scope"], one["why"] or one["expression"], ", ".join(_because(one))


def _because(one: dict[str, Any]) -> Iterator[str]:
    yield from (f"{one['config_type']}{pointer}={shown(value)}" for pointer, value in one["values"].items())
    if event := one["event"]:
        why = f" ({event['reason']})" if event["reason"] else ""
        yield f"by {event['actor']} at position {event['position']}, {event['at'][:19]}{why}"
