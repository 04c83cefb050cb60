"""What waits to be sent, on every store."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from application.webhook_outbox import Answered, Attempted, Backlog, Delivery, Kept, NewDelivery, State
from infrastructure.stores import OpenStore
from infrastructure.webhooks.outbox import SqlOutbox

HOOK, OTHER = "1" * 32, "2" * 32
A, B = "a" * 32, "b" * 32
TAKEN, REFUSED = Answered(204, "", 0.1), Answered(500, "too bad", 0.1)


@pytest.fixture
def outbox(opened: OpenStore) -> SqlOutbox:
    opened.outbox.begin(Kept("log/1", 0, is_paused=False))
    return opened.outbox


def new(position: int, subject: str = A, webhook: str = HOOK, **fields: Any) -> NewDelivery:
    one = NewDelivery(uuid4().hex, webhook, "log/1", position, "config.updated", subject, position)
    return one._replace(**fields)


def planned(outbox: SqlOutbox, *deliveries: NewDelivery, given_up: dict[str, str] | None = None) -> bool:
    before = outbox.kept()
    assert before is not None
    upto = max((one.position for one in deliveries), default=before.position + 1)
    return outbox.plan(before, position=upto, new=deliveries, given_up=given_up or {}, now_us=100)


def due(outbox: SqlOutbox, *, now_us: int = 1_000, **options: Any) -> list[Delivery]:
    places = {HOOK: 10, OTHER: 10}
    return sorted(outbox.due(places, flying=options.get("flying", ()), now_us=now_us), key=lambda one: one.number)


def attempted(one: Delivery, state: State, *, due_us: int | None = None, at_us: int = 200) -> Attempted:
    return Attempted(one, state, due_us, TAKEN if state == "delivered" else REFUSED, at_us)


def positions(found: list[Delivery]) -> list[int]:
    return [one.position for one in found]


def test_the_first_of_each_subject_is_due_and_the_next_after_it(outbox: SqlOutbox):
    assert planned(outbox, new(1), new(2), new(3, B), new(4, webhook=OTHER))
    assert positions(due(outbox)) == [1, 3, 4]
    outbox.settle([attempted(due(outbox)[0], "delivered")])
    assert positions(due(outbox)) == [2, 3, 4]


def test_one_that_is_tried_later_holds_back_its_subject_alone(outbox: SqlOutbox):
    planned(outbox, new(1), new(2), new(3, B))
    outbox.settle([attempted(due(outbox)[0], "waiting", due_us=5_000)])
    planned(outbox, new(5))
    assert positions(due(outbox)) == [3]
    (again, _) = due(outbox, now_us=5_000)
    assert (again.position, again.attempts, again.status, again.answer) == (1, 1, 500, "too bad")


def test_one_that_is_dead_makes_way(outbox: SqlOutbox):
    planned(outbox, new(1), new(2))
    outbox.settle([attempted(due(outbox)[0], "dead")])
    assert positions(due(outbox)) == [2]


def test_what_was_settled_by_another_process_is_not_settled_again(outbox: SqlOutbox):
    planned(outbox, new(1))
    (one,) = due(outbox)
    outbox.settle([attempted(one, "delivered")])
    outbox.settle([attempted(one, "dead")])
    assert [found.state for found in outbox.page(HOOK, state=None, before=None, limit=9)] == ["delivered"]


def test_the_queue_and_its_place_in_the_log_move_together(outbox: SqlOutbox):
    stale = outbox.kept()
    assert stale is not None
    planned(outbox, new(7))
    assert not outbox.plan(stale, position=7, new=[new(7)], given_up={}, now_us=100)
    assert outbox.kept() == Kept("log/1", 7, is_paused=False)
    assert outbox.backlog() == Backlog(1, 7)


def test_a_delivery_is_queued_once(outbox: SqlOutbox):
    one = new(1)
    planned(outbox, one)
    planned(outbox, one, new(2))
    assert outbox.backlog().waiting == 2


def test_so_many_are_due_to_each_and_none_that_is_on_its_way(outbox: SqlOutbox):
    planned(outbox, *(new(n, uuid4().hex) for n in range(1, 9)), new(9, webhook=OTHER))
    first = outbox.due({HOOK: 3, OTHER: 3}, flying=(), now_us=1_000)
    assert sorted(one.webhook for one in first) == [HOOK] * 3 + [OTHER]
    flying = {one.number for one in first}
    then = outbox.due({HOOK: 3, OTHER: 3}, flying=flying, now_us=1_000)
    assert len(then) == 3
    assert not flying & {one.number for one in then}


def test_what_waits_for_a_webhook_can_be_given_up(outbox: SqlOutbox):
    planned(outbox, new(1), new(2), new(3, webhook=OTHER))
    planned(outbox, given_up={HOOK: "switched off"})
    assert positions(due(outbox)) == [3]
    dead = outbox.page(HOOK, state="dead", before=None, limit=9)
    assert [(one.position, one.answer) for one in dead] == [(2, "switched off"), (1, "switched off")]


def test_one_that_is_dead_is_sent_again_before_what_waits_of_its_subject(outbox: SqlOutbox):
    planned(outbox, new(1), new(2))
    outbox.settle([attempted(due(outbox)[0], "dead")])
    (dead,) = outbox.page(HOOK, state="dead", before=None, limit=9)
    outbox.send_again(dead, now_us=300)
    (again,) = due(outbox)
    assert (again.position, again.attempts, again.id) == (1, 0, dead.id)
    outbox.settle([attempted(again, "delivered")])
    assert positions(due(outbox)) == [2]


def test_since_when_a_webhook_fails_is_known_until_it_takes_something(outbox: SqlOutbox):
    planned(outbox, new(1), new(2, B))
    first, second = due(outbox)
    assert outbox.settle([attempted(first, "waiting", due_us=1, at_us=200)]) == {HOOK: 200}
    (again,) = (one for one in due(outbox) if one.number == first.number)
    assert outbox.settle([attempted(again, "waiting", due_us=1, at_us=900)]) == {HOOK: 200}
    assert outbox.settle([attempted(second, "delivered", at_us=950)]) == {}
    (again,) = due(outbox)
    assert outbox.settle([attempted(again, "waiting", due_us=1, at_us=990)]) == {HOOK: 990}


def test_after_a_restore_what_waited_is_dead(outbox: SqlOutbox):
    planned(outbox, new(1), new(2))
    outbox.resume(Kept("log/2", 40, is_paused=False), why="restored")
    assert due(outbox) == []
    assert outbox.kept() == Kept("log/2", 40, is_paused=False)
    assert [one.answer for one in outbox.page(HOOK, state="dead", before=None, limit=9)] == ["restored", "restored"]


def test_pages_go_from_the_newest_to_the_oldest(outbox: SqlOutbox):
    planned(outbox, *(new(n) for n in range(1, 6)))
    first = outbox.page(HOOK, state="waiting", before=None, limit=3)
    rest = outbox.page(HOOK, state="waiting", before=first[-1].number, limit=3)
    assert positions(first + rest) == [5, 4, 3, 2, 1]
    assert outbox.page(OTHER, state=None, before=None, limit=3) == []
    assert outbox.find(OTHER, first[0].id) is None
    assert outbox.find(HOOK, first[0].id) == first[0]


def test_what_waits_is_never_forgotten(outbox: SqlOutbox):
    planned(outbox, new(1), new(2, B), new(3))
    outbox.settle([attempted(due(outbox)[0], "delivered")])
    assert outbox.prune(before_us=2, limit=10) == 1
    assert outbox.prune(before_us=10_000, limit=10) == 0
    assert outbox.backlog() == Backlog(2, 2)
