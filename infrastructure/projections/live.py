"""The projector: keeps the served generation of views at the head of the log."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from msgspec.structs import asdict
from sqlalchemy.dialects import postgresql, sqlite

from application.advance import Advance
from application.change_set_views import ChangeSetRow
from application.ports import EventStore
from infrastructure.projections.batch import Batch
from infrastructure.projections.change_set_rows import TOPICS as CHANGE_SETS
from infrastructure.projections.fold import ConfigRow, events_with_commits
from infrastructure.projections.tables import (
    assignments,
    change_sets,
    collection_owners,
    config_versions,
    configs,
    definitions,
    evaluations,
    progress,
    slot_versions,
    slots,
)

COMMITS_A_BATCH = 1000
IDS_A_QUERY = 500


class Fenced(Exception):
    """Another projector moved these views: read where they are, and go on from there."""


def position_of(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        found: int = connection.execute(sa.select(progress.c.position)).scalar_one()
        return found


def advance(store: EventStore, engine: sa.Engine, *, after: int) -> Advance | None:
    """Project the next commits; None when there are none. Raises Fenced where the views are not at `after`."""
    commits = store.commits(after=after, limit=COMMITS_A_BATCH)
    if not commits:
        return None
    position = commits[-1].last
    events = store.events(first=commits[0].first, last=position)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        # Position and rows commit together: otherwise a crash projects a commit twice. First, since it takes the row's
        # lock.
        if connection.execute(MOVE, {"after": after, "to": position}).rowcount != 1:
            raise Fenced
        known = _change_sets(connection, {event.stream_hex for event in events if event.topic in CHANGE_SETS})
        batch = Batch(_rows(connection, {event.stream_hex for event in events}), change_sets=known)
        batch.fold(events_with_commits(events, commits))
        write(connection, batch)
    return Advance(position, batch.touched, frozenset(row[0] for row in batch.definitions))


def catch_up(store: EventStore, engine: sa.Engine, position: int) -> int:
    """Project up to the head of the log; the new position."""
    while moved := advance(store, engine, after=position):
        position = moved.position
    return position


def _rows(connection: sa.Connection, ids: set[str]) -> dict[str, ConfigRow]:
    wanted, found = list(ids), {}
    for start in range(0, len(wanted), IDS_A_QUERY):
        for row in connection.execute(ROWS, {"ids": wanted[start : start + IDS_A_QUERY]}):
            found[row[0]] = ConfigRow(*row)
    return found


def _change_sets(connection: sa.Connection, ids: set[str]) -> dict[str, ChangeSetRow]:
    wanted = sorted(ids)
    parts = [wanted[start : start + IDS_A_QUERY] for start in range(0, len(wanted), IDS_A_QUERY)]
    rows = (ChangeSetRow._make(row) for part in parts for row in connection.execute(CHANGE_SET_ROWS, {"ids": part}))
    return {row.id: row for row in rows}


def write(connection: sa.Connection, batch: Batch) -> None:
    """All writes of a batch, in the transaction that is open."""
    if batch.open:
        connection.execute(upsert(connection.dialect.name, configs), [asdict(row) for row in batch.open.values()])
        if batch.closed:
            connection.execute(CLOSE, [{"an_id": i, "a_version": v, "a_position": p} for i, v, p in batch.closed])
        connection.execute(OPEN, [named(config_versions, row) for row in batch.versions])
    _write_slots(connection, batch)
    if batch.owners:
        owners = [named(collection_owners, (*place, owner)) for place, owner in batch.owners.items()]
        connection.execute(upsert(connection.dialect.name, collection_owners), owners)
    if batch.assignments:
        connection.execute(ASSIGN, [named(assignments, (*key, *value)) for key, value in batch.assignments.items()])
    if batch.change_sets:
        rows = [row._asdict() for row in batch.change_sets.values()]
        connection.execute(upsert(connection.dialect.name, change_sets), rows)
    if batch.evaluations:
        connection.execute(evaluations.insert(), [row._asdict() for row in batch.evaluations])
    if batch.definitions:
        connection.execute(DEFINE, [named(definitions, row) for row in batch.definitions])
        connection.execute(progress.update().values(definitions=batch.definitions[-1][3]))


def _write_slots(connection: sa.Connection, batch: Batch) -> None:
    taken = [named(slots, slot_values(row)) for row in batch.slots.values() if row is not None]
    left = [
        {f"a_{name}": value for name, value in zip(SLOT_KEY, slot, strict=True)}
        for slot, row in batch.slots.items()
        if row is None
    ]
    if taken:
        connection.execute(upsert(connection.dialect.name, slots), taken)
    if left:
        connection.execute(LEAVE, left)
    if batch.slot_versions:
        rows = [named(slot_versions, (*key, *value)) for key, value in batch.slot_versions.items()]
        connection.execute(TAKE, rows)


def named(table: sa.Table, values: Sequence[Any]) -> dict[str, Any]:
    """A row by the names of its columns."""
    return dict(zip(table.c.keys(), values, strict=True))


slot_values = attrgetter(*slots.c.keys())
"""From a row of `configs` to one of `slots`, as a tuple."""

# Statements are made once: to make one costs more than to run it.
SLOT_KEY = [column.name for column in slots.primary_key]
MOVE = progress.update().where(progress.c.position == sa.bindparam("after")).values(position=sa.bindparam("to"))
ROWS = sa.select(configs).where(configs.c.id.in_(sa.bindparam("ids", expanding=True)))
CHANGE_SET_ROWS = sa.select(change_sets).where(change_sets.c.id.in_(sa.bindparam("ids", expanding=True)))
OPEN, TAKE, DEFINE = config_versions.insert(), slot_versions.insert(), definitions.insert()
ASSIGN = assignments.insert()
CLOSE = (
    config_versions.update()
    .where(config_versions.c.id == sa.bindparam("an_id"), config_versions.c.version == sa.bindparam("a_version"))
    .values(valid_to=sa.bindparam("a_position"))
)
LEAVE = slots.delete().where(*(slots.c[name] == sa.bindparam(f"a_{name}") for name in SLOT_KEY))


@cache
def upsert(dialect: str, table: sa.Table) -> sa.Insert:
    """Insert rows, or replace those that are there under the same key."""
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    key = [column.name for column in table.primary_key]
    others = {column.name: insert.excluded[column.name] for column in table.c if column.name not in key}
    replacing: sa.Insert = insert.on_conflict_do_update(index_elements=key, set_=others)
    return replacing
