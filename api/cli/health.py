"""Commands about the health of an environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.environments import ENVIRONMENTS, NameArgument
from api.cli.options import Reason

REPORTS = "/api/health-reports"

Metrics = Annotated[Path | None, typer.Option("-m", "--metrics", help="A JSON, YAML or TOML file: metric to number.")]
Auto = Annotated[
    bool | None, typer.Option("--auto-rollback/--no-auto-rollback", help="Roll back what a critical alert follows.")
]


async def health(
    api: Api,
    name: NameArgument,
    *,
    metrics: Metrics = None,
    config_version: Annotated[str | None, typer.Option(help="Of what is measured.")] = None,
) -> None:
    """Check an environment and post the report, with metrics or without. Exit code 1 where it is not healthy."""
    measured = {} if metrics is None else wiring.read_file(metrics)
    body = {"environment": name, "metrics": measured.get("metrics", measured), "config_version": config_version}
    found = await api.command("POST", REPORTS, body)
    if api.terminal.as_json:
        api.terminal.answer(found)
    else:
        _tell(api, found)
    if not found["overall_healthy"]:
        raise typer.Exit(1)


async def bounds(
    api: Api,
    name: NameArgument,
    *,
    file: Annotated[Path | None, typer.Option("-f", "--file", help="Bounds by metric: at_least, at_most.")] = None,
    auto_rollback: Auto = None,
    reason: Reason = None,
) -> None:
    """Tell what is checked in an environment, and what is wrong there; with options, check otherwise."""
    path = f"{ENVIRONMENTS}/{quote(name, safe='')}/health"
    body: dict[str, Any] = {} if file is None else {"bounds": wiring.read_file(file)}
    if auto_rollback is not None:
        body["auto_rollback"] = auto_rollback
    found = await api.command("PUT", path, {**body, "reason": reason}) if body else await api.read(path)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [(metric, one["at_least"], one["at_most"], one["severity"]) for metric, one in found["bounds"].items()]
    api.terminal.table(("metric", "at least", "at most", "severity"), rows)
    api.terminal.line(f"automatic rollback is {'on' if found['auto_rollback'] else 'off'}")
    _tell_alerts(api, found["alerts"])


def _tell(api: Api, found: dict[str, Any]) -> None:
    api.terminal.line(f"{found['environment']} is {'healthy' if found['overall_healthy'] else 'not healthy'}")
    _tell_alerts(api, found["alerts"])
    for warning in found["config_health"]["warnings"]:
        api.terminal.line(f"policy warning: {warning}")
    if unknown := found["retrieval_health"]["unknown"]:
        api.terminal.note(f"could not be told: {', '.join(unknown)}")


def _tell_alerts(api: Api, alerts: list[dict[str, str]]) -> None:
    if alerts:
        rows = [(one["severity"], one["code"], one["message"]) for one in alerts]
        api.terminal.table(("severity", "code", "message"), rows)
