"""An experiment by its name, as commands take it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.client import Api
from api.cli.failures import Failed

EXPERIMENTS = "/api/experiments"
NameArgument = Annotated[str, typer.Argument(help="The experiment's name.")]


async def experiment_named(api: Api, name: str, environment: str | None) -> dict[str, Any]:
    """Raises Failed where there is none of this name."""
    for one in (await api.read(EXPERIMENTS, environment=environment))["items"]:
        if one["name"].casefold() == name.casefold():
            found: dict[str, Any] = one
            return found
    raise Failed(f"there is no experiment {name}: varve experiment list shows what there is")
