"""Deliveries through kills, in their short form; `make webhooks` runs the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.webhooks import SHORT_EVENTS, SHORT_KILLS, SUBJECTS, deliver

pytestmark = pytest.mark.xdist_group("faults")  # one after the other: each wants the machine for itself


def test_a_kill_loses_no_delivery_and_keeps_their_order_on_sqlite(tmp_path: Path):
    outcome = deliver("sqlite", f"sqlite:///{tmp_path / 'varve.db'}", tmp_path, events=SHORT_EVENTS, kills=SHORT_KILLS)
    assert (outcome.lost, outcome.out_of_order) == (0, 0)
    assert outcome.events >= SHORT_EVENTS - SUBJECTS
    assert outcome.kills == SHORT_KILLS


def test_a_kill_loses_no_delivery_and_keeps_their_order_on_postgres(postgres_url: str, tmp_path: Path):
    outcome = deliver("postgresql", postgres_url, tmp_path, events=SHORT_EVENTS, kills=SHORT_KILLS)
    assert (outcome.lost, outcome.out_of_order) == (0, 0)
    assert outcome.events >= SHORT_EVENTS - SUBJECTS
