"""Commands about profiles, and the users who are given them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli.changing import Fields, TypeArgument, assigned
from api.cli.client import Api
from api.cli.failures import Failed, Misused
from api.cli.options import Environment, Reason

PROFILES, ASSIGNMENTS = "/api/profiles", "/api/assignments"
USERS_A_REQUEST = 1_000

NameArgument = Annotated[str, typer.Argument(help="The profile's name.")]
Users = Annotated[list[str] | None, typer.Argument(metavar="USER...", help="Ids of users.")]


async def set_(
    api: Api,
    name: NameArgument,
    config_type: TypeArgument,
    fields: Fields = None,
    *,
    environment: Environment = None,
    reason: Reason = None,
) -> None:
    """Set fields of a profile; without fields it sets nothing of the type any more. There is one afterwards."""
    given = [assigned(text) for text in fields or ()]
    found = await _found(api, name, environment)
    settings = dict(found["settings"]) if found else {}
    document = {**settings.pop(config_type, {}), **{pointer[1:]: value for pointer, value in given}}
    body = {"settings": {**settings, **({config_type: document} if given else {})}, "reason": reason}
    if found is None:
        made = await api.command("POST", PROFILES, {"name": name, "environment": environment, **body})
    else:
        made = await api.command("PUT", f"{PROFILES}/{found['id']}", body, version=found["version"])
    _tell(api, made)


async def list_(api: Api, *, environment: Environment = None) -> None:
    """List the profiles."""
    found = await api.read(PROFILES, environment=environment)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [(one["name"], _state(one), ", ".join(one["settings"]), one["description"]) for one in found["items"]]
    api.terminal.table(("name", "state", "sets", "description"), rows)


async def show(api: Api, name: NameArgument, *, environment: Environment = None) -> None:
    """Show what a profile sets."""
    found = await _profile(api, name, environment)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [(kind, field, value) for kind, data in found["settings"].items() for field, value in data.items()]
    api.terminal.table(("type", "field", "value"), rows)


async def on(api: Api, name: NameArgument, *, environment: Environment = None, reason: Reason = None) -> None:
    """Switch a profile on."""
    await _switch(api, name, environment, reason, is_active=True)


async def off(api: Api, name: NameArgument, *, environment: Environment = None, reason: Reason = None) -> None:
    """Switch a profile off: its users get what lies below."""
    await _switch(api, name, environment, reason, is_active=False)


async def delete(api: Api, name: NameArgument, *, environment: Environment = None, reason: Reason = None) -> None:
    """Delete a profile that nobody is given."""
    found = await _profile(api, name, environment)
    await api.command("DELETE", f"{PROFILES}/{found['id']}", query={"reason": reason})
    api.terminal.line(f"deleted: {found['name']} in {found['environment']}")


async def assign(
    api: Api,
    name: NameArgument,
    users: Users = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Take the users from the first column of this CSV file.")
    ] = None,
    environment: Environment = None,
    reason: Reason = None,
) -> None:
    """Give users a profile, instead of the one that they had."""
    everybody = [*(users or ()), *(_users_in(file) if file else ())]
    if not everybody:
        raise Misused("there is nobody to give it to: name users, or --file FILE")
    found = await _profile(api, name, environment)
    changed = 0
    for part in api.terminal.progress(_parts(everybody), what="assigning"):
        body = {"profile_id": found["id"], "users": part, "reason": reason}
        changed += (await api.command("POST", ASSIGNMENTS, body))["changed"]
    told = {"profile": found["name"], "environment": found["environment"], "users": len(everybody), "changed": changed}
    if api.terminal.as_json:
        api.terminal.answer(told)
    api.terminal.line(f"{found['name']} is given to {len(everybody):,} users; to {changed:,} of them it is new")


async def unassign(
    api: Api, user: Annotated[str, typer.Argument()], *, environment: Environment = None, reason: Reason = None
) -> None:
    """Take a user's profile away."""
    address = f"{ASSIGNMENTS}/{quote(user, safe='')}"
    await api.command("DELETE", address, query={"environment": environment, "reason": reason})
    api.terminal.line(f"user:{user} is given no profile")


async def users(api: Api, name: NameArgument, *, environment: Environment = None) -> None:
    """List who is given a profile."""
    found = await _profile(api, name, environment)
    place = {"environment": found["environment"], "profile_id": found["id"]}
    items = [one async for one in api.items(ASSIGNMENTS, **place)]
    if api.terminal.as_json:
        api.terminal.answer({"items": items, "next": None})
        return
    rows = [(one["user_id"], one["assigned_at"], one["assigned_by"], one["reason"]) for one in items]
    api.terminal.table(("user", "since", "by", "reason"), rows)


async def _switch(api: Api, name: str, environment: str | None, reason: str | None, *, is_active: bool) -> None:
    found = await _profile(api, name, environment)
    body = {"is_active": is_active, "reason": reason}
    _tell(api, await api.command("PUT", f"{PROFILES}/{found['id']}", body))


async def _found(api: Api, name: str, environment: str | None) -> dict[str, Any] | None:
    for one in (await api.read(PROFILES, environment=environment))["items"]:
        if one["name"].casefold() == name.casefold():
            found: dict[str, Any] = one
            return found
    return None


async def _profile(api: Api, name: str, environment: str | None) -> dict[str, Any]:
    """Raises Failed where there is none of this name."""
    found = await _found(api, name, environment)
    if found is None:
        raise Failed(f"there is no profile {name}: varve profile list shows what there is")
    return found


def _tell(api: Api, profile: dict[str, Any]) -> None:
    if api.terminal.as_json:
        api.terminal.answer(profile)
        return
    types = ", ".join(profile["settings"]) or "nothing"
    name, where = profile["name"], profile["environment"]
    api.terminal.line(f"{name} in {where} is at version {profile['version']}, {_state(profile)}; it sets {types}")


def _state(profile: dict[str, Any]) -> str:
    return "on" if profile["is_active"] else "off"


def _users_in(file: Path) -> Iterator[str]:
    """The first column; a heading that says so is passed over. Raises Failed for a file that cannot be read."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = [row[0].strip() for row in csv.reader(lines) if row and row[0].strip()]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Failed(f"{file} cannot be read as CSV: {error}") from error
    return iter(rows[1:] if rows[:1] and rows[0].lower() in {"user", "user_id"} else rows)


def _parts(everybody: Sequence[str]) -> list[list[str]]:
    """Each user once, in pieces that a request takes."""
    distinct = list(dict.fromkeys(everybody))
    return [distinct[start : start + USERS_A_REQUEST] for start in range(0, len(distinct), USERS_A_REQUEST)]
