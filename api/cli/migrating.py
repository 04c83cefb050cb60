"""`varve migrate-legacy`: the rows of an older system become configs of its users."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

import typer

from api.cli import wiring
from api.cli.client import Api
from api.cli.failures import REFUSED, Failed
from api.cli.options import DryRun, Environment
from application.migrate_legacy import TABLES, Row, Told, parts, row_of, settled
from domain.errors import InvalidRequest

IMPORTS, EFFECTIVE = "/api/imports", "/api/runtime-configs/effective"
COUNTS = ("created", "updated", "unchanged")
OF_A_ROW = re.compile(r"(?:/bundle)?/configs/(\d+)(?:/config_data)?(/.*)?")

Source = Annotated[str, typer.Option(help="postgresql://USER@HOST/DATABASE or sqlite:///FILE; it is only read.")]
Reason = Annotated[str, typer.Option("-r", "--reason", help="Why; recorded with the changes.")]


@dataclass
class Report:
    """What became of the rows, and what of the source was not taken."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: list[Told] = field(default_factory=list)
    notes: list[Told] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def count(self, answer: Mapping[str, Any]) -> None:
        self.created += answer["created"]
        self.updated += answer["updated"]
        self.unchanged += answer["unchanged"]


async def migrate_legacy(
    api: Api,
    *,
    source: Source,
    environment: Environment = None,
    reason: Reason = "varve migrate-legacy",
    dry_run: DryRun = False,
) -> None:
    """Take in the tables llm_parameters and prompt_templates of an older system, as configs of its users."""
    place = (await api.read(EFFECTIVE, environment=environment, config_types=["llm"]))["environment"]
    found = wiring.legacy_rows(source)
    report = Report(dropped=found.dropped)
    rows = list(_readable(found.rows, report))
    taking = Taking(api, place, reason, report, dry_run=dry_run)
    for part in api.terminal.progress(parts(rows), what="rows"):
        await taking.take(part)
    _tell(api, report, dry_run=dry_run)


def _readable(tables: Mapping[str, Sequence[Mapping[str, Any]]], report: Report) -> Iterator[Row]:
    for table in TABLES:
        for values in tables.get(table.name, ()):
            report.rows += 1
            try:
                yield row_of(table, values)
            except InvalidRequest as refusal:
                report.skipped.append(Told(table.name, str(values.get("id")), refusal.detail))


class Taking:
    """Sends rows to the API, a commit at a time, and leaves out those that it refuses."""

    def __init__(self, api: Api, environment: str, reason: str, report: Report, *, dry_run: bool) -> None:
        self._api = api
        self._environment = environment
        self._reason = reason
        self._report = report
        self._query = {"dry_run": True} if dry_run else {}

    async def take(self, rows: Sequence[Row]) -> None:
        """What is refused may have hidden another row of its name, or a default: the rest is settled again."""
        left = list(rows)
        while left:
            chosen = settled(left)
            try:
                answer = await self._send(chosen.rows)
            except Failed as failure:
                refused = _refused(failure, chosen.rows)
                gone = {(one.table, one.id) for one in refused}
                left = [row for row in left if (row.table, row.id) not in gone]
                self._report.skipped += refused
                continue
            self._report.count(answer)
            self._report.skipped += chosen.skipped
            self._report.notes += chosen.notes
            return

    async def _send(self, rows: Sequence[Row]) -> Any:
        configs = [{"environment": self._environment, **row.config} for row in rows]
        bundle = {"varve_bundle": 1, "configs": configs}
        body = {"kind": "bundle", "bundle": bundle, "atomic": True, "reason": self._reason}
        return await self._api.command("POST", IMPORTS, body, query=self._query)


def _refused(failure: Failed, rows: Sequence[Row]) -> list[Told]:
    """The rows that a refusal names. Raises it again where it is about something else."""
    reasons: dict[int, list[str]] = {}
    for pointer, message in failure.faults:
        if failure.exit_code == REFUSED and (found := OF_A_ROW.fullmatch(pointer)):
            field_name = (found[2] or "").removeprefix("/")
            shown = message if not field_name or field_name in message else f"{field_name}: {message}"
            reasons.setdefault(int(found[1]), []).append(shown)
    if not reasons:
        raise failure
    return [Told(rows[n].table, rows[n].id, "; ".join(dict.fromkeys(told))) for n, told in reasons.items()]


def _tell(api: Api, report: Report, *, dry_run: bool) -> None:
    """The report; rows that were left behind are a negative answer, which a script must not pass over."""
    if api.terminal.as_json:
        api.terminal.answer({**asdict(report), "dry_run": dry_run})
    would = "would be " if dry_run else ""
    counts = ", ".join(f"{getattr(report, one):,} {would}{one}" for one in COUNTS)
    api.terminal.line(f"{report.rows:,} rows: {counts}, {len(report.skipped):,} {would}skipped")
    if report.dropped:
        api.terminal.note(f"  columns left out: {', '.join(report.dropped)}")
    for one in () if api.terminal.as_json else report.notes:
        api.terminal.note(f"  {one.table} {one.id}: {one.reason}")
    for one in () if api.terminal.as_json else report.skipped:
        api.terminal.note(f"  skipped {one.table} {one.id}: {one.reason}")
    if report.skipped:
        raise Failed(
            f"{len(report.skipped):,} of {report.rows:,} rows were skipped: mend them at the source and run this again"
        )
