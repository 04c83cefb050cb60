"""Commands about change sets: drafted, reviewed, released from one environment to the next, rolled back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from api.cli.changing import Fields, ScopeArgument, TypeArgument, assigned, found_config
from api.cli.client import Api
from api.cli.comparing import Profiles, Scopes, Types
from api.cli.failures import Failed, Misused
from api.cli.options import Environment, Reason
from domain.configs.merge import merged
from domain.pointers import keys_of

SETS = "/api/change-sets"

Id = Annotated[str, typer.Argument(metavar="ID", help="The change set: its id, how that begins, or its title.")]
Title = Annotated[str | None, typer.Option(help="Of a new change set.")]


async def create(
    api: Api,
    source: Annotated[str, typer.Argument(metavar="FROM")],
    target: Annotated[str, typer.Argument(metavar="TO")],
    *,
    title: Title = None,
    types: Types = None,
    scopes: Scopes = None,
    profiles: Profiles = None,
    deletions: Annotated[bool, typer.Option("--deletions", help="Delete what TO has alone.")] = False,
    reason: Reason = None,
) -> None:
    """Propose a change set of what differs between two environments."""
    body: dict[str, Any] = {"from": source, "to": target, "title": title or f"{source} to {target}", "reason": reason}
    body |= {"types": types or None, "scopes": scopes or None, "profiles": profiles or None, "deletions": deletions}
    _tell(api, await api.command("POST", "/api/releases", body))


async def draft(
    api: Api,
    scope: ScopeArgument,
    config_type: TypeArgument,
    fields: Fields = None,
    *,
    into: Annotated[str | None, typer.Option(help="The change set that it goes into; absent: a new one.")] = None,
    title: Title = None,
    environment: Environment = None,
    reason: Reason = None,
) -> None:
    """Draft fields of the config in force at a scope, for a change set."""
    known = None if into is None else await _found(api, into, environment)
    place = environment if known is None else known["environment"]
    document: dict[str, Any] = {}
    for pointer, value in (assigned(text) for text in fields or ()):
        document = merged(document, _nested(pointer, value))
    if not document:
        raise Misused("there is nothing to draft: name FIELD=VALUE")
    wanted = await _draft(api, scope, config_type, document, environment=place)
    if known is None:
        body = {"environment": place, "title": title or f"{config_type} at {scope}", "drafts": [wanted]}
        made = await api.command("POST", SETS, {**body, "reason": reason})
    else:
        body = {"drafts": [wanted], "reason": reason}
        made = await api.command("POST", f"{SETS}/{known['id']}/drafts", body)
    _tell(api, made)


async def _draft(
    api: Api, scope: str, config_type: str, document: dict[str, Any], *, environment: str | None
) -> dict[str, Any]:
    try:
        config = await found_config(api, scope, config_type, name=None, environment=environment)
    except Failed:
        place = {"scope": scope, "config_type": config_type, "name": "default", "mode": "overlay", "is_default": True}
        return {**place, "config_data": document}
    version = {"config_id": config["id"], "base_version": config["version"]}
    return {**version, "config_data": merged(config["config_data"], document)}


def _nested(pointer: str, value: Any) -> dict[str, Any]:
    for key in reversed(keys_of(pointer)):
        value = {key: value}
    found: dict[str, Any] = value
    return found


async def copy(
    api: Api, id_: Id, *, title: Title = None, environment: Environment = None, reason: Reason = None
) -> None:
    """Begin a change set with the drafts of another, such as one that was rolled back."""
    found = await _found(api, id_, environment)
    body = {"environment": found["environment"], "title": title or found["title"], "copy_of": found["id"]}
    _tell(api, await api.command("POST", SETS, {**body, "reason": reason}))


async def list_(
    api: Api,
    *,
    environment: Environment = None,
    state: Annotated[str | None, typer.Option(help="draft, proposed, checked, approved, published, …")] = None,
) -> None:
    """List change sets, newest first."""
    found = await api.read(SETS, environment=environment, state=state)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [(one["id"][:8], one["state"], one["title"], one["created_by"], one["created_at"]) for one in found["items"]]
    api.terminal.table(("id", "state", "title", "by", "made"), rows)


async def show(api: Api, id_: Id, *, environment: Environment = None) -> None:
    """Show what a change set would change."""
    found = await _found(api, id_, environment)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    _tell(api, found)
    rows = [(one["operation"], one["config_type"] or one["kind"], one["scope"], one["name"]) for one in found["drafts"]]
    api.terminal.table(("does", "type", "scope", "name"), rows)
    if back := found["rolled_back"]:
        api.terminal.line(f"rolled back by {back['by']}: {back['reason'] or 'no reason given'}")
        if metrics := (back["evidence"] or {}).get("metrics"):
            api.terminal.table(("metric", "was"), metrics.items())


async def check(api: Api, id_: Id, *, environment: Environment = None, reason: Reason = None) -> None:
    """Tell all that stands in the way of publishing it."""
    found = await _found(api, id_, environment)
    told = await api.command("POST", f"{SETS}/{found['id']}/check", {"reason": reason})
    if api.terminal.as_json:
        api.terminal.answer(told)
    approvals = told["approvals"]
    counting = ", ".join(approvals["counting"]) or "nobody"
    api.terminal.line(f"approvals: {approvals['demanded']} are demanded; {counting} approves")
    if not told["ok"]:
        faults = [(one["pointer"], one["message"]) for one in told["problems"]]
        raise Failed("it cannot be published as it is", faults=faults)
    api.terminal.line("nothing else stands in the way")


async def impact(
    api: Api,
    id_: Id,
    *,
    days: Annotated[int | None, typer.Option(help="Try the contexts seen in so many days (7).")] = None,
    environment: Environment = None,
) -> None:
    """Tell who would get something else, and in which fields, were it published now."""
    found = await _found(api, id_, environment)
    told = await api.read(f"{SETS}/{found['id']}/impact", seen_days=days)
    if api.terminal.as_json:
        api.terminal.answer(told)
        return
    seen = told["contexts_seen"]
    tried = f"{seen['tried']} contexts" if seen["is_whole"] else f"the last {seen['tried']} of {seen['seen']} contexts"
    api.terminal.line(f"of {tried} seen in {seen['days']} days, {seen['affected']} would get something else")
    api.terminal.table(("field", "scopes"), sorted(told["fields"].items()))
    rows = [
        (one["user_id"] or "", one["collection_id"] or "", *(change[name] for name in ("pointer", "before", "after")))
        for one in seen["examples"]
        for change in one["changes"]
    ]
    api.terminal.table(("user", "collection", "field", "now", "then"), rows)


async def propose(api: Api, id_: Id, *, environment: Environment = None, reason: Reason = None) -> None:
    """Ask for its review."""
    await _act(api, id_, "propose", environment, reason)


async def approve(api: Api, id_: Id, *, environment: Environment = None, reason: Reason = None) -> None:
    """Approve of it, as it is now, when you have no part in it."""
    await _act(api, id_, "approve", environment, reason)


async def publish(
    api: Api,
    id_: Id,
    *,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Let the service do it then.")] = None,
    steps: Annotated[str | None, typer.Option(metavar="1,10,50,100", help="First for these percents of users.")] = None,
    bake_minutes: Annotated[float, typer.Option(help="How long each step lasts.")] = 30,
    guardrail: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC:BETTER:PERCENT", help="Roll it back where this is worse: latency_ms:lower:5."),
    ] = None,
    environment: Environment = None,
    reason: Reason = None,
) -> None:
    """Bring all of it into force in one commit, or nothing."""
    body: dict[str, Any] = {} if at is None else {"publish_at": at}
    if steps is not None:
        guardrails = [_guardrail(one) for one in guardrail or ()]
        percents = [_percent(one) for one in steps.split(",")]
        body["ramp"] = {"steps": percents, "bake_minutes": bake_minutes, "guardrails": guardrails}
    elif guardrail:
        raise Misused("--guardrail watches over a release that a part of the users have: give --steps too")
    await _act(api, id_, "publish", environment, reason, **body)


async def step(
    api: Api,
    id_: Id,
    percent: Annotated[float | None, typer.Argument(help="The next step where it is absent.")] = None,
    *,
    environment: Environment = None,
    reason: Reason = None,
) -> None:
    """Give a release that a part of the users have to more of them."""
    await _act(api, id_, "step", environment, reason, percent=percent)


def _percent(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Misused(f"{text} is not a percent: write --steps 1,10,50,100") from None


def _guardrail(text: str) -> dict[str, Any]:
    name, better, percent = [*text.rsplit(":", 2), "", ""][:3]
    try:
        return {"name": name, "better": better, "tolerated_change_percent": float(percent)}
    except ValueError:
        raise Misused(f"{text} is not METRIC:BETTER:PERCENT: write --guardrail latency_ms:lower:5") from None


async def rollback(
    api: Api,
    id_: Id,
    *,
    force: Annotated[list[str] | None, typer.Option(help="Give this back although it changed. May repeat.")] = None,
    environment: Environment = None,
    reason: Reason = None,
) -> None:
    """Give back what publishing it brought, for good."""
    await _act(api, id_, "rollback", environment, reason, force=force or [])


async def discard(api: Api, id_: Id, *, environment: Environment = None, reason: Reason = None) -> None:
    """Give it up for good."""
    await _act(api, id_, "discard", environment, reason)


async def _act(api: Api, id_: str, verb: str, environment: str | None, reason: str | None, **more: Any) -> None:
    found = await _found(api, id_, environment)
    body = {"reason": reason, **more}
    _tell(api, await api.command("POST", f"{SETS}/{found['id']}/{verb}", body, version=found["version"]))


async def _found(api: Api, id_: str, environment: str | None) -> dict[str, Any]:
    """Raises Failed where none, or several, begin like this, or have this title."""
    try:
        whole = str(UUID(id_))
    except ValueError:
        there = [one async for one in api.items(SETS, environment=environment)]
        ids = [one["id"] for one in there if one["title"] == id_ or one["id"].startswith(id_)]
        if len(ids) != 1:
            many = "several change sets have" if ids else "no change set has"
            raise Failed(
                f"{many} the title {id_}, or an id that begins so, there: varve release list shows them"
            ) from None
        (whole,) = ids
    found: dict[str, Any] = await api.read(f"{SETS}/{whole}")
    return found


def _tell(api: Api, found: dict[str, Any]) -> None:
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    count = len(found["drafts"])
    drafts = f"{count} draft{'' if count == 1 else 's'}"
    part = f", for {found['ramp']['percent']:g} % of users" if found["state"] == "ramping" else ""
    api.terminal.line(f"{found['id']}: {found['title']}, {found['state']} in {found['environment']}, {drafts}{part}")
