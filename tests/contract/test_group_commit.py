"""Commands that arrive together share a transaction, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from eventsourcing.persistence import DataError

from application.ports import Commit, Decision, StreamMoved
from domain.configs.process_layer import ProcessLayer, process_layer_id
from domain.errors import StoreUnavailable
from infrastructure.event_store.store import Store
from infrastructure.stores import OpenStore
from tests.contract.conftest import Wire
from tests.contract.recording import change, changed, command, layer, record


@pytest.fixture
def together(opened: OpenStore, wire: Wire) -> Callable[..., list[Future[Commit]]]:
    """Sends commands so that all but the first are in one batch: they queue while the first holds the lock."""
    committer = opened.log._recorder.committer

    def send(*decisions: Decision) -> list[Future[Commit]]:
        first_in, go_on = Event(), Event()

        def hold() -> None:
            first_in.set()
            go_on.wait(10)

        wire.hold = hold
        with ThreadPoolExecutor(len(decisions) + 1) as pool:
            pool.submit(opened.log.record, command(), Decision())
            first_in.wait(10)
            sent = []
            for queued, decision in enumerate(decisions, 1):
                sent.append(pool.submit(opened.log.record, command(), decision))
                wait_until(lambda queued=queued: len(committer._queue) == queued)
            go_on.set()
        return sent

    return send


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be so"
        time.sleep(0.001)


def test_commands_that_wait_for_the_same_lock_share_a_transaction(opened: OpenStore, wire: Wire, together):
    sent = together(*(Decision((changed(opened.log, f"type-{n}"),)) for n in range(9)))
    assert [one.result().first for one in sent] == list(range(1, 10))  # in order of arrival
    assert wire.transactions == 2


def test_sixteen_callers_need_fewer_transactions_than_commands(opened: OpenStore, wire: Wire):
    wire.hold = lambda: time.sleep(0.002)  # a disk that takes its time
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: [record(opened.log, f"type-{n}") for _ in range(10)], range(16)))
    assert opened.log.newest().last == 160
    assert wire.transactions < 80


def test_of_two_commands_on_one_stream_in_one_batch_the_first_wins(opened: OpenStore, together):
    first, second = together(*(Decision((changed(opened.log, "chunking"),)) for _ in range(2)))
    assert first.result().last == 1
    with pytest.raises(StreamMoved):
        second.result()
    assert layer(opened.log, "chunking").version == 1


def test_a_poison_command_does_not_hurt_those_beside_it(opened: OpenStore, together, monkeypatch: pytest.MonkeyPatch):
    refuse_writing_of(opened.log, "poison", monkeypatch)
    sent = together(*(Decision((changed(opened.log, name),)) for name in ("chunking", "poison", "llm")))
    assert [sent[0].result().last, sent[2].result().last] == [1, 2]
    with pytest.raises(DataError):
        sent[1].result()
    assert layer(opened.log, "poison").version == 0


def test_a_batch_whose_answer_is_lost_is_stored_once(opened: OpenStore, wire: Wire, together):
    wire.cuts_after = 2  # of the command that holds the lock, and of the batch behind it
    sent = together(*(Decision((changed(opened.log, f"type-{n}"),)) for n in range(4)))
    assert [one.result().last for one in sent] == [1, 2, 3, 4]
    assert len(opened.log.events(first=1, last=10)) == 4


def test_each_that_waits_is_told_by_an_error_of_its_own(opened: OpenStore, wire: Wire, together):
    wire.cuts_before = 100
    errors = [one.exception() for one in together(*(Decision((changed(opened.log, f"t-{n}"),)) for n in range(3)))]
    assert all(isinstance(error, StoreUnavailable) for error in errors)
    assert len(set(map(id, errors))) == 3


def refuse_writing_of(store: Store, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder: Any = store._recorder
    write, refused = recorder.write, process_layer_id("production", name)

    def write_or_refuse(transaction: Any, events: Any, commits: Any) -> None:
        if any(event.originator_id == refused for _, event in events):
            raise DataError("not a value that the store can hold")
        write(transaction, events, commits)

    monkeypatch.setattr(recorder, "write", write_or_refuse)


def test_a_store_closed_while_commands_run_loses_none_that_was_acknowledged(kept_url: str, open_another):
    opened, stopping = open_another(kept_url), Event()
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write_until_refused, opened.log, f"type-{n}", stopping) for n in range(4)]
        time.sleep(0.2)
        opened.close()
        stopping.set()
        acknowledged = [commit for writer in writers for commit in writer.result()]
    found = open_another(kept_url).log.commits(after=0, limit=100_000)
    assert acknowledged
    assert set(acknowledged) <= set(found)


def write_until_refused(store: Store, name: str, stopping: Event) -> list[Commit]:
    """The commits that were acknowledged; the only other answer is that the store is not there."""
    acknowledged: list[Commit] = []
    written = ProcessLayer(process_layer_id("production", name))
    while not stopping.is_set():
        asked = command()
        change(written, name, by=asked)
        try:
            acknowledged.append(store.record(asked, Decision((written,))))
        except StoreUnavailable:
            return acknowledged
    return acknowledged
