"""Batches: how large, who leads, and what each caller is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from application.ports import Command, Commit
from domain.errors import StoreUnavailable
from infrastructure.event_store.committer import MAX_COMMANDS, Committer
from infrastructure.event_store.decide import Key, Seen, Ticket


class Shelf:
    """A store that keeps count of its batches; the first waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[Commit]] = []
        self.entered, self.let_go = Event(), Event()
        self.fault: BaseException | None = None

    @contextmanager
    def ordered(self) -> Iterator[None]:
        self.entered.set()
        self.let_go.wait(10)
        if self.fault:
            raise self.fault
        yield

    def look(self, transaction: None, streams: list[UUID], keys: list[Key]) -> Seen:
        last = self.batches[-1][-1] if self.batches else None
        return Seen(dict.fromkeys(streams, 0), {}, last.last if last else 0, last.recorded_us if last else 0, 0)

    def write(self, transaction: None, events: Any, commits: list[Commit]) -> None:
        self.batches.append(commits)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def committer(shelf: Shelf) -> Committer:
    return Committer(shelf)


def ticket(events: int = 1) -> Ticket:
    stream = uuid4()
    stored = [StoredEvent(stream, n, "config.created", b"{}") for n in range(1, events + 1)]
    return Ticket(Command("u-1", uuid4().hex, "test", b""), stored, {})


def all_at_once(committer: Committer, shelf: Shelf, tickets: list[Ticket]) -> list[Future[Commit]]:
    """Commit the first, and the others behind it, in this order."""
    with ThreadPoolExecutor(len(tickets)) as pool:
        sent = [pool.submit(committer.commit, tickets[0])]
        shelf.entered.wait(10)
        for queued, one in enumerate(tickets[1:], 1):
            sent.append(pool.submit(committer.commit, one))
            until(lambda queued=queued: len(committer._queue) == queued)
        shelf.let_go.set()
    return sent


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be so"
        time.sleep(0.0005)


def test_a_lone_caller_commits_in_its_own_thread_at_once(committer: Committer, shelf: Shelf):
    shelf.let_go.set()
    assert committer.commit(ticket(3)).last == 3
    assert committer.commit(ticket(2)).last == 5
    assert len(shelf.batches) == 2


def test_those_that_queued_meanwhile_are_one_batch(committer: Committer, shelf: Shelf):
    sent = all_at_once(committer, shelf, [ticket() for _ in range(6)])
    assert [one.result().last for one in sent] == [1, 2, 3, 4, 5, 6]
    assert [len(batch) for batch in shelf.batches] == [1, 5]


def test_a_batch_holds_no_more_events_than_one_command_may_record(committer: Committer, shelf: Shelf):
    sent = all_at_once(committer, shelf, [ticket(n) for n in (1, 6_000, 5_000, 4_000)])
    assert [one.result().last for one in sent] == [1, 6_001, 11_001, 15_001]
    assert [len(batch) for batch in shelf.batches] == [1, 1, 2]


def test_a_batch_holds_so_many_commands(committer: Committer, shelf: Shelf):
    all_at_once(committer, shelf, [ticket() for _ in range(MAX_COMMANDS + 2)])
    assert [len(batch) for batch in shelf.batches] == [1, MAX_COMMANDS, 1]


def test_a_fault_of_the_store_leaves_the_committer_at_work(committer: Committer, shelf: Shelf):
    shelf.fault = MemoryError()
    sent = all_at_once(committer, shelf, [ticket() for _ in range(3)])
    assert {type(one.exception()) for one in sent} == {StoreUnavailable}
    shelf.fault = None
    assert committer.commit(ticket()).last == 1


def test_listeners_are_told_the_newest_position_after_each_commit(committer: Committer, shelf: Shelf):
    told: list[int] = []
    committer.on_committed.append(told.append)
    all_at_once(committer, shelf, [ticket(2) for _ in range(3)])
    assert told == [2, 6]


def test_closing_waits_for_what_was_taken_on_and_refuses_the_rest(committer: Committer, shelf: Shelf):
    with ThreadPoolExecutor(2) as pool:
        under_way = pool.submit(committer.commit, ticket())
        shelf.entered.wait(10)
        closing = pool.submit(committer.close)
        until(lambda: committer._closed)
        assert not closing.done()
        with pytest.raises(StoreUnavailable, match="being closed"):
            committer.commit(ticket())
        shelf.let_go.set()
        closing.result(10)
        assert under_way.result(10).last == 1


def test_closing_an_idle_committer_is_done_at_once(committer: Committer):
    committer.close()
    committer.close()
