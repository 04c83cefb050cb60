"""Lost answers in their short form; `make lost` cuts at every point."""

from __future__ import annotations

import pytest

from tests.faults.lost_answers import run

pytestmark = pytest.mark.xdist_group("faults")
EVERY = 7


def test_a_command_whose_acknowledgement_is_lost_is_recorded_once_and_answered(postgres_url: str) -> None:
    lost = run(postgres_url, every=EVERY)
    assert lost.faults == []
    assert lost.points >= 8
