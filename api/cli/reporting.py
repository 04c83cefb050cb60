"""Commands that tell what applications reported: which configs fail, and what requests were answered with."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.client import Api
from api.cli.failures import Misused
from api.cli.options import Environment

FAILURES, USAGE = "/api/failures", "/api/usage"
EACH = ("at", "type", "layer", "version", "user", "healed by", "error", "config")
SUMMED = ("type", "layer", "version", "failures", "healed", "users", "last", "state", "last error", "config")
USED = ("at", "request", "user", "collection", "outcome", "position", "configs")

Id = Annotated[str | None, typer.Option("--id", help="Only of this config.", metavar="ID")]
Version = Annotated[int | None, typer.Option("--version", help="Only of this version of it.", min=1)]
Type = Annotated[str | None, typer.Option("-t", "--type", help="Only of this type.")]
Since = Annotated[str | None, typer.Option(help="A time, such as 2026-11-20T10:00:00Z.", metavar="TIME")]
Until = Annotated[str | None, typer.Option(help="A time.", metavar="TIME")]
Limit = Annotated[int, typer.Option(help="At most so many.", min=1, max=500)]


async def failures(
    api: Api,
    *,
    id_: Id = None,
    version: Version = None,
    type_: Type = None,
    since: Since = None,
    until: Until = None,
    each: Annotated[bool, typer.Option("--each", help="Each call, newest first, not their sums.")] = False,
    limit: Limit = 50,
    environment: Environment = None,
) -> None:
    """Tell which configs fail: how often, for how many users, and with what."""
    query = {
        "environment": environment,
        "config_id": id_,
        "version": _version_of(id_, version),
        "config_type": type_,
        "since": since,
        "until": until,
    }
    found = await api.read(
        FAILURES if each else f"{FAILURES}/summary", **query, limit=limit if each else min(limit, 100)
    )
    if api.terminal.as_json:
        api.terminal.answer(found)
    elif each:
        api.terminal.table(EACH, map(_each, found["items"]))
    else:
        api.terminal.table(SUMMED, map(_summed, found["items"]))


def _each(one: dict[str, Any]) -> tuple[Any, ...]:
    what = (one["config_type"], one["layer"], one["version"], one["user_id"])
    return (one["at"][:19], *what, one["healed_by"], one["error"], one["config_id"])


def _summed(one: dict[str, Any]) -> tuple[Any, ...]:
    what = (one["config_type"], one["layer"], one["version"], one["failures"], one["healed"], one["users"])
    return (*what, one["last_at"][:19], _verdict(one), one["last_error"], one["config_id"])


def _verdict(one: dict[str, Any]) -> str:
    if one["quarantined_position"] is not None:
        return f"out of force since {one['quarantined_position']}"
    return "too often" if one["over_threshold"] else ""


async def usage(
    api: Api,
    request_id: Annotated[str | None, typer.Argument(help="One request of an application.")] = None,
    *,
    id_: Id = None,
    version: Version = None,
    type_: Type = None,
    outcome: Annotated[str | None, typer.Option(help="ok, failed or healed.")] = None,
    user: Annotated[str | None, typer.Option("--user", "-u", help="Only for this user.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    environment: Environment = None,
) -> None:
    """Tell which requests were answered with what: by request, by version of a config, by outcome."""
    found = await api.read(
        USAGE,
        environment=environment,
        request_id=request_id,
        config_id=id_,
        version=_version_of(id_, version),
        config_type=type_,
        outcome=outcome,
        user_id=user,
        since=since,
        until=until,
        limit=limit,
    )
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    api.terminal.table(USED, map(_used, found["items"]))
    if found["next"]:
        api.terminal.note("there are more: name a time or a larger --limit")


def _used(one: dict[str, Any]) -> tuple[Any, ...]:
    configs = ", ".join(
        f"{used['config_type']} {used['layer']}" + (f" v{used['version']}" if used["version"] else "")
        for used in one["configs"]
    )
    whom = (one["request_id"], one["user_id"], one["collection_id"])
    return (one["at"][:19], *whom, one["outcome"], one["position"], configs)


def _version_of(id_: str | None, version: int | None) -> int | None:
    if version is not None and id_ is None:
        raise Misused("--version is that of a config: name it by --id")
    return version
