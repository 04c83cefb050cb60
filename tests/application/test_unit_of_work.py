"""What one attempt has looked at must be so, all of it at one version."""

from __future__ import annotations

import pytest

from application.ports import Decision, StreamMoved
from application.unit_of_work import UnitOfWork
from domain.installation.environment import Environment, environment_id
from domain.installation.resolver import RESOLVER_ID, Resolver
from infrastructure.event_store.memory import MemoryRecorder
from infrastructure.event_store.store import Store
from tests.contract.recording import command


@pytest.fixture
def store() -> Store:
    """Its resolver is at version 2."""
    store = Store(MemoryRecorder())
    for version in (1, 2):
        resolver, asked = store.load(Resolver, RESOLVER_ID), command()
        resolver.adopt(version, stamp=asked.stamp)
        store.record(asked, Decision((resolver,)))
    return store


@pytest.fixture
def work(store: Store) -> UnitOfWork:
    return UnitOfWork(store)


def test_an_aggregate_is_the_same_object_each_time(work: UnitOfWork):
    assert work.load(Resolver, RESOLVER_ID) is work.load(Resolver, RESOLVER_ID)


def test_what_has_changed_is_recorded_and_the_rest_is_relied_on(work: UnitOfWork):
    environment = work.load(Environment, environment_id("staging"))
    environment.create("staging", stamp=command().stamp)
    work.load(Resolver, RESOLVER_ID)
    decision = work.decision()
    assert decision.aggregates == (environment,)
    assert decision.reads == {RESOLVER_ID: 2}


def test_what_was_read_elsewhere_is_relied_on_at_the_version_it_was_read_at(work: UnitOfWork):
    work.rely_on(RESOLVER_ID, 1)
    assert work.decision().reads == {RESOLVER_ID: 1}


def test_something_read_elsewhere_and_loaded_at_another_version_has_moved(work: UnitOfWork):
    work.rely_on(RESOLVER_ID, 1)
    work.load(Resolver, RESOLVER_ID)
    with pytest.raises(StreamMoved):
        work.decision()


def test_something_read_elsewhere_and_changed_from_another_version_has_moved(work: UnitOfWork):
    work.rely_on(RESOLVER_ID, 1)
    work.load(Resolver, RESOLVER_ID).adopt(3, stamp=command().stamp)
    with pytest.raises(StreamMoved):
        work.decision()


def test_something_read_elsewhere_may_be_changed_from_that_version(work: UnitOfWork):
    work.rely_on(RESOLVER_ID, 2)
    resolver = work.load(Resolver, RESOLVER_ID)
    resolver.adopt(3, stamp=command().stamp)
    assert work.decision().aggregates == (resolver,)
