"""Tampering: every class of change to every row of a log, behind a checkpoint that the operator holds, and beyond it.

    python -m tests.faults.tampering           a log of 500 events on each store, every row
    python -m tests.faults.tampering --short   a log of 54 events

Each change is made in the database, behind the service; then the log is verified, and put back as it was. One in five
is tried with the kept hashes gone too, as an intruder would leave them. Prints for each class how many of its changes
were detected, and whether the first bad position was named. Ends with 1 where a change behind the checkpoint went
unseen.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.bootstrap import service
from application.ports import Command, Decision
from application.use_cases import UseCases
from domain.audit.checkpoint import public_pem, signed
from tests.faults.doors import UseCaseDoor
from tests.faults.load import Racer
from tests.postgres import PostgresServer
from tests.shared_postgres import fresh_database

LONG_EVENTS, SHORT_EVENTS = 500, 54
TABLES = ("varve_events", "varve_commits", "varve_tiles")
ELSEWHERE = "0b9e7c526f0e5d0a9a530f7c2f0f7b11"  # a stream that is not in the log
FAR = 1_000_000
ONE_IN = 5  # changes is tried without the kept hashes too


@dataclass(frozen=True)
class Rows:
    """The log as it was recorded: positions of events, and commits as (recorded time, first, last)."""

    positions: list[int]
    commits: list[tuple[Any, ...]]


class Database:
    """The database behind the service's back. `position` is what the store calls the column of positions."""

    def __init__(self, connection: Any, *, position: str, mark: str) -> None:
        self.connection = connection
        self.position = position
        self._mark = mark
        for table in TABLES:
            self.run(f"CREATE TABLE pristine_{table} AS SELECT {self._all(table)} FROM {table}")

    def _all(self, table: str) -> str:
        return f"{self.position} AS position, *" if table == "varve_events" and self._mark == "?" else "*"

    def run(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement.replace("{position}", self.position).replace("?", self._mark), values)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.connection.execute(query.replace("{position}", self.position)).fetchall()
        return found

    def put_back(self) -> None:
        for table in TABLES:
            self.run(f"DELETE FROM {table}")
            if table == "varve_events" and self._mark == "?":
                columns = "originator_id, originator_version, topic, state"
                self.run(f"INSERT INTO {table} (rowid, {columns}) SELECT position, {columns} FROM pristine_{table}")
            else:
                self.run(f"INSERT INTO {table} SELECT * FROM pristine_{table}")


Change = Callable[[Database, int], None]
"""Changes the event at a position, or the commit of a recorded time."""


def sets(column: str, value: str) -> Change:
    return lambda database, at: database.run(f"UPDATE varve_events SET {column} = {value} WHERE {{position}} = ?", at)


def sets_commit(column: str, value: str) -> Change:
    return lambda database, at: database.run(f"UPDATE varve_commits SET {column} = {value} WHERE recorded_us = ?", at)


def delete_event(database: Database, at: int) -> None:
    database.run("DELETE FROM varve_events WHERE {position} = ?", at)


def delete_commit(database: Database, at: int) -> None:
    database.run("DELETE FROM varve_commits WHERE recorded_us = ?", at)


def insert_event(database: Database, at: int) -> None:
    """A copy of a row at the end, of a stream of its own."""
    columns = "originator_id, originator_version, topic, state"
    stream = f"'{ELSEWHERE}'" if database.position == "rowid" else f"'{ELSEWHERE}'::uuid"
    database.run(
        f"INSERT INTO varve_events ({{position}}, {columns})"
        f" SELECT (SELECT max({{position}}) + 1 FROM varve_events), {stream}, 1, topic, state"
        " FROM varve_events WHERE {position} = ?",
        at,
    )


def insert_commit(database: Database, at: int) -> None:
    """A commit without events, right after another."""
    database.run(
        "INSERT INTO varve_commits SELECT recorded_us + 1, last + 1, last, principal, 'forged', operation, digest"
        " FROM varve_commits WHERE recorded_us = ?",
        at,
    )


def swap_events(database: Database, at: int) -> None:
    """Two payloads change places: those of an event and the next one."""
    position = "position" if database.position == "rowid" else "notification_id"
    there = f"(SELECT state FROM pristine_varve_events AS p WHERE p.{position} = ?)"
    for one, other in ((at, at + 1), (at + 1, at)):
        database.run(f"UPDATE varve_events SET state = {there} WHERE {{position}} = ?", other, one)


def swap_positions(database: Database, at: int) -> None:
    for old, new in ((at, FAR), (at + 1, at), (FAR, at + 1)):
        database.run("UPDATE varve_events SET {position} = ? WHERE {position} = ?", new, old)


def flip(database: Database, at: int) -> None:
    """One letter of a payload."""
    changed = (
        "CAST(replace(CAST(state AS TEXT), '\"class_version\":1', '\"class_version\":2') AS BLOB)"
        if database.position == "rowid"
        else "convert_to(replace(convert_from(state, 'UTF8'), '\"class_version\":1', '\"class_version\":2'), 'UTF8')"
    )
    sets("state", changed)(database, at)


EVENT_CHANGES: dict[str, Change] = {
    "edit an event's payload": flip,
    "edit an event's topic": sets("topic", "'config.deleted '"),
    "edit an event's version": sets("originator_version", "originator_version + 100000"),
    "move an event to another stream": lambda database, at: sets(
        "originator_id", f"'{ELSEWHERE}'" if database.position == "rowid" else f"'{ELSEWHERE}'::uuid"
    )(database, at),
    "move an event to another position": sets("{position}", str(FAR)),
    "delete an event": delete_event,
    "insert an event": insert_event,
    "swap two payloads": swap_events,
    "swap two positions": swap_positions,
}
COMMIT_CHANGES: dict[str, Change] = {
    "edit a recorded time, later": sets_commit("recorded_us", "recorded_us + 1"),
    "edit a recorded time, earlier": sets_commit("recorded_us", "recorded_us - 1"),
    "edit a commit's first position": sets_commit("first", "first + 1"),
    "edit a commit's last position": sets_commit("last", "last + 1"),
    "edit a commit's principal": sets_commit("principal", "'mallory'"),
    "edit a commit's command id": sets_commit("command_id", "'another'"),
    "edit a commit's operation": sets_commit("operation", "'nothing'"),
    "edit a commit's digest": lambda database, at: sets_commit(
        "digest", "x'00'" if database.position == "rowid" else "'\\x00'::bytea"
    )(database, at),
    "delete a commit": delete_commit,
    "insert a commit": insert_commit,
}


def truncate(database: Database, last: int, recorded_us: int) -> None:
    """The log as it was earlier, whole in itself: what an older copy would be."""
    database.run("DELETE FROM varve_events WHERE {position} > ?", last)
    database.run("DELETE FROM varve_commits WHERE recorded_us > ?", recorded_us)


@dataclass
class Tampered:
    """What came of a class of changes, by where they were made and what the intruder left of the kept hashes."""

    made: Counter[str] = field(default_factory=Counter)
    detected: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)  # with the first bad position, as it was
    unseen: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    store: str
    events: int
    classes: dict[str, Tampered] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        """Changes behind the checkpoint that went unseen, or whose position went unnamed though hashes were kept."""
        return [one for tampered in self.classes.values() for one in tampered.unseen]


class Tampering:
    """One log, with a checkpoint in its middle and one at its end."""

    def __init__(self, cases: UseCases, database: Callable[[], Database], *, events: int, every: int) -> None:
        self._cases = cases
        self._every = every
        self._tries = 0
        fill(cases, events // 2)
        self._key = Ed25519PrivateKey.generate()
        self.middle, self._middle_note = self._checkpoint()
        fill(cases, events)
        self.end, self._end_note = self._checkpoint()
        self._database = database()
        self.rows = Rows(
            [row[0] for row in self._database.rows("SELECT {position} FROM varve_events ORDER BY 1")],
            [
                tuple(row)
                for row in self._database.rows("SELECT recorded_us, first, last FROM varve_commits ORDER BY 1")
            ],  # type: ignore[misc]
        )

    def _checkpoint(self) -> tuple[int, str]:
        self._cases.prove_log.grow()
        return self._cases.store.newest().last, signed(self._cases.prove_log.checkpoint(), self._key)  # type: ignore[union-attr]

    def run(self, outcome: Outcome) -> Outcome:
        assert self._verify(self._end_note).verdict == "verified"
        for name, change in EVENT_CHANGES.items():
            pairs = name.startswith("swap")
            for at in self.rows.positions[: -1 if pairs else None : self._every]:
                expected = self.rows.positions[-1] + 1 if name == "insert an event" else at
                self._try(outcome, name, change, at, expected)
        for name, change in COMMIT_CHANGES.items():
            for recorded_us, first, last in self.rows.commits[:: self._every]:
                self._try(outcome, name, change, recorded_us, last + 1 if name == "insert a commit" else first)
        for recorded_us, _, last in self.rows.commits[: -1 : self._every]:
            for name, with_hashes in (("truncate the tail", True), ("roll back to an older copy", False)):
                self._cut(outcome, name, recorded_us, last, with_hashes=with_hashes)
        return outcome

    def _try(self, outcome: Outcome, name: str, change: Change, at: int, expected: int) -> None:
        self._tries += 1
        for hashes in ("kept", "gone") if self._tries % ONE_IN == 0 else ("kept",):
            change(self._database, at)
            if hashes == "gone":
                self._database.run("DELETE FROM varve_tiles")
            if expected <= self.end:
                self._judge(outcome, name, f"behind, hashes {hashes}", self._end_note, expected)
            if expected > self.middle:
                self._judge(outcome, name, f"beyond, hashes {hashes}", self._middle_note, expected)
            self._database.put_back()

    def _cut(self, outcome: Outcome, name: str, recorded_us: int, last: int, *, with_hashes: bool) -> None:
        truncate(self._database, last, recorded_us)
        if not with_hashes:  # the copy is of everything
            self._database.run("DELETE FROM varve_tiles WHERE upto_us > ?", recorded_us)
        self._judge(outcome, name, "behind, hashes kept", self._end_note, last + 1)
        self._database.put_back()

    def _judge(self, outcome: Outcome, name: str, where: str, note: str, expected: int) -> None:
        found = self._verify(note)
        tampered = outcome.classes.setdefault(name, Tampered())
        tampered.made[where] += 1
        tampered.detected[where] += found.verdict == "altered"
        tampered.named[where] += found.first_bad == expected
        if where.startswith("behind") and found.verdict != "altered":
            tampered.unseen.append(f"{name} at {expected} ({where}): {found}")
        elif where == "behind, hashes kept" and found.first_bad != expected:
            tampered.unseen.append(f"{name} at {expected} ({where}): told of {found.first_bad}, {found.reason}")

    def _verify(self, note: str) -> Any:
        return self._cases.verify_log.verify(checkpoint=note, key=public_pem(self._key.public_key()))


def fill(cases: UseCases, events: int) -> None:
    """Random commands until there are so many events; some of them record nothing."""
    racer, count = Racer(UseCaseDoor(cases), seed=events), 0
    while True:
        newest = cases.store.newest()
        assert newest is not None
        if newest.last >= events:
            return
        racer.once()
        count += 1
        if count % 7 == 0:
            cases.store.record(Command("varve", f"tick-{events}-{count}", "tick", b""), Decision())


@contextmanager
def on_sqlite(folder: Path) -> Iterator[tuple[UseCases, Callable[[], Database]]]:
    path = folder / "varve.db"
    with service(f"sqlite:///{path}", variables={}) as opened:
        connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        connection.execute("PRAGMA synchronous=OFF")
        yield opened.use_cases, lambda: Database(connection, position="rowid", mark="?")
        connection.close()


@contextmanager
def on_postgres(url: str) -> Iterator[tuple[UseCases, Callable[[], Database]]]:
    with service(url, variables={}) as opened, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        yield opened.use_cases, lambda: Database(connection, position="notification_id", mark="%s")


def tamper_sqlite(folder: Path, *, events: int, every: int = 1) -> Outcome:
    with on_sqlite(folder) as (cases, database):
        return Tampering(cases, database, events=events, every=every).run(Outcome("SQLite", events))


def tamper_postgres(url: str, *, events: int, every: int = 1) -> Outcome:
    with on_postgres(url) as (cases, database):
        return Tampering(cases, database, events=events, every=every).run(Outcome("PostgreSQL", events))


def told(outcome: Outcome) -> Iterator[str]:
    yield f"{outcome.store}, a log of {outcome.events} events: changes made, detected, first bad position named"
    for name, tampered in outcome.classes.items():
        for where in sorted(tampered.made):
            counts = (tampered.made[where], tampered.detected[where], tampered.named[where])
            yield f"  {name:36} {where:22} {counts[0]:6} {counts[1]:6} {counts[2]:6}"
    yield from outcome.faults[:40]
    made = sum(sum(t.made.values()) for t in outcome.classes.values())
    yield f"  all: {made} changes, {len(outcome.faults)} faults"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--short", action="store_true", help="a log of 54 events")
    events = SHORT_EVENTS if parser.parse_args().short else LONG_EVENTS
    folder = Path(tempfile.mkdtemp())
    try:
        outcomes = [tamper_sqlite(folder, events=events)]
        with PostgresServer(durable=False) as server, fresh_database(server.url()) as url:
            outcomes.append(tamper_postgres(url, events=events))
    finally:
        shutil.rmtree(folder)
    for outcome in outcomes:
        sys.stdout.write("\n".join(told(outcome)) + "\n")
    return 1 if any(outcome.faults for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
