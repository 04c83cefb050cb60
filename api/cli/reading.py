"""Commands that ask: what is in force, which configs there are, which types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli.client import Api
from api.cli.failures import Misused
from api.cli.options import Environment
from api.cli.terminal import cell
from domain.configs.attributes import parsed_attributes
from domain.errors import InvalidRequest
from domain.pointers import value_at

EFFECTIVE = "/api/runtime-configs/effective"
CONFIGS = "/api/runtime-configs/"
TYPES = "/api/config-types"
# of a field, told by themselves, or not at all
DETAILS = ("type", "format", "pattern", "default", "title", "description", "x-secret", "additionalProperties")

User = Annotated[str | None, typer.Argument(help="Whose settings; without a user: what everybody gets.")]
Collections = Annotated[
    list[str] | None, typer.Option("-c", "--collection", help="May repeat; the first is strongest.")
]
Scopes = Annotated[list[str] | None, typer.Option("-s", "--scope", help="A further scope, as kind:id. May repeat.")]
Told = Annotated[
    list[str] | None,
    typer.Option("-a", "--attribute", help="For eligibility: plan=pro, seats=12. May repeat.", metavar="NAME=VALUE"),
]
Types = Annotated[list[str] | None, typer.Option("-t", "--type", help="Only this type. May repeat.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="A moment: 2026-11-20T10:00:00Z, or tag:NAME.", metavar="TIME")
]
At = Annotated[int | None, typer.Option("--position", help="A position of the log.", min=0)]
Explain = Annotated[bool, typer.Option("--explain", help="Tell who set it, when, why, and what it hides.")]


async def get(
    api: Api,
    user: User = None,
    collection: Collections = None,
    scope: Scopes = None,
    type_: Types = None,
    *,
    attribute: Told = None,
    explain: Explain = False,
    as_of: AsOf = None,
    position: At = None,
    environment: Environment = None,
    secrets: Annotated[bool, typer.Option("--secrets", help="Show secrets in plain text.")] = False,
) -> None:
    """Tell which settings are in force for a user and collections, now or as of a moment."""
    path = EFFECTIVE if user is None else f"{EFFECTIVE}/{quote(user, safe='')}"
    effective = await api.read(
        path,
        environment=environment,
        collection_id=collection or None,
        scope=[quote(one) for one in scope or ()] or None,
        attribute=attribute or None,
        config_types=type_ or None,
        explain=True if explain or not api.terminal.as_json else None,
        as_of=as_of,
        position=position,
        secrets=True if secrets else None,
    )
    if api.terminal.as_json:
        api.terminal.answer(effective)
        return
    columns = ("type", "field", "value", "layer")
    more = ("by", "at", "why", "hides") if explain else ()
    api.terminal.table(columns + more, rows_of(effective, explain=explain))
    if effective.get("serving") == "defaults":
        name = effective["environment"]
        api.terminal.note(f"applications use their own defaults instead: varve env serving {name} tells why")
    for lack in effective["degraded"]:
        api.terminal.note(f"{lack['config_type']}: {lack['message']}")
    for experiment, variant in effective.get("experiments", {}).items() if explain else ():
        types = [name for name, exposed in effective.get("exposed", {}).items() if experiment in exposed]
        counts = f"counts, for {', '.join(types)}" if types else "does not count: other settings hide all it varies"
        api.terminal.note(f"experiment {experiment}: in {variant}, and {counts}")


def rows_of(effective: dict[str, Any], *, explain: bool) -> Iterator[tuple[Any, ...]]:
    """An effective answer as a table: type, field, value, layer; explained, also by whom, when, why, over what."""
    for name, path in effective["resolution_path"].items():
        fields = effective["provenance"].get(name) or {}
        if effective[name] is None or not fields:
            yield name, "", "not complete" if effective[name] is None else "{}", path, *([""] * 4 if explain else [])
        for pointer, source in fields.items():
            # Provenance holds a placeholder for each secret, the values hold what was asked for.
            told = (name, pointer[1:], shown(value_at(effective[name], pointer)), source["layer"])
            yield (*told, *_why(source)) if explain else told


def _why(source: dict[str, Any]) -> tuple[str, str, str, str]:
    hides = ", ".join(f"{one['layer']}: {shown(one['value'])}" for one in source["shadowed"])
    return source["actor"] or "", (source["at"] or "")[:19], source["reason"] or "", hides


def shown(value: Any) -> str:
    return "null" if value is None else cell(value)


def told_attributes(given: list[str] | None) -> dict[str, Any]:
    """As a body has them. Raises Misused."""
    try:
        return dict(parsed_attributes(given or ()))
    except InvalidRequest as refusal:
        raise Misused(f"--attribute: {refusal.detail}") from None


async def list_(
    api: Api,
    environment: Environment = None,
    scope: Annotated[str | None, typer.Option("-s", "--scope", help="global, a kind, or kind:id.")] = None,
    type_: Annotated[str | None, typer.Option("-t", "--type", help="Only this type.")] = None,
    name: Annotated[str | None, typer.Option(help="Any part of the name.")] = None,
) -> None:
    """List configs."""
    query = {"environment": environment, "scope": scope, "config_type": type_, "name": name}
    found = [item async for item in api.items(CONFIGS, **query)]
    found.sort(key=lambda c: (c["environment"], c["config_type"], c["scope_kind"], c["scope_id"] or "", c["name"]))
    if api.terminal.as_json:
        api.terminal.answer({"items": found})
        return
    columns = ("environment", "scope", "type", "name", "in force", "version", "updated", "by", "id")
    api.terminal.table(columns, map(_listed, found))


def _listed(c: dict[str, Any]) -> tuple[Any, ...]:
    scope = f"{c['scope_kind']}:{c['scope_id']}" if c["scope_id"] else c["scope_kind"]
    in_force = "yes" if c["in_force"] else c["in_force_reason"]
    updated = c["updated_at"][:19]
    return (
        c["environment"],
        scope,
        c["config_type"],
        c["name"],
        in_force,
        c["version"],
        updated,
        c["updated_by"],
        c["id"],
    )


async def types(api: Api, name: Annotated[str | None, typer.Argument(help="Tell all of this one.")] = None) -> None:
    """List config types, or tell the fields of one."""
    found = await api.read(TYPES if name is None else f"{TYPES}/{quote(name, safe='')}")
    if api.terminal.as_json:
        api.terminal.answer(found)
    elif name is None:
        columns = ("type", "mode", "made", "version", "fields", "description")
        api.terminal.table(columns, map(_typed, found["items"]))
    else:
        api.terminal.line(f"{found['name']} ({found['mode']}, version {found['version']}): {found['description']}")
        api.terminal.table(("field", "type", "default", "limits", "description"), _fields(found["schema"]))
        for rule in found["rules"]:
            api.terminal.line(f"rule {rule['name']}: {rule['message']}")


def _typed(one: dict[str, Any]) -> tuple[Any, ...]:
    made = "built in" if one["revision"] is not None else "custom"
    fields = len(one["schema"].get("properties", {}))
    return one["name"], one["mode"], made, one["version"], fields, one["description"]


def _fields(schema: dict[str, Any], inside: str = "") -> Iterator[tuple[Any, ...]]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        if "properties" in field:
            yield from _fields(field, f"{inside}{name}/")
            continue
        default = "required" if name in required else shown(field["default"]) if "default" in field else ""
        limits = ", ".join(f"{key} {cell(value)}" for key, value in field.items() if key not in DETAILS)
        yield inside + name, cell(field.get("type")), default, limits, field.get("description")
