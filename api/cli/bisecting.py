"""Which change did it, by a command that tells good from bad."""

from __future__ import annotations

import json
import subprocess
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli.client import Api
from api.cli.failures import Misused
from api.cli.options import Environment
from api.cli.reading import EFFECTIVE, Collections, Scopes, Told, told_attributes

CANNOT_TELL, FIRST_FATAL, NOT_FOUND = 125, 128, 127  # exit codes of the command, as `git bisect run` reads them


async def run(
    api: Api,
    command: Annotated[list[str], typer.Argument(help="The command; it gets the effective config on its input.")],
    *,
    good: Annotated[str, typer.Option(help="A moment when it was good: a time, tag:NAME, position:N.", metavar="TIME")],
    bad: Annotated[str, typer.Option(help="A later moment when it was bad.", metavar="TIME")],
    user: Annotated[str | None, typer.Option("-u", "--user", help="Whose settings.")] = None,
    collection: Collections = None,
    scope: Scopes = None,
    attribute: Told = None,
    environment: Environment = None,
) -> None:
    """Find the first bad change: COMMAND exits 0 where a config is good, 1 to 124 where it is bad."""
    scopes = [quote(one) for one in scope or ()]
    who: dict[str, Any] = {
        "environment": environment,
        "user_id": user,
        "collection_ids": list(collection or ()),
        "scopes": scopes,
    }
    who["attributes"] = told_attributes(attribute)
    query: dict[str, Any] = {
        "environment": environment,
        "user_id": user,
        "collection_id": collection or None,
        "scope": scopes or None,
    }
    query["attribute"] = attribute or None
    body = {"context": who, "good": good, "bad": bad}
    probes: list[dict[str, Any]] = []
    found = await api.ask("/api/bisects", {**body, "probes": probes})
    while found["next"] is not None:
        position = found["next"]
        effective = await api.read(EFFECTIVE, **query, position=position)
        is_bad = _is_bad(command, effective)
        api.terminal.note(f"position {position}: {'bad' if is_bad else 'good'}")
        probes.append({"position": position, "bad": is_bad})
        found = await api.ask("/api/bisects", {**body, "probes": probes})
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    first = found["first_bad"]
    when = f"{first['at'][:19]} by {first['actor']}"
    api.terminal.line(f"position {first['position']} is the first bad one ({first['operation']}, {when}):")
    rows = [(one["position"], one["type"], one["stream_id"], one["stream_version"]) for one in first["events"]]
    api.terminal.table(("position", "event", "of", "version"), rows)


def _is_bad(command: list[str], effective: dict[str, Any]) -> bool:
    """What the command makes of an effective config. Raises Misused where it cannot tell."""
    try:
        # The caller's own command, and nothing else goes on meanwhile.
        code = subprocess.run(command, input=json.dumps(effective).encode(), check=False).returncode  # noqa: S603
    except OSError as error:
        raise Misused(f"{command[0]} cannot be run: {error.strerror}") from error
    if code in (CANNOT_TELL, NOT_FOUND) or code < 0 or code >= FIRST_FATAL:
        where = f"at position {effective['position']}"
        raise Misused(f"{command[0]} ended with {code} {where}: 0 is good, 1 to 124 is bad")
    return code != 0
