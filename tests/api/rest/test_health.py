"""Health: what is alive, what is ready, and what is not, by name and within a second."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from api.app import THREADS
from application.inspect_health import NOT_KNOWN
from domain.errors import StoreUnavailable
from infrastructure.projections import follower
from tests.api.conftest import Client, opened

OK = {"store": "ok", "migrations": "ok", "views": "ok"}


def test_a_service_whose_views_are_near_the_log_is_ready(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready", "checks": OK, "read_only": False}


def test_a_service_whose_views_are_far_behind_is_not_ready(
    stopped_views: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.inspect_health.READY_WITHIN_POSITIONS", 2)
    stopped_views.create()
    answer = stopped_views.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "behind")
    assert "varve projections rebuild" in answer.json()["detail"]
    assert answer.json()["checks"] == {**OK, "views": answer.json()["detail"]}


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_store_whose_schema_is_older_is_not_ready_and_one_of_a_newer_server_is(
    store: str, tmp_path: Path, postgres_url: str
) -> None:
    file = tmp_path / "varve.db"
    with opened(f"sqlite:///{file}" if store == "sqlite" else postgres_url) as client:
        set_schema("0001", file=file, url=postgres_url if store == "postgresql" else None)
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert set(answer.json()["checks"]) == set(OK)
        assert "run varve migrate" in answer.json()["checks"]["migrations"]
        assert answer.json()["checks"]["store"] == answer.json()["checks"]["views"] == "ok"
        set_schema("9999", file=file, url=postgres_url if store == "postgresql" else None)
        assert client.get("/health/ready").json()["checks"] == OK


def set_schema(version: str, *, file: Path, url: str | None) -> None:
    statement = f"UPDATE alembic_version SET version_num = '{version}'"
    if url is not None:
        with psycopg.connect(url) as connection:
            connection.execute(statement)
        return
    with sqlite3.connect(file) as database:
        database.execute(statement)
    database.close()


def test_a_store_that_is_away_is_named_and_the_rest_is_not_known(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise StoreUnavailable("the store did not answer: try again in a moment")

    monkeypatch.setattr(api.service.use_cases.store, "newest", away)
    answer = api.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.json()["checks"]["views"] == answer.json()["checks"]["migrations"] == NOT_KNOWN


@pytest.fixture
def end() -> threading.Event:
    return threading.Event()


@pytest.fixture
def hanging(api: Client, monkeypatch: pytest.MonkeyPatch, end: threading.Event) -> Iterator[Client]:
    """A service whose store takes every question and answers none, until `end`."""

    def hang(*_: Any, **__: Any) -> None:
        end.wait(30)

    monkeypatch.setattr(api.service.use_cases.store, "newest", hang)
    monkeypatch.setattr(api.service.use_cases.views, "config", hang)
    yield api
    end.set()


def test_a_store_that_hangs_is_told_of_within_a_second_while_every_thread_waits_for_it(
    hanging: Client, end: threading.Event
) -> None:
    address = "/api/runtime-configs/0b9e8a52-6f0e-5d0a-9a53-0f7c2f0f7b11"
    waiting = [threading.Thread(target=hanging.get, args=(address,), daemon=True) for _ in range(THREADS)]
    for one in waiting:
        one.start()
    time.sleep(0.3)
    for _ in range(6):  # more than the looks that may hang at once
        began = time.monotonic()
        answer = hanging.get("/health/ready")
        assert time.monotonic() - began < 1.5
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert "within 1 s" in answer.json()["checks"]["store"]
        assert hanging.get("/health/live").status_code == 200
    assert all(one.is_alive() for one in waiting)
    end.set()
    for one in waiting:
        one.join()


def test_a_store_that_answers_again_is_ready_again(hanging: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hanging.get("/health/ready").status_code == 503
    monkeypatch.undo()
    assert hanging.get("/health/ready").json()["checks"] == OK


def test_a_service_starts_and_answers_while_its_views_stand_still_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    def cut_off(*_: Any, **__: Any) -> None:
        raise sa.exc.OperationalError("UPDATE progress", {}, ConnectionError("the disk of the views is full"))

    monkeypatch.setattr("application.inspect_health.READY_WITHIN_POSITIONS", 0)
    monkeypatch.setattr("application.commands.VISIBLE_WITHIN_SECONDS", 0.02)
    url = f"sqlite:///{tmp_path / 'varve.db'}"
    with opened(url) as client:
        client.create(data={"max_chunk_size": 900}, scope="global")
        monkeypatch.setattr(follower, "advance", cut_off)
        client.create(scope="user:u-1")
    with opened(url) as client:
        answer = client.get("/health/ready")
        assert client.effective(config_types="chunking")["chunking"]["max_chunk_size"] == 900
    assert (answer.status_code, set(answer.json()["checks"].values()) - {"ok"}) == (503, {answer.json()["detail"]})
    assert answer.json()["code"] == "behind"
    assert [one["check"] for one in logs if one["event"] == "the service starts all the same"] == ["views"]
