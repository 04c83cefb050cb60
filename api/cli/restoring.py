"""Commands that bring the past back, and name moments of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli.changing import Name, found_config
from api.cli.client import Api
from api.cli.failures import Misused
from api.cli.options import DryRun, Environment, Reason
from api.cli.past import Id, sides
from api.cli.reading import CONFIGS, AsOf, At, Scopes, Types

ScopeArgument = Annotated[str | None, typer.Argument(help="global, or kind:id: of one config.")]
TypeArgument = Annotated[str | None, typer.Argument(metavar="[TYPE]", help="The config type.")]


async def rollback(
    api: Api,
    scope: ScopeArgument = None,
    config_type: TypeArgument = None,
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="The whole environment, or what --scope and --type name.")
    ] = False,
    version: Annotated[int | None, typer.Option("--to", help="The version of the config.", min=1)] = None,
    as_of: AsOf = None,
    position: At = None,
    name: Name = None,
    id_: Id = None,
    scopes: Scopes = None,
    type_: Types = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    environment: Environment = None,
) -> None:
    """Take a config, or a whole environment (--all), back to what it was."""
    if all_ == (scope is not None or id_ is not None):
        raise Misused("say what to take back: SCOPE TYPE, --id, or --all")
    if sum(one is not None for one in (version, as_of, position)) != 1 or (all_ and version is not None):
        raise Misused("name the moment once: --as-of, --position" + ("" if all_ else ", or --to VERSION"))
    moment = {"as_of": as_of, "position": position, "reason": reason}
    query = {"dry_run": True} if dry_run else {}
    if all_:
        asked = {"environment": environment, "scopes": scopes or None, "types": type_ or None, **moment}
        _listed(api, await api.command("POST", "/api/rollbacks", asked, query=query))
        return
    if id_ is None and (scope is None or config_type is None):
        raise Misused("say which type too: varve rollback SCOPE TYPE")
    config_id = id_ or await _id_of(api, str(scope), str(config_type), name, environment)
    path = f"{CONFIGS}{config_id}/rollback"
    done = await api.command("POST", path, {"to_version": version, **moment}, query=query)
    _told(api, done, dry_run=dry_run)


async def _id_of(api: Api, scope: str, config_type: str, name: str | None, environment: str | None) -> str:
    found: str = (await found_config(api, scope, config_type, name=name, environment=environment))["id"]
    return found


def _listed(api: Api, done: dict[str, Any]) -> None:
    if api.terminal.as_json:
        api.terminal.answer(done)
        return
    api.terminal.table(("scope", "type", "name", "operation", "field", "now", "then"), _rows(done["configs"]))
    would = "would change" if done["dry_run"] else "changed"
    api.terminal.line(f"{len(done['configs'])} configs {would}: back to position {done['to_position']}")


def _rows(configs: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for one in configs:
        for change in one["changes"]:
            field = change["pointer"].removeprefix("/config_data")[1:]
            yield one["scope"], one["config_type"], one["name"], one["operation"], field, *sides(change)


def _told(api: Api, done: dict[str, Any], *, dry_run: bool) -> None:
    if api.terminal.as_json:
        api.terminal.answer(done)
    elif dry_run:
        api.terminal.table(("event", "version"), [(one["type"], one["stream_version"]) for one in done["events"]])
        api.terminal.line("nothing was recorded")
    else:
        state = "in force" if done["in_force"] else f"not in force: {done['in_force_reason']}"
        scope = done["scope_kind"] + (f":{done['scope_id']}" if done["scope_id"] else "")
        where = f"{done['config_type']} at {scope}"
        api.terminal.line(f"{where} in {done['environment']}: {done['name']} is at version {done['version']}, {state}")


async def undo(
    api: Api,
    position: Annotated[int, typer.Argument(help="The event's position.", min=1)],
    *,
    force: Annotated[
        list[str] | None, typer.Option("--force", help="A pointer to undo although it changed since. May repeat.")
    ] = None,
    dry_run: DryRun = False,
    reason: Reason = None,
) -> None:
    """Do the opposite of one event, over what is there today."""
    query = {"dry_run": True} if dry_run else {}
    body = {"force": force or [], "reason": reason}
    _told(api, await api.command("POST", f"/api/events/{position}/undo", body, query=query), dry_run=dry_run)


async def tag(
    api: Api,
    name: Annotated[str | None, typer.Argument(help="The tag; without it, all are listed.")] = None,
    position: Annotated[int | None, typer.Argument(help="The position; now if it is not named.", min=0)] = None,
    *,
    reason: Reason = None,
) -> None:
    """Give a position a name, which then serves as a moment: tag:NAME."""
    if name is None:
        found = await api.read("/api/tags")
        if api.terminal.as_json:
            api.terminal.answer(found)
        else:
            api.terminal.table(("tag", "position"), [(one["name"], one["position"]) for one in found["items"]])
        return
    done = await api.command("PUT", f"/api/tags/{quote(name, safe='')}", {"position": position, "reason": reason})
    if api.terminal.as_json:
        api.terminal.answer(done)
    api.terminal.line(f"tag:{done['name']} is position {done['position']}")
