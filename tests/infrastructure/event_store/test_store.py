"""What the store adds to its recorder: a cache of aggregates, and refusals instead of faults."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from eventsourcing.persistence import ConnectionPoolClosedError, InterfaceError, OperationalError

from application.ports import Decision
from domain.config_types.config_type import config_type_id
from domain.errors import StoreUnavailable
from domain.installation.environment import Environment, environment_id
from domain.installation.resolver import RESOLVER_ID, Resolver
from infrastructure.event_store.memory import MemoryRecorder
from infrastructure.event_store.store import Store
from tests.contract.recording import command


@pytest.fixture
def recorder() -> MemoryRecorder:
    return MemoryRecorder()


@pytest.fixture
def store(recorder: MemoryRecorder) -> Store:
    return Store(recorder)


def adopt(store: Store, version: int) -> None:
    resolver, asked = store.load(Resolver, RESOLVER_ID), command()
    resolver.adopt(version, stamp=asked.stamp)
    store.record(asked, Decision((resolver,)))


def test_an_aggregate_that_was_loaded_before_reads_only_what_is_new(store: Store, monkeypatch: pytest.MonkeyPatch):
    adopt(store, 1)
    store.load(Resolver, RESOLVER_ID)
    adopt(store, 2)
    asked_for: list[int | None] = []
    get = store._log.events.get
    monkeypatch.setattr(store._log.events, "get", lambda *a, **k: [asked_for.append(k["gt"]), *get(*a, **k)][1:])
    assert store.load(Resolver, RESOLVER_ID).adopted == 2
    assert store.load(Resolver, RESOLVER_ID).version == 2
    assert asked_for == [1, 2]


def test_a_decision_that_lost_leaves_no_trace_in_the_cache(store: Store):
    adopt(store, 1)
    mine = store.load(Resolver, RESOLVER_ID)
    mine.adopt(9, stamp=command().stamp)
    assert store.load(Resolver, RESOLVER_ID).adopted == 1


READS: dict[str, Callable[[Store], Any]] = {
    "load": lambda store: store.load(Environment, environment_id("production")),
    "commit_of": lambda store: store.commit_of("u-1", "c-1"),
    "newest": lambda store: store.newest(),
    "commits": lambda store: store.commits(after=0, limit=1),
    "events": lambda store: store.events(first=1, last=1),
    "stream": lambda store: store.stream(config_type_id("chunking")),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    "fault",
    [OperationalError, InterfaceError, sqlite3.OperationalError, ConnectionPoolClosedError],
    ids=["busy", "cut off", "locked", "closed"],
)
def test_a_read_that_is_not_answered_is_refused(
    read: str, fault: type[Exception], store: Store, recorder: MemoryRecorder, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: Any, **__: Any) -> None:
        raise fault("gone")

    monkeypatch.setattr(recorder, "select_events" if read == "load" else read, fail)
    with pytest.raises(StoreUnavailable, match="try again") as refused:
        READS[read](store)
    assert isinstance(refused.value.__cause__, fault)


def test_a_store_that_is_closed_takes_no_command(store: Store):
    store.close()
    with pytest.raises(StoreUnavailable, match="being closed"):
        adopt(store, 1)
