"""A log is the same log each time that it is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import psycopg
import pytest

from domain.errors import StoreUnavailable
from infrastructure.projections.generations import FileGenerations
from infrastructure.stores import OpenStore, open_store
from tests.contract.recording import layer, record

Open = Callable[[str], OpenStore]


def test_an_empty_store_is_at_position_0(opened: OpenStore):
    assert opened.log.newest() is None
    assert opened.follower.visible == 0


def test_two_logs_are_told_apart(opened: OpenStore, open_another: Open):
    assert opened.log.identity != open_another("memory:").log.identity
    assert opened.log.identity.epoch == 1


def test_a_log_opened_again_has_the_same_identity(kept_url: str, open_another: Open):
    first = open_another(kept_url)
    identity = first.log.identity
    first.close()
    assert open_another(kept_url).log.identity == identity


def test_a_log_opened_again_holds_everything(kept_url: str, open_another: Open):
    first = open_another(kept_url)
    commits = [record(first.log, "chunking", 2), record(first.log, "llm")]
    first.follower.wait_for(3, seconds=5)
    first.close()
    again = open_another(kept_url)
    assert again.log.commits(after=0, limit=10) == commits
    assert layer(again.log, "chunking").version == 2
    assert again.follower.visible == 3


def test_a_store_that_a_newer_varve_wrote_is_refused_in_one_line(kept_url: str, open_another: Open):
    open_another(kept_url).close()
    execute(kept_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match="use a newer Varve") as refused:
        open_store(kept_url)
    assert "\n" not in refused.value.detail


def execute(url: str, statement: str) -> None:
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            connection.execute(statement)
    else:
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            file.execute(statement)
        file.close()


@pytest.mark.parametrize(
    "address", ["mysql://u:secret@host/db", "sqlite:///no/such/folder/varve.db", "postgresql://u:secret@127.0.0.1:1/db"]
)
def test_what_cannot_be_opened_is_refused_in_one_line_without_its_password(address: str):
    with pytest.raises(StoreUnavailable) as refused:
        open_store(address)
    assert "\n" not in refused.value.detail
    assert "secret" not in refused.value.detail


def test_a_sqlite_store_is_opened_by_one_process_at_a_time(tmp_path, open_another: Open):
    open_another(f"sqlite:///{tmp_path / 'varve.db'}")
    with pytest.raises(StoreUnavailable, match="in use by"):
        open_store(f"sqlite:///{tmp_path / 'varve.db'}")


def test_views_that_are_lost_are_built_again(tmp_path, open_another: Open):
    path = tmp_path / "varve.db"
    first = open_another(f"sqlite:///{path}")
    record(first.log, "chunking")
    first.close()
    generations = FileGenerations(path)
    generations.drop(generations.current())
    assert open_another(f"sqlite:///{path}").follower.visible == 1


def test_the_librarys_switch_for_database_functions_does_not_take_the_lock_away(
    postgres_url: str, open_another: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")
    opened = open_another(postgres_url)
    recorder = opened.log._recorder
    with recorder.ordered() as transaction, psycopg.connect(postgres_url) as other:
        recorder.look(transaction, [], [])  # until it is asked for an answer, a pipeline may not be sent
        held = other.execute(
            "SELECT mode FROM pg_locks WHERE relation = 'varve_events'::regclass AND granted"
        ).fetchall()
    assert ("ExclusiveLock",) in held


def test_a_row_that_goes_round_the_committer_is_refused_by_postgresql(postgres_url: str, open_another: Open):
    open_another(postgres_url)
    with psycopg.connect(postgres_url) as stray, pytest.raises(psycopg.errors.NotNullViolation):
        stray.execute(
            "INSERT INTO varve_events (originator_id, originator_version, topic, state)"
            " VALUES (gen_random_uuid(), 1, 'config.created', '{}')"
        )


def test_a_recorder_takes_events_from_its_committer_only(opened: OpenStore):
    with pytest.raises(TypeError, match="committer"):
        opened.log._recorder.insert_events([])


def test_views_of_another_log_are_not_served(tmp_path, open_another: Open):
    url = f"sqlite:///{tmp_path / 'varve.db'}"
    first = open_another(url)
    assert first.follower.wait_for(record(first.log, "chunking", 5).last, seconds=5)
    first.close()
    for name in ("varve.db", "varve.db-wal", "varve.db-shm"):  # but not the views beside it
        (tmp_path / name).unlink(missing_ok=True)
    assert open_another(url).follower.visible == 0
