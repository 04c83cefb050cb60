"""A backup gives every answer again; whatever is wrong with one is told, and nothing is half done."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from api.bootstrap import service
from application.moments import Moment
from application.ports import Command
from application.use_cases import UseCases
from domain.errors import StoreUnavailable
from infrastructure.backup import back_up, restore
from tests.contract.test_as_of import answers
from tests.faults.doors import UseCaseDoor
from tests.faults.load import Racer
from tests.new_log import NEW_LOG
from tests.shared_postgres import fresh_database

STEPS = 40


@pytest.fixture(params=["sqlite", "postgresql"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path, postgres_server_url: str) -> Iterator[str]:
    """An empty store to restore into."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    with fresh_database(postgres_server_url) as url:
        yield url


def boundaries(cases: UseCases) -> list[int]:
    return [commit.last for commit in cases.store.commits(after=NEW_LOG, limit=10_000)]


def go_on(cases: UseCases, steps: int, *, seed: int) -> None:
    racer = Racer(UseCaseDoor(cases), seed=seed)
    for _ in range(steps):
        racer.once()


def test_a_restored_log_gives_every_answer_again_in_an_epoch_of_its_own(kept_url: str, other_url: str, tmp_path: Path):
    with service(kept_url, variables={"MAX_CHUNK_SIZE": "700"}) as served, ThreadPoolExecutor(1) as pool:
        cases = served.use_cases
        go_on(cases, STEPS, seed=1)
        writing = pool.submit(go_on, cases, STEPS, seed=2)
        copied = back_up(kept_url, tmp_path / "backup.db")  # while commands go on
        writing.result()
        then = {at: answers(cases, Moment(at)) for at in boundaries(cases) if at <= copied.position}
        identity, root = cases.store.identity, None
        cases.prove_log.grow()
        root = cases.prove_log.checkpoint(size=copied.size).root.hex()
    assert len(then) > STEPS / 3
    restored = restore(tmp_path / "backup.db", other_url)
    assert restored == copied._replace(epoch=copied.epoch + 1)
    assert copied.root == root
    with service(other_url, variables={}) as served:
        cases = served.use_cases
        assert (cases.store.identity.log_id, cases.store.identity.epoch) == (identity.log_id, identity.epoch + 1)
        assert {at: answers(cases, Moment(at)) for at in then} == then
        go_on(cases, STEPS, seed=3)
        assert {at: answers(cases, Moment(at)) for at in then} == then
        assert cases.rebuilder.verify().equal
        assert cases.store.newest().last > restored.position  # type: ignore[union-attr]


def test_a_command_that_the_backup_holds_is_known_again(kept_url: str, other_url: str, tmp_path: Path):
    command = Command("u-1", "once", "add", b"digest")
    with service(kept_url, variables={}) as served:
        first = served.use_cases.govern_environments.add("staging", {}, command=command)
    back_up(kept_url, tmp_path / "backup.db")
    restore(tmp_path / "backup.db", other_url)
    with service(other_url, variables={}) as served:
        again = served.use_cases.govern_environments.add("staging", {}, command=command)
    assert again.repeated  # type: ignore[union-attr]
    assert again.position == first.position  # type: ignore[union-attr]


def test_views_of_what_was_there_before_are_not_taken_for_those_of_the_backup(tmp_path: Path):
    url, path = f"sqlite:///{tmp_path / 'varve.db'}", tmp_path / "varve.db"
    with service(url, variables={}) as served:
        back_up(url, tmp_path / "backup.db")
        go_on(served.use_cases, STEPS, seed=1)
    path.unlink()  # the views stay
    restore(tmp_path / "backup.db", url)
    with service(url, variables={}) as served:
        assert served.use_cases.progress.visible == NEW_LOG
        assert served.use_cases.rebuilder.verify().equal


def refused(act: Callable[[], object], match: str) -> None:
    with pytest.raises(StoreUnavailable, match=match) as refusal:
        act()
    assert "\n" not in refusal.value.detail


def test_a_backup_is_never_overwritten(kept_url: str, tmp_path: Path):
    with service(kept_url, variables={}):
        back_up(kept_url, tmp_path / "backup.db")
        was = (tmp_path / "backup.db").read_bytes()
        refused(lambda: back_up(kept_url, tmp_path / "backup.db"), "exists: name another file")
    assert (tmp_path / "backup.db").read_bytes() == was


def test_a_log_is_never_restored_over_another(kept_url: str, tmp_path: Path):
    with service(kept_url, variables={}):
        back_up(kept_url, tmp_path / "backup.db")
    refused(lambda: restore(tmp_path / "backup.db", kept_url), "holds a log already")


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        ("DELETE FROM varve_events WHERE rowid = 5", "damaged, first at position 5"),
        ("DELETE FROM varve_commits", "damaged, first at position 1"),
        ("UPDATE varve_commits SET last = 20", "damaged"),
        ("UPDATE alembic_version SET version_num = '9999'", "use a newer Varve"),
        ("DROP TABLE varve_commits", "not a log of Varve"),
        ("DELETE FROM varve_log", "not a log of Varve"),
        ("INSERT INTO varve_log SELECT * FROM varve_log", "not a log of Varve"),
        ("UPDATE varve_log SET log_id = 'none'", "not a log of Varve"),
        ("DROP TABLE varve_tiles", "no such table"),
    ],
)
def test_a_damaged_backup_is_refused_and_leaves_nothing(
    kept_url: str, other_url: str, tmp_path: Path, statement: str, match: str
):
    with service(kept_url, variables={}):
        back_up(kept_url, tmp_path / "backup.db")
    with sqlite3.connect(tmp_path / "backup.db") as connection:
        connection.execute(statement)
    connection.close()
    refused(lambda: restore(tmp_path / "backup.db", other_url), match)
    with service(other_url, variables={}) as served:
        assert served.use_cases.progress.visible == NEW_LOG


def test_what_is_no_backup_or_no_store_is_told(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no database, but long enough to look like one" * 20)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    refused(lambda: restore(tmp_path / "notes.txt", other), "not a log of Varve")
    refused(lambda: restore(tmp_path / "nosuch", other), "there is no file")
    refused(lambda: back_up("memory:", tmp_path / "b"), "only what is kept")
    refused(lambda: back_up(f"sqlite:///{tmp_path / 'nosuch.db'}", tmp_path / "b"), "there is no store")
    refused(lambda: back_up("postgresql://127.0.0.1:9/nowhere", tmp_path / "b"), "cannot be copied")
    assert sorted(one.name for one in tmp_path.iterdir() if not one.name.endswith(".lock")) == ["notes.txt"]


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Of a store in which something has happened."""
    url, path = f"sqlite:///{tmp_path / 'backed-up.db'}", tmp_path / "backup.db"
    with service(url, variables={}) as served:
        go_on(served.use_cases, STEPS, seed=1)
        back_up(url, path)
    return path


def changed(backup: Path, *statements: str) -> None:
    with closing(sqlite3.connect(backup)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_backup_is_only_read(backup: Path, other_url: str):
    was = backup.read_bytes()
    restore(backup, other_url)
    assert backup.read_bytes() == was
    assert [one.name for one in backup.parent.glob("backup.db*")] == ["backup.db"]


def test_a_backup_of_an_older_schema_is_brought_to_todays(backup: Path, other_url: str):
    changed(
        backup,
        "DROP TABLE varve_data_keys",
        "DROP TABLE varve_tiles",
        "UPDATE alembic_version SET version_num = '0001'",
    )
    restored = restore(backup, other_url)
    with service(other_url, variables={}) as served:
        assert served.use_cases.progress.visible == restored.position
        assert served.use_cases.prove_log.grow() == restored.size


def test_a_file_that_lost_a_page_is_refused_in_one_line(backup: Path, other_url: str):
    page = bytes([0xAA]) * 4096
    backup.write_bytes(backup.read_bytes()[: 3 * 4096] + page + backup.read_bytes()[4 * 4096 :])
    refused(lambda: restore(backup, other_url), "damaged|malformed")


def test_a_backup_may_have_any_name(backup: Path, other_url: str):
    named = backup.rename(backup.with_name("of monday #2, 100%41.db"))
    assert restore(named, other_url).events > 0


def test_what_a_store_without_events_holds_gives_way_to_the_backup(backup: Path, postgres_url: str):
    with service(postgres_url, variables={}):
        pass
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DELETE FROM varve_events")
    restored = restore(backup, postgres_url)
    assert back_up(postgres_url, backup.with_name("again.db")) == restored


def test_a_store_of_a_newer_schema_is_not_backed_up_in_part(postgres_url: str, tmp_path: Path):
    with service(postgres_url, variables={}), psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    refused(lambda: back_up(postgres_url, tmp_path / "backup.db"), "use a newer Varve")
    assert list(tmp_path.iterdir()) == []


KILLED_BEFORE_THE_NAME = """
import os, signal, sys
from pathlib import Path
from infrastructure import backup

backup._settle = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
backup.back_up(sys.argv[1], Path(sys.argv[2]))
"""


def test_a_backup_that_is_killed_leaves_no_file_of_that_name_and_can_be_made_again(kept_url: str, tmp_path: Path):
    target = tmp_path / "backup.db"
    with service(kept_url, variables={}):
        arguments = [sys.executable, "-c", KILLED_BEFORE_THE_NAME, kept_url, str(target)]
        assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
        assert not target.exists()
        (part,) = (one for one in tmp_path.glob("backup.db.part-*") if one.suffix.rpartition("-")[2].isdigit())
        part.rename(f"{target}.part-{os.getpid()}")  # as a process of the same number would find it
        assert back_up(kept_url, target).position == NEW_LOG
