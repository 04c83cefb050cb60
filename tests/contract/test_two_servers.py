"""Several servers on one PostgreSQL: each hears of what the others record, and one of them projects."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from application.advance import Advance
from application.ports import Decision
from domain.configs.scope import Ladder
from domain.errors import Conflict
from domain.installation.ladder import LADDER_ID, LadderLog
from infrastructure.projections.live import position_of
from infrastructure.rebuilder import ViewRebuilder
from infrastructure.stores import OpenStore, open_store
from tests.contract.recording import command, layer, record

NEVER = 3_600.0  # so that only a notification can wake a follower


@pytest.fixture
def open_server(postgres_url: str, open_another) -> Callable[..., OpenStore]:
    def open_it(*, poll_seconds: float | None = None) -> OpenStore:
        opened = open_another(postgres_url)
        if poll_seconds:
            opened.follower._poll_seconds = poll_seconds
        opened.follower.start()
        return opened

    return open_it


def shows(opened: OpenStore, position: int, *, within: float) -> bool:
    """Whether the views of this server come to a position by themselves: asking by `wait_for` would do the work."""
    deadline = time.monotonic() + within
    while opened.follower.visible < position and time.monotonic() < deadline:
        time.sleep(0.01)
    return opened.follower.visible >= position


def end_connections(url: str, last_query: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE %s",
            (last_query,),
        )
        return len(ended.fetchall())


def test_a_second_server_shows_within_a_second_what_the_first_recorded(open_server):
    first, second = open_server(poll_seconds=NEVER), open_server(poll_seconds=NEVER)
    time.sleep(0.3)  # both listen
    commit = record(first.log, "chunking")
    assert shows(second, commit.last, within=1)
    assert layer(second.log, "chunking").version == 1


def test_the_leader_shows_what_another_server_recorded(open_server):
    first, second = open_server(poll_seconds=NEVER), open_server(poll_seconds=NEVER)
    time.sleep(0.3)
    commit = record(second.log, "chunking")
    assert shows(first, commit.last, within=1)


def test_when_the_leader_closes_another_projects_within_seconds(open_server):
    first, second = open_server(), open_server()
    assert shows(second, record(first.log, "chunking").last, within=2)
    first.close()
    assert shows(second, record(second.log, "chunking").last, within=5)


def test_a_server_that_lost_the_connection_it_listens_on_catches_up(open_server, postgres_url: str):
    first, second = open_server(poll_seconds=NEVER), open_server(poll_seconds=NEVER)
    time.sleep(0.3)
    assert end_connections(postgres_url, "LISTEN%") == 2
    commit = record(first.log, "chunking")
    assert shows(first, commit.last, within=5)
    assert shows(second, commit.last, within=5)


def test_a_leader_that_lost_the_lock_takes_it_again_or_leaves_it_to_another(open_server, postgres_url: str):
    first, second = open_server(), open_server()
    assert shows(second, record(first.log, "chunking").last, within=2)
    assert end_connections(postgres_url, "SELECT pg\\_%") == 2
    for _ in range(3):
        commit = record(first.log, "chunking")
        assert shows(first, commit.last, within=5)
        assert shows(second, commit.last, within=5)
    assert position_of(first.follower.engine) == 4


def test_writers_on_two_servers_lose_and_double_nothing(open_server):
    servers = [open_server(), open_server()]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: [record(servers[n % 2].log, f"type-{n}") for _ in range(10)], range(8)))
    commits = servers[0].log.commits(after=0, limit=1000)
    assert [commit.first for commit in commits] == list(range(1, 81))
    assert all(shows(server, 80, within=5) for server in servers)


def test_two_servers_may_start_at_the_same_moment_on_an_empty_database(postgres_url: str):
    with ThreadPoolExecutor(3) as pool:
        servers = list(pool.map(open_store, [postgres_url] * 3))
    try:
        commit = record(servers[0].log, "chunking")
        assert all(server.follower.wait_for(commit.last, seconds=5) for server in servers)
    finally:
        for server in servers:
            server.close()


def test_of_two_servers_one_rebuilds_at_a_time(open_server):
    first, second = (ViewRebuilder(open_server()) for _ in range(2))
    with first._alone(), pytest.raises(Conflict, match="wait until"):
        second.rebuild()
    assert second.rebuild().generation == 2


def test_both_servers_tell_the_slots_that_moved_and_the_kinds_that_were_defined(open_server):
    first, second = open_server(poll_seconds=NEVER), open_server(poll_seconds=NEVER)
    told: list[tuple[OpenStore, list[Advance]]] = [(first, []), (second, [])]
    for opened, advances in told:
        opened.follower.on_advance.append(advances.append)
    time.sleep(0.3)
    at = record(second.log, "chunking").last
    assert shows(first, at, within=1)
    assert shows(second, at, within=1)
    ladder, by = second.log.load(LadderLog, LADDER_ID), command()
    ladder.change(Ladder.INITIAL, stamp=by.stamp)
    defined = second.log.record(by, Decision((ladder,))).last
    for opened, advances in told:
        assert shows(opened, defined, within=1)
        assert advances == [
            Advance(at, frozenset({("production", "process", "", "chunking")})),
            Advance(defined, frozenset(), frozenset({"ladder"})),
        ]
