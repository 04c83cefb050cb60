"""A backup gives every answer again; whatever is wrong with one is told, and nothing is half done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
    return [commit.last for commit in cases.store.commits(after=12, limit=10_000)]


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
        first = served.use_cases.add_environment.add("staging", command=command)
    back_up(kept_url, tmp_path / "backup.db")
    restore(tmp_path / "backup.db", other_url)
    with service(other_url, variables={}) as served:
        again = served.use_cases.add_environment.add("staging", command=command)
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
        assert served.use_cases.progress.visible == 12
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
        assert served.use_cases.progress.visible == 12


def test_what_is_no_backup_or_no_store_is_told(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no database, but long enough to look like one" * 20)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    refused(lambda: restore(tmp_path / "notes.txt", other), "not a log of Varve")
    refused(lambda: restore(tmp_path / "nosuch", other), "there is no file")
    refused(lambda: back_up("memory:", tmp_path / "b"), "only what is kept")
    refused(lambda: back_up(f"sqlite:///{tmp_path / 'nosuch.db'}", tmp_path / "b"), "there is no store")
    refused(lambda: back_up("postgresql://127.0.0.1:9/nowhere", tmp_path / "b"), "cannot be copied")
    assert sorted(one.name for one in tmp_path.iterdir() if not one.name.endswith(".lock")) == ["notes.txt"]
