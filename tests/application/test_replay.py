"""Replay of raw events knows every kind of event there is."""

from __future__ import annotations

import pytest

from application import replay
from application.ports import Commit, Recorded
from domain.errors import StoreUnavailable
from tests.architecture.test_goldens import TOPICS

KNOWN = {
    replay.CREATED,
    replay.UPDATED,
    replay.DELETED,
    replay.DEFAULT,
    replay.PROCESS,
    replay.ASSIGNED,
    replay.UNASSIGNED,
    *replay.DEFINITIONS,
    *replay.WITHOUT_EFFECT,
}


def test_no_kind_of_event_is_left_out():
    # A new one is folded in application/replay.py, or named there among those that change no answer.
    assert TOPICS == KNOWN


def test_an_event_of_a_kind_that_is_not_known_is_never_passed_over():
    state = replay.RawState(lambda position: Commit(1, position, position, "a", "b", "c", b""))
    with pytest.raises(StoreUnavailable, match="is a lock"):
        state.take([Recorded(1, "0" * 32, 1, "lock.acquired", b"{}")])
