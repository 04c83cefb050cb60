"""Commands that change single configs and types."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.failures import Failed, Misused
from api.cli.options import DryRun, Environment, Reason
from api.cli.reading import CONFIGS, TYPES
from domain.pointers import keys_of, pointer_of

ATTEMPTS = 5  # when somebody else changes the same config at the same moment
DEFAULT_NAME = "default"

ScopeArgument = Annotated[str, typer.Argument(help="global, or kind:id such as user:u-1")]
TypeArgument = Annotated[str, typer.Argument(metavar="TYPE", help="The config type.")]
Fields = Annotated[
    list[str] | None, typer.Argument(metavar="FIELD=VALUE...", help="JSON, or else text; /a/b=1 goes inside.")
]
Unset = Annotated[
    list[str] | None, typer.Option("--unset", help="Give a field back to the type's default. May repeat.")
]
Name = Annotated[str | None, typer.Option(help="The config of this name, rather than the slot's default.")]


async def set_(
    api: Api,
    scope: ScopeArgument,
    config_type: TypeArgument,
    fields: Fields = None,
    *,
    unset: Unset = None,
    name: Name = None,
    reason: Reason = None,
    environment: Environment = None,
) -> None:
    """Set fields of the config in force at a scope; there is one afterwards."""
    given = [assigned(text) for text in fields or ()]
    taken = [_pointer(field) for field in unset or ()]
    if not given and not taken:
        raise Misused("there is nothing to set: name FIELD=VALUE, or --unset FIELD")
    place = {"environment": environment, "scope": scope, "config_type": config_type}
    for attempt in range(ATTEMPTS):
        found = await _found(api, place, name)
        try:
            config = await _write(api, place, found, name=name, given=given, unset=taken, reason=reason)
        except Failed as failure:
            if failure.code not in ("stale_version", "name_taken", "slot_taken") or attempt == ATTEMPTS - 1:
                raise
            continue
        _tell(api, scope, config)
        return


async def _write(
    api: Api,
    place: dict[str, Any],
    found: dict[str, Any] | None,
    *,
    name: str | None,
    given: list[tuple[str, Any]],
    unset: list[str],
    reason: str | None,
) -> Any:
    """One attempt: the config is created, or changed as it was read."""
    if found is None:
        body = {key: value for key, value in place.items() if value is not None}
        draft = {"config_data": _with({}, given), "unset": unset, "mode": "overlay", "is_default": True}
        return await api.command("POST", CONFIGS, {**body, "name": name or DEFAULT_NAME, **draft, "reason": reason})
    changes: dict[str, Any] = {"config_data": _with(_without(found["config_data"], unset), given), "reason": reason}
    if found["mode"] == "overlay":
        kept = [pointer for pointer in found["unset"] if pointer not in {where for where, _ in given}]
        changes["unset"] = list(dict.fromkeys([*kept, *unset]))
    return await api.command("PUT", CONFIGS + found["id"], changes, version=found["version"])


def _tell(api: Api, scope: str, config: dict[str, Any]) -> None:
    if api.terminal.as_json:
        api.terminal.answer(config)
        return
    where = f"{config['config_type']} at {scope} in {config['environment']}"
    state = "in force" if config["in_force"] else f"not in force: {config['in_force_reason']}"
    api.terminal.line(f"{where}: {config['name']} is at version {config['version']}, {state}")


async def _found(api: Api, place: dict[str, Any], name: str | None) -> dict[str, Any] | None:
    """The default of the slot, or the config of this name there."""
    environment = place["environment"] or await _default_environment(api)
    query = {**place, "environment": environment, "name": name, "is_default": True if name is None else None}
    async for config in api.items(CONFIGS, **query):
        if name is None or config["name"].casefold() == name.casefold():
            return config
    return None


async def found_config(
    api: Api, scope: str, config_type: str, *, name: str | None, environment: str | None
) -> dict[str, Any]:
    """The default of a slot, or the config of this name there. Raises Failed where there is none."""
    place = {"environment": environment, "scope": scope, "config_type": config_type}
    found = await _found(api, place, name)
    if found is None:
        called = "default" if name is None else f"config {name}"
        raise Failed(f"there is no {called} of {config_type} at {scope}: varve list shows what there is")
    return found


async def _default_environment(api: Api) -> str:
    """What the server means where no environment is named."""
    found: str = (await api.read("/api/runtime-configs/effective", config_types=["chunking"]))["environment"]
    return found


def assigned(text: str) -> tuple[str, Any]:
    """FIELD=VALUE as a pointer and a value. Raises Misused."""
    field, equals, value = text.partition("=")
    if not equals:
        raise Misused(f"{text} sets nothing: write {text}=VALUE, or --unset {text}")
    return _pointer(field), _value(value)


def _pointer(field: str) -> str:
    pointer = field if field.startswith("/") else pointer_of((field,))
    if not all(keys_of(pointer)):
        raise Misused(f'"{field}" is not a field: write its name, or a pointer such as /object/field')
    return pointer


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda _: text)
    except ValueError:
        return text


def _with(document: dict[str, Any], given: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    for pointer, value in given:
        document = _put(document, keys_of(pointer), value)
    return document


def _put(document: dict[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    key, *rest = keys
    if not rest:
        return {**document, key: value}
    inner = document.get(key)
    return {**document, key: _put(inner if isinstance(inner, dict) else {}, rest, value)}


def _without(document: dict[str, Any], pointers: Iterable[str]) -> dict[str, Any]:
    for pointer in pointers:
        document = _cut(document, keys_of(pointer))
    return document


def _cut(document: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    key, *rest = keys
    if key not in document:
        return document
    if rest and isinstance(document[key], dict):
        return {**document, key: _cut(document[key], rest)}
    return {name: value for name, value in document.items() if name != key} if not rest else document


async def delete(
    api: Api,
    scope: ScopeArgument,
    config_type: TypeArgument,
    *,
    name: Name = None,
    reason: Reason = None,
    environment: Environment = None,
) -> None:
    """Delete the config in force at a scope; its history stays."""
    found = await found_config(api, scope, config_type, name=name, environment=environment)
    await api.command("DELETE", CONFIGS + found["id"], version=found["version"], query={"reason": reason})
    if api.terminal.as_json:
        api.terminal.answer({"deleted": found["id"]})
    api.terminal.line(f"{config_type} at {scope} in {found['environment']}: {found['name']} is deleted")


async def define(
    api: Api,
    name: Annotated[str, typer.Argument(help="The type's name.")],
    file: Annotated[Path, typer.Argument(help="JSON Schema, or description, mode, schema and rules.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Although live configs become invalid.")] = False,
    dry_run: DryRun = False,
    reason: Reason = None,
) -> None:
    """Define a config type, or define it anew."""
    document = wiring.read_file(file)
    body = document if isinstance(document.get("schema"), dict) else {"schema": document}
    asked = {**body, "force": force, "reason": reason}
    query = {"dry_run": True} if dry_run else {}
    done = await api.command("PUT", f"{TYPES}/{quote(name, safe='')}", asked, query=query)
    if api.terminal.as_json:
        api.terminal.answer(done)
        return
    for one in done["invalid"]:
        api.terminal.note(f"{one['scope']} in {one['environment']} is not valid under it")
    would = "would be defined" if dry_run else f"is defined, at version {done['version']}"
    api.terminal.line(f"{name} {would}")
