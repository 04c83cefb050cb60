"""Commands about environments."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from api.cli.client import Api
from api.cli.options import Reason

ENVIRONMENTS = "/api/environments"
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
