"""The views are what the log says: after any history, with any number of followers, through any rebuild."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
import sqlalchemy as sa

from api.bootstrap import served
from application.edit_configs import Draft, created_id
from application.use_cases import UseCases
from domain.configs.scope import GLOBAL, Scope
from domain.errors import Refusal
from infrastructure.projections import follower, live, rebuild
from infrastructure.projections.follower import Alone, Follower
from infrastructure.projections.tables import config_versions, configs
from infrastructure.stores import OpenStore
from tests.contract.recording import command, record

SCOPES = [GLOBAL, Scope("user", "u-1"), Scope("collection", "c-1")]
NAMES = ["fast", "Fast", "slow"]


@pytest.fixture
def cases(opened: OpenStore) -> Iterator[UseCases]:
    with contextmanager(served)(opened, environment="production", variables={}) as service:
        yield service.use_cases


class History:
    """Commands as chance has them; some are refused."""

    def __init__(self, cases: UseCases, seed: int) -> None:
        self._cases = cases
        self._chance = random.Random(seed)
        self._created: list[object] = []
        self.recorded = 0

    def go_on(self, commands: int) -> None:
        for _ in range(commands):
            try:
                self._chance.choice([self._create, self._update, self._update, self._switch, self._delete])()
                self.recorded += 1
            except Refusal:
                continue

    def _create(self) -> None:
        asked, scope = command(), self._chance.choice(SCOPES)
        name, is_default = self._chance.choice(NAMES), self._chance.choice([True, None])
        draft = Draft("production", scope, "chunking", name, self._data(), is_default=is_default)
        self._cases.edit_configs.create(draft, command=asked)
        self._created.append(created_id(asked))

    def _update(self) -> None:
        changes = {"data": self._data(), "description": self._chance.choice([None, "words"])}
        self._change(changes)

    def _switch(self) -> None:
        flag = self._chance.choice(["is_active", "is_default"])
        self._change({flag: self._chance.random() < 0.6, "name": self._chance.choice(NAMES)})

    def _change(self, changes: dict[str, object]) -> None:
        if self._created:
            self._cases.edit_configs.update(self._chance.choice(self._created), changes, command=command())

    def _delete(self) -> None:
        if self._created:
            self._cases.edit_configs.delete(self._chance.choice(self._created), command=command())

    def _data(self) -> dict[str, int]:
        return {"max_chunk_size": self._chance.randint(200, 2000)}


@pytest.mark.parametrize("seed", [1, 2])
def test_views_kept_live_equal_views_built_from_the_log(cases: UseCases, seed: int):
    history = History(cases, seed)
    history.go_on(60)
    compared = cases.rebuilder.verify()
    assert (compared.equal, compared.difference) == (True, None)
    assert compared.digest == cases.rebuilder.rebuild().digest
    assert history.recorded > 20


def test_a_view_that_differs_from_the_log_is_told_by_its_first_row(cases: UseCases, opened: OpenStore):
    asked = command()
    cases.edit_configs.create(Draft("production", GLOBAL, "chunking", "fast", {}), command=asked)
    with opened.follower.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(configs.update().values(name="doctored"))
    compared = cases.rebuilder.verify()
    assert not compared.equal
    assert compared.difference.startswith("configs: the view has (")
    assert "doctored" in compared.difference


def test_who_recorded_something_reads_it_at_once(cases: UseCases):
    for n in range(5):
        asked = command()
        outcome = cases.edit_configs.create(
            Draft("production", Scope("user", f"u-{n}"), "chunking", "fast", {}), command=asked
        )
        assert outcome.visible
        assert cases.views.config(created_id(asked)).position == outcome.position


def test_two_projectors_on_the_same_views_double_nothing(opened: OpenStore):
    followers = [Follower(opened.log, opened.generations, leadership=Alone()) for _ in range(2)]
    done = Event()
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(keep_up, follower, opened, done) for follower in followers]
        for n in range(30):
            record(opened.log, f"type-{n % 3}", 2)
        done.set()
        assert [one.result() for one in waiting] == [60, 60]
    with opened.follower.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(config_versions)).scalar() == 60
        assert connection.execute(sa.select(sa.func.sum(configs.c.version))).scalar() == 60


def keep_up(follower: Follower, opened: OpenStore, done: Event) -> int:
    while not done.is_set() or follower.visible < opened.log.newest().last:
        newest = opened.log.newest()
        follower.wait_for(newest.last if newest else 0, seconds=5)
    return follower.visible


def test_a_projector_that_is_not_where_it_thinks_is_fenced_and_writes_nothing(opened: OpenStore):
    record(opened.log, "chunking")
    record(opened.log, "llm")
    with pytest.raises(live.Fenced):
        live.advance(opened.log, opened.follower.engine, after=1)
    with opened.follower.engine.connect() as connection:
        assert connection.execute(sa.select(configs)).all() == []
    assert live.position_of(opened.follower.engine) == 0


def test_views_stop_only_where_a_commit_ends(opened: OpenStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "COMMITS_A_BATCH", 2)
    ends = [record(opened.log, f"type-{n}", 3).last for n in range(5)]
    stops: list[int] = []
    opened.follower.on_advance.append(lambda moved: stops.append(moved.position))
    assert opened.follower.wait_for(ends[-1], seconds=5)
    assert stops == [ends[1], ends[3], ends[4]]


def test_who_waits_is_woken_long_before_the_next_poll(opened: OpenStore):
    opened.follower.start()
    with ThreadPoolExecutor(1) as pool:
        position = 1
        waiting = pool.submit(opened.follower.wait_for, position, seconds=10)
        time.sleep(0.1)
        started = time.monotonic()
        record(opened.log, "chunking")
        assert waiting.result()
        assert time.monotonic() - started < 0.5


def test_who_waits_for_what_does_not_come_is_told_so_in_time(opened: OpenStore):
    started = time.monotonic()
    assert not opened.follower.wait_for(1, seconds=0.1)
    assert 0.1 <= time.monotonic() - started < 1


def test_views_are_rebuilt_while_commands_go_on(cases: UseCases, opened: OpenStore):
    stops: list[int] = []
    opened.follower.on_advance.append(lambda moved: stops.append(moved.position))
    with ThreadPoolExecutor(1) as pool:
        history = History(cases, 3)
        writing = pool.submit(history.go_on, 60)
        generations = [cases.rebuilder.rebuild().generation for _ in range(3)]
        writing.result()
    assert generations == sorted(set(generations))
    assert stops == sorted(stops)  # what was read once is never gone again
    assert cases.rebuilder.verify().equal
    assert cases.rebuilder.status().position == opened.log.newest().last


def test_a_rebuild_that_dies_leaves_the_views_as_they_were(
    cases: UseCases, opened: OpenStore, monkeypatch: pytest.MonkeyPatch
):
    History(cases, 4).go_on(20)
    served_before = opened.generations.current()
    with monkeypatch.context() as dying:
        dying.setattr(rebuild.Loader, "make_indexes", die)
        with pytest.raises(KeyboardInterrupt):
            cases.rebuilder.rebuild()
    assert opened.generations.current() == served_before
    asked = command()
    cases.edit_configs.create(Draft("production", Scope("user", "u-9"), "chunking", "new", {}), command=asked)
    assert cases.views.config(created_id(asked)).name == "new"
    assert cases.rebuilder.rebuild().generation == served_before + 1
    assert cases.rebuilder.verify().equal


def die(_: object) -> None:
    raise KeyboardInterrupt


def test_the_past_is_kept_as_it_was_at_each_commit(cases: UseCases):
    asked = command()
    cases.edit_configs.create(Draft("production", GLOBAL, "chunking", "fast", {}), command=asked)
    config_id = created_id(asked)
    positions = []
    for size in (500, 600, 700):
        changes = {"data": {"max_chunk_size": size}}
        positions.append(cases.edit_configs.update(config_id, changes, command=command()).position)
    found = [cases.views.config(config_id, position=position).data for position in positions]
    assert found == [{"max_chunk_size": 500}, {"max_chunk_size": 600}, {"max_chunk_size": 700}]


def test_what_was_recorded_is_answered_also_when_the_views_cannot_move(
    cases: UseCases, opened: OpenStore, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, OSError("gone"))

    monkeypatch.setattr(follower, "advance", fail)
    outcome = cases.edit_configs.create(Draft("production", GLOBAL, "chunking", "fast", {}), command=command("c-1"))
    assert not outcome.visible
    assert opened.log.commit_of("u-1", "c-1") == outcome.commit
