"""Commands for the keys of secrets."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.operating import Debug

ROTATIONS = "/api/secrets/rotations"


async def rotate(
    api: Api,
    *,
    reason: Annotated[str | None, typer.Option(help="Why; recorded with the commit.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done.")] = False,
) -> None:
    """Seal under a new data key, and wrap all keys under the first master key."""
    query = {"dry_run": True} if dry_run else {}
    done = await api.command("POST", ROTATIONS, {"reason": reason}, query=query)
    if api.terminal.as_json:
        api.terminal.answer(done)
        return
    would = "would be " if dry_run else ""
    api.terminal.line(f"{done['rewrapped']} keys {would}wrapped anew under the master key {done['master']}")
    api.terminal.line(f"secrets {would or 'are '}sealed under the data key {done['key']} from now on")
    if not dry_run:
        api.terminal.note(f"every line but {done['master']} may leave the file of VARVE_SECRET_KEYS")


def key(
    name: Annotated[str, typer.Argument(help="The new key's name, such as m-2026.")],
    *,
    debug: Debug = False,  # noqa: ARG001 -- read where faults are told
) -> None:
    """Print a new master key, as a line for the file of VARVE_SECRET_KEYS."""
    print(wiring.new_master_key(name))
