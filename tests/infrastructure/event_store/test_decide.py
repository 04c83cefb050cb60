"""Who wins in a batch, in order of arrival."""

from __future__ import annotations

from uuid import UUID, uuid5

import pytest
from eventsourcing.persistence import StoredEvent

from application.ports import AlreadyRecorded, Command, Commit, StreamMoved
from infrastructure.event_store.decide import Seen, Ticket

A, B = (uuid5(UUID(int=0), name) for name in "ab")


def ticket(command_id: str = "c-1", *, writes: tuple[tuple[UUID, int], ...] = (), reads=None, head=None) -> Ticket:
    events = [StoredEvent(stream, version, "config.created", b"{}") for stream, version in writes]
    return Ticket(Command("u-1", command_id, "test", b""), events, dict(reads or {}), head)


def seen(versions: dict[UUID, int], *, last: int = 10, recorded_us: int = 100, now_us: int = 500) -> Seen:
    return Seen(versions, {}, last, recorded_us, now_us)


def test_a_winner_is_given_the_next_positions_and_the_stores_time():
    verdict = seen({A: 2}).verdict(ticket(writes=((A, 3), (A, 4))))
    assert verdict == Commit(500, 11, 12, "u-1", "c-1", "test", b"")


def test_a_clock_that_stands_gives_each_winner_a_microsecond_more():
    state = seen({A: 0}, recorded_us=500, now_us=400)
    assert [state.verdict(ticket(f"c-{n}")).recorded_us for n in range(3)] == [501, 502, 503]


def test_a_winner_counts_for_those_after_it():
    state = seen({A: 0, B: 0})
    state.verdict(ticket("c-1", writes=((A, 1),)))
    assert isinstance(state.verdict(ticket("c-2", writes=((A, 1),))), StreamMoved)
    assert isinstance(state.verdict(ticket("c-3", writes=((B, 1),), reads={A: 0})), StreamMoved)
    assert state.verdict(ticket("c-4", writes=((A, 2),))).first == 12


def test_a_loser_changes_nothing_for_those_after_it():
    state = seen({A: 5, B: 0})
    assert isinstance(state.verdict(ticket("c-1", writes=((A, 1), (B, 1)))), StreamMoved)
    assert state.verdict(ticket("c-2", writes=((B, 1),))).first == 11


def test_whoever_rests_on_the_head_loses_to_one_before_it_in_the_batch():
    state = seen({A: 0})
    state.verdict(ticket("c-1", writes=((A, 1),)))
    assert isinstance(state.verdict(ticket("c-2", head=10)), StreamMoved)


def test_one_that_recorded_nothing_does_not_move_the_head():
    state = seen({})
    state.verdict(ticket("c-1"))
    assert isinstance(state.verdict(ticket("c-2", head=10)), Commit)


def test_the_same_command_twice_in_a_batch_is_recorded_once():
    state = seen({A: 0})
    first = state.verdict(ticket("c-1", writes=((A, 1),)))
    second = state.verdict(ticket("c-1", writes=((A, 1),)))
    assert isinstance(second, AlreadyRecorded)
    assert second.commit == first


def test_what_an_earlier_attempt_of_the_same_ticket_stored_is_its_own():
    asked = ticket("c-1", writes=((A, 1),))
    first = seen({A: 0}).verdict(asked)
    later = Seen({A: 1}, {asked.key: first}, 11, 500, 600)
    assert later.verdict(asked) == first


def test_an_attempt_that_left_nothing_is_decided_anew():
    asked = ticket("c-1", writes=((A, 1),))
    seen({A: 0}).verdict(asked)
    assert seen({A: 0}, last=20).verdict(asked).first == 21


@pytest.mark.parametrize(("writes", "reads"), [(((A, 1), (A, 3)), {}), (((A, 2),), {A: 0}), (((A, 2), (A, 1)), {})])
def test_versions_that_do_not_follow_each_other_are_a_fault_of_the_caller(writes, reads):
    with pytest.raises(ValueError, match="after"):
        ticket(writes=writes, reads=reads)
