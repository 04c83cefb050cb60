"""Commands that ask about the past: what changed for a context, and how two moments differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli.changing import Name, ScopeArgument, TypeArgument, found_config
from api.cli.client import Api
from api.cli.options import Environment
from api.cli.reading import CONFIGS, EFFECTIVE, Collections, Scopes, Told, Types, shown, told_attributes

Whose = Annotated[str, typer.Argument(help="Whose settings.")]
From = Annotated[
    str | None, typer.Option("--from", help="A moment: 2026-11-20T10:00:00Z, or tag:NAME.", metavar="TIME")
]
To = Annotated[str | None, typer.Option("--to", help="A moment; now if it is not named.", metavar="TIME")]

Id = Annotated[str | None, typer.Option("--id", help="The config's id; of a deleted one too.", metavar="ID")]


async def timeline(
    api: Api,
    user: Whose,
    collection: Collections = None,
    scope: Scopes = None,
    type_: Types = None,
    *,
    attribute: Told = None,
    from_: From = None,
    to: To = None,
    environment: Environment = None,
) -> None:
    """Tell each change of what a user gets: when, who, and which fields."""
    found = await api.read(
        f"{EFFECTIVE}/{quote(user, safe='')}/timeline",
        environment=environment,
        collection_id=collection or None,
        scope=[quote(one) for one in scope or ()] or None,
        attribute=attribute or None,
        config_types=type_ or None,
        to=to,
        limit=500,
        **{"from": from_},
    )
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    api.terminal.table(("position", "at", "by", "type", "field", "before", "after"), _turns(found["items"]))
    if found["next"]:
        api.terminal.note(f"there is more after position {found['next']}: name a later --from")


def _turns(items: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for turn in items:
        for name, changes in turn["changes"].items():
            for change in changes:
                when = (turn["position"], turn["at"][:19], turn["actor"])
                yield (*when, name, change["pointer"][1:], *sides(change))


async def diff(
    api: Api,
    user: Whose,
    collection: Collections = None,
    scope: Scopes = None,
    type_: Types = None,
    *,
    attribute: Told = None,
    from_: From = None,
    to: To = None,
    environment: Environment = None,
) -> None:
    """Tell how what a user gets differs between two moments. Exit code 1 where it does."""
    context = {
        "environment": environment,
        "user_id": user,
        "collection_ids": list(collection or ()),
        "scopes": [quote(one) for one in scope or ()],
        "attributes": told_attributes(attribute),
    }
    body = {
        "left": {**context, "as_of": from_},
        "right": {**context, "as_of": to},
        "config_types": list(type_ or ()),
    }
    found = await api.ask("/api/diff", body)
    if api.terminal.as_json:
        api.terminal.answer(found)
    elif not found["changes"]:
        api.terminal.line("no difference")
    else:
        rows = [(name, one["pointer"][1:], *sides(one)) for name, all_ in found["changes"].items() for one in all_]
        api.terminal.table(("type", "field", "before", "after"), rows)
    if found["changes"]:
        raise typer.Exit(1)


async def history(
    api: Api,
    scope: ScopeArgument,
    config_type: TypeArgument,
    *,
    name: Name = None,
    id_: Id = None,
    environment: Environment = None,
) -> None:
    """Tell every event of the config in force at a scope, newest first."""
    config_id = id_ or (await found_config(api, scope, config_type, name=name, environment=environment))["id"]
    items = [item async for item in api.items(f"{CONFIGS}{config_id}/history")]
    if api.terminal.as_json:
        api.terminal.answer({"items": items})
        return
    columns = ("version", "position", "at", "by", "operation", "change", "why")
    api.terminal.table(columns, map(_step, items))


def _step(one: dict[str, Any]) -> tuple[Any, ...]:
    changes = [f"{op['path'][1:]}={shown(op['value']) if 'value' in op else '(none)'}" for op in one["diff"]]
    changes += [f"{name}={shown(sides[1])}" for name, sides in one["changed"].items()]
    operation = f"{one['operation']} to {one['restores']}" if one["restores"] else one["operation"]
    when = (one["version"], one["position"], one["changed_at"][:19], one["changed_by"])
    return (*when, operation, ", ".join(changes), one["reason"])


def sides(change: dict[str, Any]) -> tuple[str, str]:
    """Before and after, as they are shown."""
    return tuple(shown(change[side]) if side in change else "" for side in ("before", "after"))  # type: ignore[return-value]
