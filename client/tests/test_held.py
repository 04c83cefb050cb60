"""What is held, and which of two answers is."""

from __future__ import annotations

import pytest

from varve.context import Context
from varve.defaults import Defaults
from varve.effective import ELSEWHERE, Effective
from varve.facts import Facts
from varve.held import Held
from varve.world import World

PARTS = Defaults({}).parts
ONE, RESTORED, ANOTHER = World("log-1", 1), World("log-1", 2), World("log-2", 1)


def answer(user: str, *, position: int, world: World = ONE) -> Effective:
    return Effective(Context(user), PARTS, Facts("live", world=world, position=position), ELSEWHERE)


@pytest.fixture
def held() -> Held:
    return Held(max_contexts=10)


@pytest.mark.parametrize(
    ("first", "second", "is_held"),
    [
        ((5, ONE), (6, ONE), True),
        ((5, ONE), (5, ONE), True),
        ((5, ONE), (4, ONE), False),
        ((5, ONE), (1, RESTORED), True),
        ((1, RESTORED), (5, ONE), False),
        ((5, ONE), (1, ANOTHER), True),
    ],
)
def test_the_newer_of_two_answers_is_held(held, first, second, is_held):
    held.enter(first[1], position=first[0])
    assert held.put(answer("u-1", position=first[0], world=first[1]), world=first[1])
    again = answer("u-1", position=second[0], world=second[1])
    assert held.put(again, world=second[1]) is is_held
    assert (held.find(Context("u-1")) is again) is is_held


def test_what_a_change_touches_is_what_may_be_older(held):
    held.enter(ONE, position=1)
    for user, position in (("u-1", 5), ("u-2", 9)):
        held.put(answer(user, position=position), world=ONE)
    assert held.hear(["user:u-1", "user:u-2", "user:u-3"], position=7) == [Context("u-1")]
    assert held.hear(["collection:c-1"], position=8) == []
    assert held.hear(["global"], position=9) == [Context("u-1")]
    assert held.is_behind(Context("u-1"))
    assert not held.is_behind(Context("u-2"))
    assert not held.is_behind(Context("u-3"))


def test_positions_of_another_world_say_nothing(held):
    held.enter(ONE, position=9)
    held.put(answer("u-1", position=9), world=ONE)
    assert held.enter(RESTORED, position=2)
    assert held.seen == 2
    assert not held.is_behind(Context("u-1"))
    assert held.hear(["user:u-1"], position=3) == [Context("u-1")]
    held.confirm(Context("u-1"), world=RESTORED, position=3, at=0.0)
    assert held.hear(["user:u-1"], position=3) == []


def test_a_confirmation_takes_no_answer_back(held):
    held.put(answer("u-1", position=9), world=ONE)
    held.confirm(Context("u-1"), world=ONE, position=7, at=0.0)
    assert held.find(Context("u-1")).meta.position == 9


def test_the_stream_does_not_go_back_in_the_same_world(held):
    held.enter(ONE, position=9)
    assert not held.enter(ONE, position=4)
    assert held.seen == 9


def test_all_that_is_held_is_told_with_what_was_read_last_first(held):
    for number in range(7):
        held.put(answer(f"u-{number}", position=1), world=ONE)
    held.find(Context("u-1"))
    assert [context.user for context in held.contexts()] == ["u-1", "u-6", "u-5", "u-4", "u-3", "u-2", "u-0"]
