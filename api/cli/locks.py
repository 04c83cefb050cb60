"""Commands about locks."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from api.cli.client import Api
from api.cli.failures import Failed, Misused
from api.cli.options import DryRun, Environment, Reason
from api.cli.yaml_text import yaml_text
from domain.documents import Document
from domain.releases.index import shadow_table
from domain.releases.runbook import manifest as manifest_of
from domain.releases.runbook import script, steps, undefined, variables

LOCKS = "/api/locks"

LockArgument = Annotated[str, typer.Argument(metavar="LOCK", help="Its label, or its id.")]
Every = Annotated[bool, typer.Option("--all", help="Ended ones too.")]
Why = Annotated[str, typer.Option("-r", "--reason", help="Why; recorded with the change.")]


async def create(
    api: Api,
    scope: Annotated[str, typer.Argument(help="global, or kind:id.")],
    config_type: Annotated[str, typer.Argument(metavar="TYPE", help="Such as chunk_index.")],
    *,
    embedder: Annotated[str, typer.Option(help="The model that embeds the chunks.")],
    tokenizer: Annotated[str | None, typer.Option(help="The embedder's own where it is not named.")] = None,
    tokenizer_hash: Annotated[str | None, typer.Option(help="SHA-256 of the tokenizer's file.")] = None,
    baseline: Annotated[list[str] | None, typer.Option(help="METRIC=NUMBER, as it was measured; may repeat.")] = None,
    production: Annotated[bool, typer.Option("--production", help="A production lock, not a candidate.")] = False,
    label: Annotated[str | None, typer.Option(help="YYYY-MM-DD-HHMMSS-vN, where it was made elsewhere.")] = None,
    environment: Environment = None,
    reason: Reason = None,
    dry_run: DryRun = False,
) -> None:
    """Freeze what is in force in a slot, at its version."""
    body = {
        "environment": environment,
        "scope": scope,
        "config_type": config_type,
        "embedder_name": embedder,
        "tokenizer_name": tokenizer or embedder,
        "tokenizer_hash": tokenizer_hash,
        "baseline_metrics": dict(_metric(one) for one in baseline or ()),
        "kind": "production" if production else "candidate",
        "version_label": label,
        "reason": reason,
    }
    done = await api.command("POST", LOCKS, body, query={"dry_run": True} if dry_run else {})
    if dry_run:
        api.terminal.line(f"{config_type} at {scope} can be locked so")
        return
    _tell(api, done)
    for what, found in done["checks"].items():
        if found != "passed":
            api.terminal.note(f"{what}: {found}")


async def list_(
    api: Api,
    *,
    environment: Environment = None,
    every: Every = False,
) -> None:
    """List the locks that are held."""
    found = await api.read(LOCKS, environment=environment, held=None if every else True)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    rows = [
        (one["version_label"], one["environment"], _place(one), one["kind"], one["status"], one["reason"])
        for one in found["items"]
    ]
    api.terminal.table(("label", "environment", "locks", "kind", "status", "because"), rows)


async def show(api: Api, lock: LockArgument, *, environment: Environment = None) -> None:
    """Show a lock: what it froze, what was checked, what became of it."""
    found = await lock_named(api, lock, environment)
    if api.terminal.as_json:
        api.terminal.answer(found)
        return
    api.terminal.table(("", ""), [(key, value) for key, value in found.items() if value not in (None, [], {})])


async def unlock(api: Api, lock: LockArgument, *, reason: Why, environment: Environment = None) -> None:
    """Let what is in force in the slot change again."""
    await _act(api, lock, environment, "unlock", {"reason": reason})


async def approve(
    api: Api,
    lock: LockArgument,
    *,
    to: Annotated[str, typer.Option(help="The environment that it may be promoted to.")],
    reason: Reason = None,
    environment: Environment = None,
) -> None:
    """Approve of a promotion, to where others must."""
    found = await lock_named(api, lock, environment)
    done = await api.command("POST", f"{LOCKS}/{found['id']}/approve", {"to_environment": to, "reason": reason})
    _tell(api, done)


async def promote(
    api: Api,
    lock: LockArgument,
    *,
    to: Annotated[str, typer.Option(help="The environment where the settings come into force.")],
    reason: Why,
    environment: Environment = None,
    dry_run: DryRun = False,
) -> None:
    """Put the locked settings in force in another environment, under a production lock."""
    await _act(api, lock, environment, "promote", {"to_environment": to, "reason": reason}, dry_run=dry_run)


async def rollback(
    api: Api, lock: LockArgument, *, reason: Why, environment: Environment = None, dry_run: DryRun = False
) -> None:
    """Put in force again what was before a promotion."""
    await _act(api, lock, environment, "rollback", {"reason": reason}, dry_run=dry_run)


async def runbook(
    api: Api,
    lock: LockArgument,
    *,
    to: Annotated[str | None, typer.Option(help="The environment that it goes on to.")] = None,
    environment: Environment = None,
) -> None:
    """Print the commands from a lock to an index that is read, as a shell script."""
    found = await lock_named(api, lock, environment)
    chunk_index, _ = await _settings(api, found)
    table = shadow_table(found["version_label"])
    if api.terminal.as_json:
        told = [step._asdict() for step in steps(found, table=table, to=to)]
        api.terminal.answer({"variables": variables(found, chunk_index, table=table), "steps": told})
        return
    print(script(found, chunk_index, table=table, to=to), end="")


async def manifest(api: Api, lock: LockArgument, *, environment: Environment = None) -> None:
    """Print what an evaluation with a lock is made with, as YAML (--json: as JSON), to be kept beside its results."""
    found = await lock_named(api, lock, environment)
    chunk_index, effective = await _settings(api, found)
    document = manifest_of(found, effective, chunk_index=chunk_index, table=shadow_table(found["version_label"]))
    if api.terminal.as_json:
        api.terminal.answer(document)
        return
    print(yaml_text(document), end="")


async def lock_named(api: Api, name: str, environment: str | None) -> Document:
    """The lock of this id or label; of several with one label, the one that is held.

    Raises Failed where there is none, Misused where the environment must be named.
    """
    if _is_id(name):
        by_id: Document = await api.read(f"{LOCKS}/{name}")
        return by_id
    items = (await api.read(LOCKS, environment=environment))["items"]
    found: list[Document] = [one for one in items if one["version_label"] == name]
    found = [one for one in found if one["status"] == "held"] or found
    if not found:
        raise Failed(f"there is no lock {name}: varve lock list --all shows what there is")
    if len(found) > 1:
        places = ", ".join(sorted({one["environment"] for one in found}))
        raise Misused(f"there are locks {name} in {places}: name one with --environment, or give its id")
    return found[0]


async def _settings(api: Api, lock: Document) -> tuple[Document, Document]:
    """chunk_index as it was locked, and all that is in effect where the lock is. Raises Failed."""
    kind, id_ = lock["scope"], lock["scope_id"]
    query = {} if kind == "global" else {"scope": f"{kind}:{id_}"}
    effective = await api.read("/api/runtime-configs/effective", environment=lock["environment"], **query)
    chunk_index = effective["chunk_index"] or {}
    if lock["config_type"] == "chunk_index":
        frozen = await api.read(f"/api/runtime-configs/{lock['config_id']}", version=lock["config_version"])
        chunk_index = {**chunk_index, **frozen["config_data"]}
    if lacking := undefined(chunk_index):
        raise Failed(f"no chunk_index is in effect where {lock['version_label']} is: give {', '.join(lacking)}")
    return chunk_index, effective


async def _act(
    api: Api, name: str, environment: str | None, act: str, body: dict[str, Any], *, dry_run: bool = False
) -> None:
    found = await lock_named(api, name, environment)
    done = await api.command("POST", f"{LOCKS}/{found['id']}/{act}", body, query={"dry_run": True} if dry_run else {})
    if dry_run:
        api.terminal.line(f"{act} of {found['version_label']} would go through: {len(done['events'])} events")
    else:
        _tell(api, done)


def _tell(api: Api, lock: Document) -> None:
    if api.terminal.as_json:
        api.terminal.answer(lock)
        return
    api.terminal.line(
        f"{lock['version_label']}: {_place(lock)} in {lock['environment']}, {lock['kind']}, {lock['status']}"
    )


def _place(lock: Document) -> str:
    at = lock["scope"] if lock["scope_id"] is None else f"{lock['scope']}:{lock['scope_id']}"
    return f"{lock['config_type']} at {at}"


def _metric(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise Misused(f"{text} is not METRIC=NUMBER") from None


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
