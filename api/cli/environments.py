"""Commands about environments: what each demands, its policies, freezing, serving."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.failures import Misused
from api.cli.options import Reason

ENVIRONMENTS = "/api/environments"
STAGES = ("development", "testing", "staging", "production")
MEANING = {
    "settings": "serves its settings",
    "defaults": "is off: applications use their own defaults",
}

NameArgument = Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="Such as production.")]
Switch = Annotated[
    bool | None, typer.Option("--defaults/--settings", help="Have defaults used, or serve settings again.")
]


async def serving(api: Api, name: NameArgument, *, defaults: Switch = None, reason: Reason = None) -> None:
    """Have applications use their own defaults, or the settings again; without an option, tell which it is."""
    path = f"{ENVIRONMENTS}/{quote(name, safe='')}/serving"
    if defaults is None:
        found = await api.read(path)
    else:
        body = {"serving": "defaults" if defaults else "settings", "reason": reason}
        found = await api.command("PUT", path, body)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    since = f" since {found['changed_at'][:19]}, by {found['changed_by']}" if found["changed_at"] else ""
    why = f": {found['reason']}" if found["reason"] else ""
    api.terminal.line(f"{name} {MEANING[found['serving']]}{since}{why}")


async def list_(api: Api) -> None:
    """List the environments."""
    found = await api.read(ENVIRONMENTS)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [(one["name"], one["promoted_from"], _demanded(one), _state(one)) for one in found["items"]]
    api.terminal.table(("name", "promoted from", "demands", "state"), rows)


async def show(api: Api, name: NameArgument) -> None:
    """Show what an environment demands of changes, and its policies."""
    found = await api.read(_path(name))
    policies = (await api.read(f"{_path(name)}/policies"))["items"]
    if api.terminal.as_json:
        api.terminal.answer({**found, "policies": policies})
        return
    api.terminal.line(_line(found))
    rows = [(one["name"], one["config_type"], *_told(rule)) for one in policies for rule in one["rules"]]
    api.terminal.table(("policy", "type", "rule", "severity", "expression"), rows)


async def add(api: Api, name: NameArgument, *, reason: Reason = None) -> None:
    """Add an environment; one that was retired comes back."""
    _tell(api, await api.command("POST", ENVIRONMENTS, {"name": name, "reason": reason}))


async def init(
    api: Api,
    *,
    stages: Annotated[bool, typer.Option("--stages", help="development → testing → staging → production.")] = False,
    reason: Reason = None,
) -> None:
    """Make the usual stages, each promoted from the one before; what is there stays as it is."""
    if not stages:
        raise Misused("say what to make: varve env init --stages")
    there = {one["name"]: one for one in (await api.read(ENVIRONMENTS))["items"]}
    for order, (name, source) in enumerate(zip(STAGES, (None, *STAGES), strict=False), start=1):
        if name not in there:
            await api.command("POST", ENVIRONMENTS, {"name": name, "reason": reason})
        if name not in there or there[name]["promoted_from"] is None:
            await _demand(api, name, {"promoted_from": source, "order": order}, reason)
    await list_(api)


async def set_(
    api: Api,
    name: NameArgument,
    *,
    promoted_from: Annotated[str | None, typer.Option(help='"" for none.')] = None,
    approvals: Annotated[int | None, typer.Option()] = None,
    require_reason: Annotated[bool | None, typer.Option()] = None,
    reason_pattern: Annotated[str | None, typer.Option(help='A regular expression; "" for none.')] = None,
    require_if_match: Annotated[bool | None, typer.Option()] = None,
    require_lock: Annotated[bool | None, typer.Option(help="Only a promoted lock moves things.")] = None,
    order: Annotated[int | None, typer.Option(help="Listings go by it.")] = None,
    reason: Reason = None,
) -> None:
    """Change what an environment demands of changes; what is not named stays."""
    given: dict[str, Any] = {
        "promoted_from": promoted_from,
        "approvals": approvals,
        "require_reason": require_reason,
        "reason_pattern": reason_pattern,
        "require_if_match": require_if_match,
        "require_lock": require_lock,
        "order": order,
    }
    demands = {key: value if value != "" else None for key, value in given.items() if value is not None}
    _tell(api, await _demand(api, name, demands, reason))


async def apply(api: Api, file: Annotated[Path, typer.Argument()], *, reason: Reason = None) -> None:
    """Make environments as a file has them: what each demands, and its policies. What it does not name stays."""
    wanted = wiring.read_file(file).get("environments")
    if not isinstance(wanted, dict) or not all(isinstance(one, dict) for one in wanted.values()):
        raise Misused(f"{file} names no environments: write environments, and under it each by its name")
    there = {one["name"] for one in (await api.read(ENVIRONMENTS))["items"]}
    done = []
    for name, demands in wanted.items():
        policies = demands.pop("policies", {})
        if name not in there:
            await api.command("POST", ENVIRONMENTS, {"name": name, "reason": reason})
        broken = [one for policy in policies.items() for one in await _set_policy(api, name, policy, reason)]
        done.append({**await _demand(api, name, demands, reason), "policies": sorted(policies), "violations": broken})
    if api.terminal.as_json:
        api.terminal.answer({"items": done})
    for one in done:
        api.terminal.line(f"{_line(one)}; {len(one['policies'])} policies set")
        for broken in one["violations"]:
            api.terminal.note(f"  in force already: {broken['pointer']}: {broken['message']} ({broken['rule']})")


async def retire(api: Api, name: NameArgument, *, reason: Reason = None) -> None:
    """Retire an environment: nothing in it is served or changed any more."""
    await api.command("DELETE", _path(name), query={"reason": reason})
    api.terminal.line(f"{name} is retired; varve env add {name} brings it back")


async def freeze(api: Api, name: NameArgument, *, reason: Reason = None) -> None:
    """Stop all changes in an environment."""
    _tell(api, await api.command("POST", f"{_path(name)}/freeze", {"reason": reason}))


async def thaw(api: Api, name: NameArgument, *, reason: Reason = None) -> None:
    """Let changes through again."""
    _tell(api, await api.command("POST", f"{_path(name)}/thaw", {"reason": reason}))


async def _demand(api: Api, name: str, demands: dict[str, Any], reason: str | None) -> dict[str, Any]:
    version = (await api.read(_path(name)))["version"]
    found: dict[str, Any] = await api.command("PUT", _path(name), {**demands, "reason": reason}, version=version)
    return found


async def _set_policy(api: Api, name: str, policy: tuple[str, Any], reason: str | None) -> list[dict[str, str]]:
    """What is in force already that breaks it."""
    path = f"{_path(name)}/policies/{quote(policy[0], safe='')}"
    found: list[dict[str, str]] = (await api.command("PUT", path, {**policy[1], "reason": reason}))["violations"]
    return found


def _path(name: str) -> str:
    return f"{ENVIRONMENTS}/{quote(name, safe='')}"


def _tell(api: Api, environment: dict[str, Any]) -> None:
    if api.terminal.as_json:
        api.terminal.answer(environment)
    api.terminal.line(_line(environment))


def _line(environment: dict[str, Any]) -> str:
    return f"{environment['name']} is {_state(environment)}; it demands {_demanded(environment) or 'nothing'}"


def _state(environment: dict[str, Any]) -> str:
    if not environment["frozen"]:
        return "open"
    frozen = environment["frozen"]
    why = f": {frozen['reason']}" if frozen["reason"] else ""
    return f"frozen since {frozen['since'][:19]} by {frozen['by']}{why}"


def _demanded(environment: dict[str, Any]) -> str:
    """What is demanded, in words."""
    pattern, approvals = environment["reason_pattern"], environment["approvals"]
    found = [f"a reason like {pattern}"] if pattern else ["a reason"] if environment["require_reason"] else []
    found += ["If-Match"] if environment["require_if_match"] else []
    found += [f"approvals ({approvals})"] if approvals else []
    found += ["a promoted lock"] if environment["require_lock"] else []
    return ", ".join(found)


def _told(rule: dict[str, str]) -> tuple[str, str, str]:
    return rule["name"], rule["severity"], rule["expression"]
