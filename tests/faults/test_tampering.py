"""Tampering in its short form; `make tamper` tries every row of a log of 500 events."""

from __future__ import annotations

from pathlib import Path

from tests.faults.tampering import SHORT_EVENTS, Outcome, tamper_postgres, tamper_sqlite, told

ROWS = 3  # every third


def require(outcome: Outcome) -> None:
    assert outcome.faults == []
    for name, tampered in outcome.classes.items():
        behind = {where: made for where, made in tampered.made.items() if where.startswith("behind")}
        assert all(tampered.detected[where] == made for where, made in behind.items()), name
    assert len(outcome.classes) == 21
    assert len(list(told(outcome))) > 21


def test_every_change_behind_a_checkpoint_is_detected_on_sqlite(tmp_path: Path):
    require(tamper_sqlite(tmp_path, events=SHORT_EVENTS, every=ROWS))


def test_every_change_behind_a_checkpoint_is_detected_on_postgres(postgres_url: str):
    require(tamper_postgres(postgres_url, events=SHORT_EVENTS, every=ROWS))


def test_every_row_of_a_log_that_ends_with_several_events_in_a_commit(tmp_path: Path) -> None:
    require(tamper_sqlite(tmp_path, events=36))
