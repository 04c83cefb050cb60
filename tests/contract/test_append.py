"""What is recorded is there, whole and in order, and only if nothing that it rests on has moved."""

from __future__ import annotations

import pytest

from application.ports import Decision, StreamMoved
from domain.configs.config import Config
from domain.configs.process_layer import ProcessLayer, process_layer_id
from domain.configs.scope import Scope
from domain.configs.slot import Slot, slot_id
from domain.errors import TooLarge
from infrastructure.stores import OpenStore
from tests.contract.recording import change, changed, command, layer, record

USER = Scope("user", "u-1")
FIELDS = {"type_version": 1, "description": None, "mode": "replace", "data": {}, "unset": [], "is_active": True}


def test_an_aggregate_is_loaded_as_it_was_recorded(opened: OpenStore):
    commit = record(opened.log, "chunking", 3)
    found = layer(opened.log, "chunking")
    assert (found.version, found.data) == (3, {"max_chunk_size": 3})
    assert (commit.first, commit.last) == (1, 3)


def test_an_aggregate_without_events_is_at_version_0(opened: OpenStore):
    assert layer(opened.log, "chunking").version == 0


def test_an_aggregate_is_loaded_as_it_was_at_an_older_version(opened: OpenStore):
    record(opened.log, "chunking", 3)
    assert layer(opened.log, "chunking", version=2).data == {"max_chunk_size": 2}
    assert layer(opened.log, "chunking", version=0).version == 0


def test_what_is_done_to_a_loaded_aggregate_is_not_seen_by_others(opened: OpenStore):
    record(opened.log, "chunking")
    change(layer(opened.log, "chunking"), "chunking")
    assert layer(opened.log, "chunking").version == 1


def test_events_are_read_back_with_their_place_in_the_log(opened: OpenStore):
    record(opened.log, "chunking", 2)
    record(opened.log, "llm")
    events = opened.log.events(first=2, last=3)
    assert [(one.position, one.version, one.topic) for one in events] == [
        (2, 2, "process.recorded"),
        (3, 1, "process.recorded"),
    ]
    assert [one.position for one in opened.log.stream(process_layer_id("production", "chunking"))] == [1, 2]


def test_a_stream_that_has_moved_refuses_events_and_stores_nothing(opened: OpenStore):
    late = changed(opened.log, "chunking")
    record(opened.log, "chunking")
    asked = command()
    with pytest.raises(StreamMoved):
        opened.log.record(asked, Decision((late,)))
    assert opened.log.newest().last == 1
    assert opened.log.commit_of(asked.principal, asked.command_id) is None


def test_a_stream_that_was_only_read_must_not_have_moved_either(opened: OpenStore):
    read = layer(opened.log, "llm")
    record(opened.log, "llm")
    with pytest.raises(StreamMoved):
        opened.log.record(command(), Decision((changed(opened.log, "chunking"),), reads={read.id: read.version}))
    assert layer(opened.log, "chunking").version == 0


def test_a_stream_that_was_read_and_has_not_moved_does_no_harm(opened: OpenStore):
    record(opened.log, "llm")
    read = layer(opened.log, "llm")
    opened.log.record(command(), Decision((changed(opened.log, "chunking"),), reads={read.id: read.version}))
    assert layer(opened.log, "chunking").version == 1


def test_a_default_cannot_be_given_to_a_config_that_was_deleted_meanwhile(opened: OpenStore):
    config, slot, by = config_in_its_slot(opened)
    still_there, its_slot = opened.log.load(Config, config.id), opened.log.load(Slot, slot.id)
    its_slot.assign_default(config.id, stamp=by.stamp)

    gone = opened.log.load(Config, config.id)
    gone.delete(stamp=by.stamp)
    opened.log.record(command(), Decision((gone,)))

    with pytest.raises(StreamMoved):
        opened.log.record(command(), Decision((its_slot,), reads={still_there.id: still_there.version}))
    assert opened.log.load(Slot, slot.id).default is None


def config_in_its_slot(opened: OpenStore) -> tuple[Config, Slot, object]:
    by = command()
    slot = opened.log.load(Slot, slot_id("production", USER, "chunking"))
    config = opened.log.load(Config, process_layer_id("a", "config"))
    config.create(
        stamp=by.stamp, environment="production", scope=str(USER), config_type="chunking", name="a", is_default=False,
        **FIELDS,
    )  # fmt: skip
    slot.open(environment="production", scope=USER, config_type="chunking", stamp=by.stamp)
    slot.claim("a", config.id, stamp=by.stamp)
    opened.log.record(by, Decision((slot, config)))
    return config, slot, by


def test_a_decision_about_the_whole_log_is_refused_when_anything_followed(opened: OpenStore):
    head = record(opened.log, "llm").last
    record(opened.log, "llm")
    with pytest.raises(StreamMoved):
        opened.log.record(command(), Decision((changed(opened.log, "chunking"),), head=head))
    assert layer(opened.log, "chunking").version == 0


def test_a_decision_about_the_whole_log_holds_when_nothing_followed(opened: OpenStore):
    head = record(opened.log, "llm").last
    commit = opened.log.record(command(), Decision((changed(opened.log, "chunking"),), head=head))
    assert commit.first == head + 1


def test_two_streams_of_one_commit_are_stored_together(opened: OpenStore):
    commit = opened.log.record(command(), Decision((changed(opened.log, "chunking", 2), changed(opened.log, "llm"))))
    assert (commit.first, commit.last) == (1, 3)
    assert (layer(opened.log, "chunking").version, layer(opened.log, "llm").version) == (2, 1)


def test_two_streams_of_one_commit_fail_together(opened: OpenStore):
    late = changed(opened.log, "llm")
    record(opened.log, "llm")
    with pytest.raises(StreamMoved):
        opened.log.record(command(), Decision((changed(opened.log, "chunking"), late)))
    assert layer(opened.log, "chunking").version == 0


def test_ten_thousand_events_are_one_commit_and_one_more_is_too_large(opened: OpenStore):
    with pytest.raises(TooLarge, match="10,001"):
        record(opened.log, "chunking", 10_001)
    assert opened.log.newest() is None
    assert record(opened.log, "chunking", 10_000).last == 10_000


def test_an_aggregate_of_another_kind_is_not_made_from_a_stream(opened: OpenStore):
    record(opened.log, "chunking")
    assert isinstance(layer(opened.log, "chunking"), ProcessLayer)
    found = opened.log.load(Config, process_layer_id("production", "chunking"))
    assert (found.version, found.exists) == (0, False)
