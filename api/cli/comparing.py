"""What is in force in environments, side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.client import Api

Types = Annotated[list[str] | None, typer.Option("--type", help="Only this type. May repeat.")]
Profiles = Annotated[list[str] | None, typer.Option("--profile", help="Only this profile. May repeat.")]
Scopes = Annotated[list[str] | None, typer.Option("--scope", help="Only this scope. May repeat.")]


async def compare(
    api: Api,
    environments: Annotated[list[str], typer.Argument(metavar="ENV ENV...")],
    *,
    types: Types = None,
    scopes: Scopes = None,
    profiles: Profiles = None,
) -> None:
    """Show what is in force in environments, side by side, where it differs."""
    query = {"environments": environments, "config_type": types or None, "scope": scopes or None}
    query["profile"] = profiles or None
    found = [one async for one in api.items("/api/compare", **query)]
    if api.terminal.as_json:
        api.terminal.answer({"items": found, "next": None})
        return
    rows = [
        (
            one["config_type"] or "",
            one["scope"],
            field["pointer"],
            *(field["values"].get(name, "") for name in environments),
        )
        for one in found
        for field in one["fields"]
    ]
    api.terminal.table(("type", "scope", "field", *environments), rows)
