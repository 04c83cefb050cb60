"""Commands about webhooks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.client import Api
from api.cli.failures import Failed
from api.cli.options import Reason

WEBHOOKS = "/api/webhooks"

Id = Annotated[str, typer.Argument(help="Its id.", metavar="WEBHOOK")]


async def add(
    api: Api,
    url: Annotated[str, typer.Argument(help="Where to: https, and a public address.")],
    event_types: Annotated[list[str], typer.Argument(help='Which: "config.*", "profile.updated", "*"; may repeat.')],
    *,
    environment: Annotated[
        str | None, typer.Option("-e", "--environment", help="Only its events. Without it: those of all, and of none.")
    ] = None,
    template: Annotated[str, typer.Option(help="cloudevents or slack.")] = "cloudevents",
    description: Annotated[str | None, typer.Option(help="What for.")] = None,
    reason: Reason = None,
) -> None:
    """Send events somewhere from now on, and print what they are signed with: this once."""
    body = {
        "environment": environment,
        "event_types": event_types,
        "url": url,
        "template": template,
        "description": description,
        "reason": reason,
    }
    done = await api.command("POST", WEBHOOKS, body)
    if api.terminal.as_json:
        api.terminal.answer(done)
    api.terminal.line(done["secret"])
    api.terminal.note(f"the webhook {done['id']} is signed with it; keep it now, it is not shown again")


async def list_(api: Api) -> None:
    """List the webhooks; never a secret."""
    found = await api.read(WEBHOOKS)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [
        (one["id"], one["environment"] or "all", ", ".join(one["event_types"]), one["url"], state_of(one))
        for one in found["items"]
    ]
    api.terminal.table(("id", "environment", "events", "url", "state"), rows)


async def test(api: Api, webhook: Id) -> None:
    """Send an event that never was, now; ends with 1 where it is not taken."""
    told = await api.command("POST", f"{WEBHOOKS}/{webhook}/test")
    if api.terminal.as_json:
        api.terminal.answer(told)
    said = f"{told['status'] or 'no answer'} in {told['seconds']:.2f} s: {told['answer']}".rstrip(": ")
    if not told["is_delivered"]:
        raise Failed(f"the receiver did not take it ({said})")
    api.terminal.line(f"taken ({said})")


async def deliveries(
    api: Api,
    webhook: Id,
    *,
    state: Annotated[str | None, typer.Option(help="Only those: waiting, delivered or dead.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=500, help="So many, the newest.")] = 50,
) -> None:
    """Tell what was sent there, what waits, and what was given up."""
    found = await api.read(f"{WEBHOOKS}/{webhook}/deliveries", state=state, limit=limit)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [
        (one["id"], one["position"], one["event_type"], one["state"], one["attempts"], one["due_at"], last_of(one))
        for one in found["items"]
    ]
    api.terminal.table(("id", "position", "event", "state", "attempts", "due", "answer"), rows)


async def redeliver(
    api: Api,
    webhook: Id,
    delivery: Annotated[str | None, typer.Argument(help="Its id. Without it: all that were given up.")] = None,
) -> None:
    """Send a delivery again, or all dead ones, oldest first."""
    at = f"{WEBHOOKS}/{webhook}/deliveries"
    ids = [delivery] if delivery else [one["id"] async for one in api.items(at, state="dead")]
    sent = [await api.command("POST", f"{at}/{one}/redeliver") for one in reversed(ids)]
    if api.terminal.as_json:
        api.terminal.answer({"items": sent, "next": None})
    api.terminal.line(f"{len(sent)} will be sent again")


async def rotate(
    api: Api,
    webhook: Id,
    *,
    overlap: Annotated[int, typer.Option(help="So many seconds the old secret signs too.")] = 86_400,
    reason: Reason = None,
) -> None:
    """Sign with a new secret, and print it: this once. For a day the old one signs too."""
    done = await api.command(
        "POST", f"{WEBHOOKS}/{webhook}/rotate-secret", {"overlap_seconds": overlap, "reason": reason}
    )
    if api.terminal.as_json:
        api.terminal.answer(done)
    api.terminal.line(done["secret"])
    api.terminal.note("keep it now, it is not shown again; give it to the receiver before the old one ends")


async def on(api: Api, webhook: Id, *, reason: Reason = None) -> None:
    """Switch a webhook on: what happens from now on is sent."""
    await _switch(api, webhook, on=True, reason=reason)


async def off(api: Api, webhook: Id, *, reason: Reason = None) -> None:
    """Switch a webhook off: what happens meanwhile is not sent, and what waits is given up."""
    await _switch(api, webhook, on=False, reason=reason)


async def _switch(api: Api, webhook: str, *, on: bool, reason: str | None) -> None:
    done = await api.command("PUT", f"{WEBHOOKS}/{webhook}", {"is_active": on, "reason": reason})
    if api.terminal.as_json:
        api.terminal.answer(done)
    api.terminal.line(f"{'on' if on else 'off'}: {done['url']}")


async def remove(api: Api, webhook: Id, *, reason: Reason = None) -> None:
    """Delete a webhook: nothing is sent there any more."""
    await api.command("DELETE", f"{WEBHOOKS}/{webhook}", query={"reason": reason})
    api.terminal.line(f"removed: {webhook}")


async def status(api: Api) -> None:
    """Tell how deliveries stand: how far, what waits, and whether a restore has paused them."""
    told = await api.read(f"{WEBHOOKS}/status")
    if api.terminal.as_json:
        api.terminal.answer(told)
    since = f", the oldest since {told['oldest_waiting_at']}" if told["oldest_waiting_at"] else ""
    paused = "paused, because the log was restored: varve webhooks resume; " if told["is_paused"] else ""
    api.terminal.line(f"{paused}at {told['position']} of {told['head']}, {told['waiting']} waiting{since}")


async def resume(
    api: Api,
    *,
    after: Annotated[
        int | None, typer.Option(help="Send what lies beyond this position. Without it: what is to come.")
    ] = None,
) -> None:
    """Go on after a restore."""
    told = await api.command("POST", f"{WEBHOOKS}/resume", {"after": after})
    if api.terminal.as_json:
        api.terminal.answer(told)
    api.terminal.line(f"deliveries go on beyond {told['position']}")


def state_of(webhook: dict[str, Any]) -> str:
    if webhook["is_active"]:
        return "on"
    return f"off: {webhook['why_disabled']}" if webhook["why_disabled"] else "off"


def last_of(delivery: dict[str, Any]) -> str:
    return " ".join(str(delivery[name]) for name in ("status", "answer") if delivery[name])
