"""Commands about experiments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.experiment_lookup import EXPERIMENTS, NameArgument, experiment_named
from api.cli.options import DryRun, Environment, Reason
from api.cli.warehousing import results_elsewhere

RESULT = ("metric", "variant", "users", "mean", "difference", "at every look", "p", "verdict")


async def create(
    api: Api,
    name: NameArgument,
    plan: Annotated[Path, typer.Argument(help="A JSON, YAML or TOML file: variants, traffic_percent …")],
    *,
    environment: Environment = None,
    reason: Reason = None,
    dry_run: DryRun = False,
) -> None:
    """Plan an experiment; it serves nothing before it is started."""
    body = {**wiring.read_file(plan), "name": name, "reason": reason}
    if environment is not None:
        body["environment"] = environment
    query = {"dry_run": True} if dry_run else {}
    done = await api.command("POST", EXPERIMENTS, body, query=query)
    if dry_run:
        api.terminal.line(f"{name} can be planned so")
        return
    _tell(api, done)


async def list_(api: Api, *, environment: Environment = None) -> None:
    """List the experiments."""
    found = await api.read(EXPERIMENTS, environment=environment)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [
        (one["name"], one["status"], f"{one['traffic_percent']:g} %", _shares(one), one["hypothesis"])
        for one in found["items"]
    ]
    api.terminal.table(("name", "status", "traffic", "shares", "hypothesis"), rows)


async def show(api: Api, name: NameArgument, *, environment: Environment = None) -> None:
    """Show an experiment's plan and how it stands."""
    found = await experiment_named(api, name, environment)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    hidden = {"id", "variants", "buckets", "position"}
    api.terminal.table(("", ""), [(key, value) for key, value in found.items() if key not in hidden and value])
    rows = [(one["name"], one["profile"], one["is_control"], found["shares"][one["name"]]) for one in found["variants"]]
    api.terminal.table(("variant", "profile", "control", "share"), rows)


async def start(api: Api, name: NameArgument, *, environment: Environment = None, reason: Reason = None) -> None:
    """Serve its variants, or go on after a pause."""
    await _act(api, name, environment, "start", {"reason": reason})


async def pause(api: Api, name: NameArgument, *, environment: Environment = None, reason: Reason = None) -> None:
    """Serve no variant for the time being."""
    await _act(api, name, environment, "pause", {"reason": reason})


async def traffic(
    api: Api,
    name: NameArgument,
    percent: Annotated[float, typer.Argument(help="Of the users.")],
    *,
    environment: Environment = None,
    reason: Reason = None,
) -> None:
    """Take in more users, or fewer: who is in it keeps the variant."""
    found = await experiment_named(api, name, environment)
    body = {"traffic_percent": percent, "reason": reason}
    _tell(api, await api.command("PUT", f"{EXPERIMENTS}/{found['id']}", body, version=found["version"]))


async def results(
    api: Api,
    name: NameArgument,
    *,
    from_: Annotated[
        str | None, typer.Option("--from", help="Of a folder of Parquet files, or a database: a SQLAlchemy URL.")
    ] = None,
    environment: Environment = None,
) -> None:
    """Tell what has come of it: each variant beside the control."""
    known = await experiment_named(api, name, environment)
    if from_ is None:
        found = await api.read(f"{EXPERIMENTS}/{known['id']}/results")
    else:
        found = results_elsewhere(known, where=from_)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [_result(metric["name"], one) for metric in found["metrics"] for one in metric["variants"]]
    api.terminal.table(RESULT, rows)
    users = ", ".join(f"{name} {count}" for name, count in found["users"].items())
    crossed = found["users_in_several_variants"]
    left_out = f"; {crossed} who met several variants are left out" if crossed else ""
    api.terminal.line(f"{found['name']} is {found['status']}; users: {users}{left_out}")
    if not found["shares"]["match"]:
        api.terminal.note("users are not distributed as the shares say: see whether each exposure is reported")


async def conclude(
    api: Api,
    name: NameArgument,
    *,
    adopt: Annotated[str | None, typer.Option(help="Make the settings of this variant global ones.")] = None,
    environment: Environment = None,
    reason: Reason = None,
) -> None:
    """End it for good: adopt a variant, or drop them all."""
    await _act(api, name, environment, "conclude", {"adopt": adopt, "reason": reason})


async def _act(api: Api, name: str, environment: str | None, act: str, body: dict[str, Any]) -> None:
    found = await experiment_named(api, name, environment)
    _tell(api, await api.command("POST", f"{EXPERIMENTS}/{found['id']}/{act}", body))


def _result(metric: str, one: dict[str, Any]) -> tuple[Any, ...]:
    mean = "" if one["mean"] is None else f"{one['mean']:.4g}"
    if one["difference"] is None:
        return (metric, one["name"], one["users"], mean, "", "", "", one["verdict"] or "")
    change = f"{one['difference']:+.4g}" + ("" if one["relative"] is None else f" ({one['relative']:+.1%})")
    sure = "{low:+.4g} to {high:+.4g}".format(**one["anytime_interval"])
    return (metric, one["name"], one["users"], mean, change, sure, f"{one['anytime_p_value']:.3g}", one["verdict"])


def _tell(api: Api, experiment: dict[str, Any]) -> None:
    if api.terminal.as_json:
        api.terminal.answer(experiment)
        return
    adopted = f", {experiment['adopted']} was adopted" if experiment["adopted"] else ""
    where = f"{experiment['name']} in {experiment['environment']}"
    traffic = f"{experiment['traffic_percent']:g} % of users: {_shares(experiment)}"
    api.terminal.line(f"{where} is {experiment['status']}{adopted}; {traffic}")


def _shares(experiment: dict[str, Any]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in experiment["shares"].items())
