"""The stepped clock in its short form; `make clock` runs the long one."""

from __future__ import annotations

import pytest

from tests.faults.clock import SHORT, Stepped, step_postgres, step_sqlite

pytestmark = pytest.mark.xdist_group("faults")  # one after the other: each wants the machine for itself


def require(stepped: Stepped) -> None:
    assert stepped.faults == []
    assert 364 < stepped.days < 376
    assert stepped.stood_still > stepped.commits / 4  # most of those after the year


def test_time_never_runs_backwards_in_the_log_on_sqlite():
    require(step_sqlite(commands=SHORT))


def test_time_never_runs_backwards_in_the_log_on_postgres():
    require(step_postgres(commands=SHORT))
