"""Commands about evaluations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.locks import lock_named
from api.cli.options import DryRun, Environment, Reason
from api.cli.trials import evaluation_of, trial_key, trials_in

EVALUATIONS = "/api/evaluations"

Baseline = Annotated[str | None, typer.Option(help="The id of the evaluation to compare with.")]
OfLock = Annotated[str | None, typer.Option("--lock", help="The lock whose config was measured: its label, or its id.")]


async def record(
    api: Api,
    file: Annotated[Path, typer.Option("-f", "--file", help="JSON, YAML or TOML: manifest, dataset_hash, metrics …")],
    *,
    environment: Environment = None,
    baseline: Baseline = None,
    lock: OfLock = None,
    reason: Reason = None,
    dry_run: DryRun = False,
) -> None:
    """Record a run from a file, and tell the verdict. Exit code 1 where it fails against its baseline."""
    body = {**wiring.read_file(file), **await _named(api, environment, baseline=baseline, lock=lock, reason=reason)}
    done = await api.command("POST", EVALUATIONS, body, query={"dry_run": True} if dry_run else {})
    if dry_run:
        done = done["events"][0]["data"]
    if api.terminal.as_json:
        api.terminal.answer(done)
    else:
        _tell(api, done)
    if done["verdict"] == "fail":
        raise typer.Exit(1)


async def import_(
    api: Api,
    file: Annotated[Path, typer.Argument(help="Trials, one JSON object a line; their times are UTC.")],
    *,
    environment: Environment = None,
    baseline: Baseline = None,
    lock: OfLock = None,
    reason: Reason = None,
) -> None:
    """Record trials of a tuning run, in their order. One that was imported before is not recorded again."""
    trials = trials_in(file)
    named = await _named(api, environment, baseline=baseline, lock=lock, reason=reason)
    steps = api.terminal.progress(trials, what="trials")
    done = [
        await api.command("POST", EVALUATIONS, {**evaluation_of(one), **named}, key=trial_key(one, named))
        for one in steps
    ]
    if api.terminal.as_json:
        api.terminal.answer({"items": done, "next": None})
    verdicts = [one["verdict"] for one in done]
    told = ", ".join(f"{verdicts.count(one)} {one}" for one in ("pass", "fail", "unknown") if one in verdicts)
    api.terminal.line(f"{len(done)} evaluations: {told}" if done else "no trials in it")


async def list_(
    api: Api,
    *,
    environment: Environment = None,
    verdict: Annotated[str | None, typer.Option(help="Only these: pass, fail or unknown.")] = None,
    lock: OfLock = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=500, help="So many, the newest.")] = 50,
) -> None:
    """List evaluations, the newest first."""
    lock_id = None if lock is None else (await lock_named(api, lock, environment))["id"]
    query = {"environment": environment, "verdict": verdict, "lock_id": lock_id, "limit": limit}
    found = await api.read(EVALUATIONS, **query)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [
        (one["id"], one["ran_at"] or one["recorded_at"], one["name"], one["verdict"], _numbers(one["metrics"]))
        for one in found["items"]
    ]
    api.terminal.table(("id", "ran at", "name", "verdict", "metrics"), rows)


async def show(api: Api, evaluation: Annotated[str, typer.Argument(help="Its id.", metavar="EVALUATION")]) -> None:
    """Show one, with the verdict metric by metric."""
    found = await api.read(f"{EVALUATIONS}/{evaluation}")
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    _tell(api, found)


async def _named(
    api: Api, environment: str | None, *, baseline: str | None, lock: str | None, reason: str | None
) -> dict[str, Any]:
    """What options say, where they say something."""
    named: dict[str, Any] = {"environment": environment, "reason": reason}
    if lock is not None:
        named["lock_id"] = (await lock_named(api, lock, environment))["id"]
    if baseline is not None:
        named["baseline"] = {"evaluation_id": baseline}
    return {name: value for name, value in named.items() if value is not None}


def _tell(api: Api, found: dict[str, Any]) -> None:
    told = f"evaluation {found['id']}: " if "id" in found else ""
    api.terminal.line(f"{told}{found['verdict']}")
    if found["compared"]:
        rows = [(one["metric"], one["verdict"], one["reason"]) for one in found["compared"]]
        api.terminal.table(("metric", "verdict", "because"), rows)
    else:
        api.terminal.line(f"{_numbers(found['metrics'])}; no baseline to compare with")


def _numbers(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name}={value:.4g}" for name, value in metrics.items())
