"""The checklist before users come."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.environments import ENVIRONMENTS, NameArgument
from api.cli.failures import MISUSED, REFUSED, Failed

BACKUP = "backup_restorable"

Backup = Annotated[Path | None, typer.Option(help="What varve backup wrote: it is restored on trial.")]


async def golive(api: Api, name: NameArgument, *, backup: Backup = None) -> None:
    """Look at what must be in order before users come. Exit code 0: all is; 1: something is not; 2: cannot tell."""
    held, problem = _tried(backup)
    path = f"{ENVIRONMENTS}/{quote(name, safe='')}/go-live"
    found = await api.read(path, **{f"backup_{what}": held[what] for what in ("size", "root") if held})
    if problem is not None:
        found = _with_failed_backup(found, problem)
    if api.terminal.as_json:
        api.terminal.answer(found)
    else:
        _tell(api, found)
    if found["ready"] is not True:
        raise typer.Exit(REFUSED if found["ready"] is False else MISUSED)


def _tried(backup: Path | None) -> tuple[dict[str, Any], str | None]:
    """What a backup holds, or why it cannot be restored."""
    if backup is None:
        return {}, None
    try:
        with TemporaryDirectory(prefix="varve-trial-") as folder:
            return wiring.restored(backup, f"sqlite:///{folder}/trial.db"), None
    except Failed as failure:
        return {}, failure.detail


def _with_failed_backup(found: dict[str, Any], problem: str) -> dict[str, Any]:
    wrong = {"state": "failed", "message": problem}
    items = [{**one, **wrong} if one["id"] == BACKUP else one for one in found["items"]]
    return {**found, "ready": False, "items": items}


def _tell(api: Api, found: dict[str, Any]) -> None:
    api.terminal.table(("", "item", "found"), [(one["state"], one["id"], one["message"]) for one in found["items"]])
    failed, unknown = (_named(found, state) for state in ("failed", "unknown"))
    if failed:
        api.terminal.line(f"{found['environment']} is not ready: {failed}")
    elif unknown:
        api.terminal.line(f"it cannot be told whether {found['environment']} is ready: {unknown}")
    else:
        api.terminal.line(f"{found['environment']} is ready")


def _named(found: dict[str, Any], state: str) -> str:
    return ", ".join(one["id"] for one in found["items"] if one["state"] == state)
