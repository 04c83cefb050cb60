"""A command is carried out once, whatever happens to the connection, and its id tells what became of it."""

from __future__ import annotations

import pytest

from application.ports import AlreadyRecorded, Decision
from domain.errors import StoreUnavailable
from infrastructure.stores import OpenStore
from tests.contract.conftest import Wire
from tests.contract.recording import changed, command, layer, record


def test_a_command_sent_again_answers_with_its_first_commit(opened: OpenStore):
    asked = command("c-1")
    first = record(opened.log, "chunking", by=asked)
    with pytest.raises(AlreadyRecorded) as repeat:
        record(opened.log, "chunking", by=asked)
    assert repeat.value.commit == first
    assert layer(opened.log, "chunking").version == 1


def test_a_command_sent_again_is_known_before_its_streams_are_looked_at(opened: OpenStore):
    asked = command("c-1")
    late = changed(opened.log, "chunking", by=asked)
    first = record(opened.log, "chunking", by=asked)
    with pytest.raises(AlreadyRecorded) as repeat:  # not StreamMoved: that would ask for another try
        opened.log.record(asked, Decision((late,)))
    assert repeat.value.commit == first


def test_the_same_id_of_another_principal_is_another_command(opened: OpenStore):
    record(opened.log, "chunking", by=command("c-1", principal="u-1"))
    record(opened.log, "chunking", by=command("c-1", principal="u-2"))
    assert layer(opened.log, "chunking").version == 2


def test_a_commit_tells_who_asked_for_what(opened: OpenStore):
    commit = record(opened.log, "chunking", by=command("c-1", principal="u-1", digest=b"digest"))
    assert commit[3:] == ("u-1", "c-1", "test", b"digest")
    assert opened.log.commit_of("u-1", "c-1") == commit == opened.log.newest()


def test_a_command_that_was_never_sent_is_not_known(opened: OpenStore):
    assert opened.log.commit_of("u-1", "c-1") is None


def test_a_command_that_records_nothing_is_known_all_the_same(opened: OpenStore):
    record(opened.log, "chunking", 2)
    commit = opened.log.record(command("c-1"), Decision())
    assert (commit.first, commit.last) == (3, 2)
    assert opened.log.commit_of("u-1", "c-1") == commit
    with pytest.raises(AlreadyRecorded):
        opened.log.record(command("c-1"), Decision())


def test_the_first_command_of_a_log_may_record_nothing(opened: OpenStore):
    commit = opened.log.record(command(), Decision())
    assert (commit.first, commit.last) == (1, 0)
    assert record(opened.log, "chunking").first == 1


def test_a_lost_answer_to_commit_is_not_a_conflict_and_stores_once(opened: OpenStore, wire: Wire):
    wire.cuts_after = 1
    commit = record(opened.log, "chunking")
    assert [one.position for one in opened.log.events(first=1, last=10)] == [1]
    assert opened.log.newest() == commit


def test_a_connection_cut_before_commit_stores_once(opened: OpenStore, wire: Wire):
    wire.cuts_before = 1
    commit = record(opened.log, "chunking")
    assert [one.position for one in opened.log.events(first=1, last=10)] == [1]
    assert opened.log.newest() == commit


def test_a_store_that_stays_away_before_anything_is_sent_leaves_nothing(opened: OpenStore, wire: Wire):
    wire.cuts_before = 100
    with pytest.raises(StoreUnavailable, match="try again"):
        record(opened.log, "chunking", by=command("c-1"))
    wire.cuts_before = 0
    assert opened.log.commit_of("u-1", "c-1") is None
    assert record(opened.log, "chunking", by=command("c-1")).last == 1


def test_a_store_that_stays_away_after_commit_is_in_doubt_and_the_id_tells(opened: OpenStore, wire: Wire):
    wire.cuts_after = 100
    with pytest.raises(StoreUnavailable, match="same Idempotency-Key"):
        record(opened.log, "chunking", by=command("c-1"))
    wire.cuts_after = 0
    with pytest.raises(AlreadyRecorded) as repeat:
        record(opened.log, "chunking", by=command("c-1"))
    assert repeat.value.commit == opened.log.commit_of("u-1", "c-1")
    assert layer(opened.log, "chunking").version == 1
