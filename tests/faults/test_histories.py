"""Random histories in their short form; `make histories` runs the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.histories import SHORT_COMMITS, WANTED, Checked, check, in_memory, on_postgres, on_sqlite

pytestmark = pytest.mark.xdist_group("faults")  # one after the other: each wants the machine for itself
SIZE = {"histories": 2, "commits": SHORT_COMMITS, "seed": "ci"}


def require(checked: Checked, *, ways: int) -> None:
    assert checked.violations == []
    assert checked.commits >= SIZE["histories"] * SHORT_COMMITS  # type: ignore[operator]
    assert checked.boundaries == 3 * checked.commits
    assert len(checked.asked_again) == ways
    assert min(checked.asked_again.values()) > checked.commits / 6
    # A kind of event that is new must be among what writers do: see history_writer.
    assert WANTED - checked.topics == set()


def test_answers_never_change_in_memory():
    require(check("memory", in_memory, **SIZE), ways=2)  # type: ignore[arg-type]


def test_answers_never_change_on_sqlite(tmp_path: Path):
    require(check("sqlite", on_sqlite(tmp_path), **SIZE), ways=3)  # type: ignore[arg-type]


def test_answers_never_change_on_postgres(postgres_server_url: str, tmp_path: Path):
    require(check("postgresql", on_postgres(postgres_server_url, tmp_path), **SIZE), ways=3)  # type: ignore[arg-type]
