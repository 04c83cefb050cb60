"""Commands about API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.client import Api
from api.cli.options import Reason

KEYS = "/api/keys"


async def create(
    api: Api,
    label: Annotated[str, typer.Argument(help="Who uses it.")],
    *,
    role: Annotated[str, typer.Option(help="reader, viewer, editor, maintainer or admin.")] = "reader",
    environment: Annotated[
        list[str] | None,
        typer.Option("--environment", "-e", help="Where it opens; may repeat. Without it: everywhere."),
    ] = None,
    user: Annotated[str | None, typer.Option("--user", "-u", help="Bind it to this user.")] = None,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Bind it to this collection.")] = None,
    expires: Annotated[
        str | None, typer.Option(help="When it ends, such as 2027-11-20T10:00:00Z; never without it.", metavar="TIME")
    ] = None,
    reason: Reason = None,
) -> None:
    """Issue a key, and print it: this once, it is kept nowhere."""
    body = {
        "label": label,
        "role": role,
        "environments": environment or ["*"],
        "user_id": user,
        "collection_id": collection,
        "expires_at": expires,
        "reason": reason,
    }
    done = await api.command("POST", KEYS, body)
    if api.terminal.as_json:
        api.terminal.answer(done)
    api.terminal.line(done["api_key"])
    api.terminal.note(f"a {done['role']} in {', '.join(done['environments'])}; keep it now, it is not shown again")


async def list_(
    api: Api, *, live: Annotated[bool, typer.Option("--live", help="Only those that are good.")] = False
) -> None:
    """List the keys; never a secret."""
    found = await api.read(KEYS, is_live=True if live else None)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [
        (one["id"], one["label"], one["role"], ", ".join(one["environments"]), bound_to(one), state_of(one))
        for one in found["items"]
    ]
    api.terminal.table(("id", "label", "role", "environments", "bound to", "state"), rows)


async def revoke(api: Api, key_id: Annotated[str, typer.Argument(help="Its id.")], *, reason: Reason = None) -> None:
    """Revoke a key: it opens nothing any more."""
    done = await api.command("DELETE", f"{KEYS}/{key_id}", query={"reason": reason})
    if api.terminal.as_json:
        api.terminal.answer(done)
    api.terminal.line(f"revoked: {done['label']} ({done['role']} in {', '.join(done['environments'])})")


def bound_to(key: dict[str, str | None]) -> str:
    if key["user_id"]:
        return f"user:{key['user_id']}"
    return f"collection:{key['collection_id']}" if key["collection_id"] else ""


def state_of(key: dict[str, str | bool | None]) -> str:
    if key["revoked_at"]:
        return "revoked"
    if not key["is_live"]:
        return "expired"
    return f"until {key['expires_at']}" if key["expires_at"] else "live"
