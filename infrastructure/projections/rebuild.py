"""A new generation of views, built from position 0 beside the live one, and swapped in when it has caught up.

Killed at any point, it leaves the live generation as it was; what it left behind goes when the next rebuild begins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import sqlalchemy as sa
from msgspec.structs import astuple

from application.ports import Commit, EventStore
from infrastructure.projections.batch import Batch
from infrastructure.projections.fold import ConfigRow, events_with_commits
from infrastructure.projections.generations import Generations
from infrastructure.projections.live import slot_values
from infrastructure.projections.tables import (
    VIEWS,
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

COMMITS_A_BATCH = 5_000
ROWS_A_FETCH = 2_000
LATEST = 2**63 - 1
Report = Callable[[int], None]  # given the number of events done so far


class Built(NamedTuple):
    """A generation that is filled, and not served yet."""

    generation: int
    events: int
    position: int


def build(store: EventStore, generations: Generations, *, upto: int = LATEST, report: Report = lambda _: None) -> Built:
    """Fill the next generation up to a position, or up to the head of the log as it is when the end is reached."""
    generation = generations.current() + 1
    engine = generations.create(generation)
    done = position = 0
    state: dict[str, ConfigRow] = {}
    batch = Batch(state, state)  # every row begins in it
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        loader = Loader(connection)
        loader.drop_indexes()
        while commits := _until(upto, store.commits(after=position, limit=COMMITS_A_BATCH)):
            position = commits[-1].last
            events = store.events(first=commits[0].first, last=position)
            batch.fold(events_with_commits(events, commits))
            loader.put(config_versions, batch.ended)
            loader.put(slot_versions, [(*key, *value) for key, value in batch.slot_versions.items()])
            loader.put(definitions, batch.definitions)
            loader.put(assignments, [(*key, *value) for key, value in batch.assignments.items()])
            loader.put(evaluations, batch.evaluations)
            batch = Batch(
                state, state, slots=batch.slots, owners=batch.owners, change_sets=batch.change_sets
            )  # what is in force is written at the end
            done += len(events)
            report(done)
        loader.put(config_versions, batch.versions)
        loader.put(configs, map(astuple, state.values()))
        loader.put(slots, [slot_values(row) for row in batch.slots.values() if row is not None])
        loader.put(collection_owners, [(*place, owner) for place, owner in batch.owners.items()])
        loader.put(change_sets, list(batch.change_sets.values()))
        loader.make_indexes()
        newest = sa.select(sa.func.coalesce(sa.func.max(definitions.c.valid_from), 0)).scalar_subquery()
        connection.execute(progress.update().values(position=position, definitions=newest, log=log_name(store)))
    return Built(generation, done, position)


def log_name(store: EventStore) -> str:
    """What views keep of the log that they were built from."""
    return f"{store.identity.log_id}/{store.identity.epoch}"


def _until(upto: int, commits: Sequence[Commit]) -> Sequence[Commit]:
    return commits if not commits or commits[-1].last <= upto else [commit for commit in commits if commit.last <= upto]


class Loader:
    """Rows into empty tables, the fastest way each store has; indexes come last."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._postgres = connection.dialect.name == "postgresql"
        self._indexes = [index for table in VIEWS.sorted_tables for index in table.indexes]

    def drop_indexes(self) -> None:
        for index in self._indexes:
            index.drop(self._connection)

    def make_indexes(self) -> None:
        for index in self._indexes:
            index.create(self._connection)

    def put(self, table: sa.Table, rows: Iterable[Sequence[Any]]) -> None:
        raw = self._connection.connection.driver_connection
        assert raw is not None
        names = ", ".join(f'"{column.name}"' for column in table.c)
        if not self._postgres:
            marks = ", ".join("?" * len(table.c))
            statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 -- names of our own tables
            raw.executemany(statement, rows)
            return
        schema = self._connection.get_execution_options()["schema_translate_map"][None]
        with raw.cursor() as cursor, cursor.copy(f"COPY {schema}.{table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


CONTENT = (
    configs,
    config_versions,
    slots,
    slot_versions,
    definitions,
    collection_owners,
    assignments,
    change_sets,
    evaluations,
)


def digest_of(connection: sa.Connection) -> str:
    """SHA-256 over all rows of all views, in the order of their keys."""
    digest = hashlib.sha256()
    for table in CONTENT:
        digest.update(table.name.encode())
        for row in _rows_of(connection, table):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def first_difference(live: sa.Connection, replayed: sa.Connection) -> str | None:
    """The first row in which two generations differ."""
    for table in CONTENT:
        for ours, theirs in zip_longest(_rows_of(live, table), _rows_of(replayed, table)):
            if ours != theirs:
                return f"{table.name}: the view has {ours!r}, the replay {theirs!r}"
    return None


def _key_of(table: sa.Table) -> Iterable[sa.Column[Any]]:
    unique = [index.columns for index in table.indexes if index.unique]
    return unique[0] if unique else table.primary_key


def _rows_of(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[Any, ...]]:
    query = sa.select(table).order_by(*_key_of(table))
    with connection.execution_options(yield_per=ROWS_A_FETCH).execute(query) as result:  # closed also when left early
        for row in result:
            yield tuple(row)
