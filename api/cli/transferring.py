"""Commands that bring settings in and take them out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.failures import Failed, Misused
from api.cli.lines import LINES, read_lines
from api.cli.options import DryRun, Environment, Reason
from api.cli.requests import How, ImportRequest, document_request, is_bundle
from api.cli.shipped import PREFIX, list_shipped, shipped_request

IMPORTS, EXPORTS = "/api/imports", "/api/exports"
ENV_FORM = "env"
COUNTS = ("created", "updated", "unchanged")

Files = Annotated[
    list[str], typer.Argument(metavar="FILE... | env FILE | builtin:NAME", help="TOML, YAML, JSON, or .jsonl.")
]
Map = Annotated[list[str] | None, typer.Option("--map", help="PATH=TYPE, such as rag.chunking=chunking. May repeat.")]
MapFile = Annotated[Path | None, typer.Option(help="A file of mappings, which also renames and drops fields.")]
Layers = Annotated[Path | None, typer.Option(help="Where the layers lie that a file extends.")]
Define = Annotated[bool, typer.Option("--define", help="Make types for sections that have none.")]
Scope = Annotated[str, typer.Option("-s", "--scope", help="Where the configs go: global, or kind:id.")]
Name = Annotated[str | None, typer.Option(help="What the configs are called; the file's name if not given.")]
Time = Annotated[str | None, typer.Option("--time", help="The field of a line that tells when it was so.")]
Atomic = Annotated[bool, typer.Option("--atomic", help="A bundle in one commit, or not at all.")]
Replace = Annotated[bool, typer.Option("--replace", help="env: take out what the file does not give.")]
Materialize = Annotated[bool, typer.Option("--materialize", help="env: also make global defaults of the values.")]


async def import_(
    api: Api,
    files: Files,
    *,
    map_: Map = None,
    map_file: MapFile = None,
    layers: Layers = None,
    define: Define = False,
    scope: Scope = "global",
    environment: Environment = None,
    name: Name = None,
    time: Time = None,
    atomic: Atomic = False,
    replace: Replace = False,
    materialize: Materialize = False,
    dry_run: DryRun = False,
    reason: Reason = None,
) -> None:
    """Import files: bundles, documents of others, environment variables (import env FILE), or what ships (builtin:)."""
    if files[0] == ENV_FORM:
        if len(files) != 2:
            raise Misused("name one file of environment variables: varve import env FILE")
        body = {"environment": environment, "replace": replace, "materialize": materialize, "reason": reason}
        await _import_variables(api, Path(files[1]), body, dry_run=dry_run)
        return
    if replace or materialize:
        raise Misused("--replace and --materialize are for environment variables: varve import env FILE")
    mapping = wiring.read_file(map_file) if map_file else {}
    how = How(tuple(map_ or ()), mapping, define, scope, environment, name, reason, atomic, time)
    if files == [PREFIX]:
        await list_shipped(api)
        return
    plans = [
        (file, await _plan(api, file, how, layers, files)) for file in files
    ]  # a bad file keeps the others out, too
    results = [{"file": file, **await _import_file(api, file, plan, dry_run=dry_run)} for file, plan in plans]
    if api.terminal.as_json:
        api.terminal.answer({"items": results})


async def _plan(api: Api, source: str, how: How, layers: Path | None, all_: list[str]) -> Sequence[ImportRequest]:
    if source.startswith(PREFIX):
        return [await shipped_request(api, source, how, others=all_)]
    file = Path(source)
    suffix = file.suffix.lower()
    if suffix == ".env" or file.name == ".env":
        raise Misused(f"{file} holds environment variables: varve import env {file}")
    if suffix == LINES:
        return read_lines(file, how)
    if how.time is not None:
        raise Misused(f"--time is for files of lines ({LINES}), and {file} is none: leave it out")
    document = wiring.read_file(file, layers=layers)
    if not is_bundle(document):
        how.require_mapping(file)
    return [document_request(document, how, name=file.stem)]


async def _import_file(api: Api, file: str, plan: Sequence[ImportRequest], *, dry_run: bool) -> dict[str, Any]:
    """Send what a file asks for. Lines are tried first, so that a line that cannot be stored keeps the others out."""
    if len(plan) > 1 or dry_run:
        tried = [await _send(api, file, one, dry_run=True) for one in plan]
        if dry_run:
            return _told(api, file, tried, would="would be ")
    done = [await _send(api, file, one, dry_run=False) for one in api.terminal.progress(plan, what=file)]
    return _told(api, file, done)


async def _send(api: Api, file: str, one: ImportRequest, *, dry_run: bool) -> dict[str, Any]:
    query = {"dry_run": True} if dry_run else {}
    try:
        answer: dict[str, Any] = await api.command(
            "POST", IMPORTS, one.body, key=one.key, caller_time=one.caller_time, query=query
        )
    except Failed as failure:
        where = f"{file}, line {one.line}" if one.line else file
        failure.detail = f"{where}: {failure.detail}"
        raise
    return answer


def _told(api: Api, file: str, answers: Sequence[dict[str, Any]], *, would: str = "") -> dict[str, Any]:
    """The sum of the answers, told in a line."""
    total = {**answers[-1], **{count: _sum(answers, count) for count in COUNTS}}
    total["types_defined"] = sorted({name for one in answers for name in one["types_defined"]})
    total["repeated"] = all(one.get("repeated") for one in answers)
    counts = ", ".join(f"{total[count]} {would}{count}" for count in COUNTS)
    before = " (imported before)" if total["repeated"] else ""
    api.terminal.line(f"{file}: {counts}{before}")
    for what, key in (("types defined", "types_defined"), ("dropped", "dropped"), ("not mapped", "unmapped")):
        if total[key]:
            api.terminal.note(f"  {what}: {', '.join(total[key])}")
    return total


def _sum(answers: Sequence[dict[str, Any]], count: str) -> int:
    return sum(one[count] for one in answers)


async def _import_variables(api: Api, file: Path, body: dict[str, Any], *, dry_run: bool) -> None:
    from domain.config_types.environment_variables import VARIABLES

    # Such a file often holds passwords too: what is no setting does not leave this process.
    variables = {name: value for name, value in wiring.read_env_file(file).items() if name in VARIABLES}
    asked = {"kind": "env", "variables": variables, **body}
    done = await api.command("POST", IMPORTS, asked, query={"dry_run": True} if dry_run else {})
    if api.terminal.as_json:
        api.terminal.answer({"file": str(file), **done})
    count = sum(len(values) for values in done["values"].values())
    types = ", ".join(sorted(done["values"])) or "no type"
    api.terminal.line(f"{file}: {count} values {'would be ' if dry_run else ''}in the process layer, for {types}")
    for problem in done["problems"]:
        api.terminal.note(f"  skipped {problem['variable']}: {problem['message']}")
    for one in done["hidden"]:
        api.terminal.note(f"  hidden {one['config_type']}{one['pointer']}: {one['hidden_by']} gives another value")
    for note in done["notes"]:
        api.terminal.note(f"  {note}")


async def export(
    api: Api,
    file: Annotated[Path | None, typer.Argument(help="Where to; to the terminal where it is not named.")] = None,
    environment: Annotated[str | None, typer.Option("-e", "--environment", help="Only this one.")] = None,
) -> None:
    """Write all settings as a bundle, which import reads."""
    if file is not None and file.suffix.lower() != ".json":
        raise Misused(f"a bundle is JSON: call the file {file.with_suffix('.json')}")
    bundle = await api.read(EXPORTS, environment=environment)
    text = json.dumps(bundle, ensure_ascii=False, indent=2) + "\n"
    if file is None:
        print(text, end="")
        return
    try:
        file.write_text(text)
    except OSError as error:
        raise Failed(f"{file} cannot be written: {error.strerror}; name another file") from error
    api.terminal.line(f"{file}: {len(bundle['configs'])} configs, {len(bundle['types'])} types")
