"""Two promotions at once, through two servers where the store takes two: one wins, and whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from application.commands import Commands
from application.ports import Command
from tests.api.conftest import Client, opened
from tests.api.rest.change_sets import SETS
from tests.api.rest.locks import LOCKS, VALIDATED, locked
from tests.api.rest.test_releases import RELEASES

SOURCES = {"staging": 600, "trial": 700}
Servers = tuple[Client, Client]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servers]:
    """With two environments beside production. The same server twice, but on PostgreSQL."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        with opened(url) as first, opened(url) as second:
            yield with_sources(first), second
    else:
        with opened({"memory": "memory:"}.get(request.param, f"sqlite:///{tmp_path / 'varve.db'}")) as only:
            yield with_sources(only), only


def with_sources(client: Client) -> Client:
    for name in SOURCES:
        client.post("/api/environments", json={"name": name})
    return client


def at_once(monkeypatch: pytest.MonkeyPatch, operation: str, *asks: Callable[[], Any]) -> list[Any]:
    """The answers. Each has read what it reads before its command when the other's begins."""
    barrier, run = Barrier(len(asks)), Commands.run

    def run_together(commands: Commands, command: Command, *which: Any, **how: Any) -> Any:
        if command.operation == operation:
            barrier.wait(60)
        return run(commands, command, *which, **how)

    with monkeypatch.context() as patch, ThreadPoolExecutor(len(asks)) as pool:
        patch.setattr(Commands, "run", run_together)
        return list(pool.map(lambda ask: ask(), asks))


def require_one_whole(client: Client, answers: list[Any], event: str) -> int:
    """Which of the two won: all that the log has of them both is one commit of its, and the views say the same."""
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner = next(index for index, answer in enumerate(answers) if answer.status_code == 200)
    assert answers[1 - winner].json()["code"] == "conflict"
    client.headers["Varve-Min-Position"] = str(client.newest_position)
    events = client.get("/api/events", params={"types": event}).json()["items"]
    there = [one["commit"]["last"] for one in events if one["environment"] == "production"]
    assert there == [client.newest_position]
    assert client.service.use_cases.rebuilder.verify().difference is None
    return winner


def test_of_two_releases_one_is_published_and_whole(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    client = servers[0]
    client.create("chunking", {"max_chunk_size": 500})
    for name, size in SOURCES.items():
        client.create("chunking", {"max_chunk_size": size}, environment=name)
        client.create("retrieval", {"number_of_results": 7}, environment=name, scope=f"user:{name}")
    body = {"to": "production", "title": "sprint 12"}
    sets = [client.post(RELEASES, json={"from": name, **body}).json() for name in SOURCES]
    publish = [lambda n=n: servers[n].post(f"{SETS}/{sets[n]['id']}/publish", json={}) for n in range(2)]
    winner = require_one_whole(client, at_once(monkeypatch, "publish_change_set", *publish), "change_set.published")
    name = list(SOURCES)[winner]
    assert client.effective(config_types="chunking")["chunking"]["max_chunk_size"] == SOURCES[name]
    users = client.get("/api/runtime-configs/", params={"config_type": "retrieval"}).json()["items"]
    assert [one["user_id"] for one in users] == [name]
    states = [client.get(f"{SETS}/{one['id']}").json()["state"] for one in sets]
    assert (states[winner], states[1 - winner]) == ("published", "proposed")


def test_of_two_locks_one_is_promoted_and_whole(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    client = servers[0]
    locks = []
    for name, size in SOURCES.items():
        client.create("chunk_index", {**VALIDATED, "chunk_size": size}, environment=name)
        locks.append(locked(client, environment=name))
    body = {"to_environment": "production", "reason": "better recall"}
    promote = [lambda n=n: servers[n].post(f"{LOCKS}/{locks[n]['id']}/promote", json=body) for n in range(2)]
    winner = require_one_whole(client, at_once(monkeypatch, "promote_lock", *promote), "lock.created")
    (held,) = client.get(LOCKS, params={"environment": "production"}).json()["items"]
    assert (held["promoted_from"], held["status"]) == (locks[winner]["id"], "held")
    assert client.effective()["chunk_index"]["chunk_size"] == list(SOURCES.values())[winner]
    assert client.get(f"{LOCKS}/{locks[1 - winner]['id']}").json()["promoted_to"] == []


def test_of_two_promotions_of_one_lock_one_wins(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    client = servers[0]
    client.create("chunk_index", VALIDATED, environment="staging", scope="collection", collection_id="c-1")
    lock = locked(client, environment="staging", scope="collection", collection_id="c-1")
    body = {"to_environment": "production", "reason": "better recall"}
    promote = [lambda n=n: servers[n].post(f"{LOCKS}/{lock['id']}/promote", json=body) for n in range(2)]
    answers = at_once(monkeypatch, "promote_lock", *promote)
    require_one_whole(client, answers, "lock.created")
    later = client.post(f"{LOCKS}/{lock['id']}/promote", json=body)
    assert "is promoted to production already" in later.json()["detail"]
