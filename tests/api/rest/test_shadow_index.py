"""The way of the validated settings: lock, shadow table, fill, ready, switch, route, drop, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from infrastructure.indexing import Indexing
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.locks import VALIDATED, locked, refused
from tests.api.rest.test_indexes import EMBEDDING, INDEXES, registered, route

COLUMNS = {
    "id": "bigint",
    "doc_id": "text",
    "chunk_index": "integer",
    "embedding_text": "text",
    "bm25_text": "text",
    "embedding_token_count": "integer",
    "bm25_token_count": "integer",
    "chunk_version": "text",
    "ingest_run_id": "text",
    "created_at": "timestamp with time zone",
}


@pytest.fixture
def application(postgres_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The application's own database, as it sees it."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def serving(postgres_url: str) -> Iterator[Client]:
    """A service that knows of that database, and where the validated settings are in force."""
    with opened("memory:", indexing=Indexing(urls={"production": postgres_url})) as client:
        client.config = client.create("chunk_index", VALIDATED)  # type: ignore[attr-defined]
        client.create("embedding", {**EMBEDDING, "model_id": "BAAI/bge-large-en-v1.5"})
        yield client


def fill(application: psycopg.Connection[Any], index: dict[str, Any], *, chunks: int = 3, **fields: Any) -> None:
    """Do as an ingest run does."""
    row = {
        "doc_id": "d-1",
        "embedding_text": "prefix text",
        "bm25_text": "text",
        "embedding_token_count": 450,
        "bm25_token_count": 440,
        "chunk_version": index["version_label"],
        "ingest_run_id": index["ingest_run_id"],
        **fields,
    }
    names = sql.SQL(", ").join(map(sql.Identifier, ("chunk_index", *row)))
    values = sql.SQL(", ").join(sql.Placeholder() * (len(row) + 1))
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(index["table"]), names, values)
    for number in range(chunks):
        application.execute(insert, (number, *row.values()))


def tables(application: psycopg.Connection[Any]) -> set[str]:
    found = application.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in found}


def act(client: Client, index: dict[str, Any], what: str, **body: Any) -> Any:
    return client.post(f"{INDEXES}/{index['id']}/{what}", json=body)


def test_the_road_from_a_lock_to_a_shadow_that_is_read(serving: Client, application: psycopg.Connection[Any]):
    registered(serving, table="document_chunks")
    lock = locked(serving, version_label="2026-11-20-100000-v1")
    assert lock["checks"]["guardrails"] == lock["checks"]["embedder"] == "passed"

    shadow = registered(serving, lock_id=lock["id"], shadow=True, ready=False)
    assert shadow["table"] == "document_chunks_2026_11_20_100000_v1"
    asked = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
    assert dict(application.execute(asked, (shadow["table"],)).fetchall()) == COLUMNS

    assert "is empty" in act(serving, shadow, "ready").json()["detail"]
    fill(application, shadow, chunks=40)
    assert act(serving, shadow, "progress", of=40).json()["chunks"] == 40
    assert route(serving, shadow=True)["table"] == "document_chunks"  # it is not ready yet
    assert act(serving, shadow, "ready").json()["status"] == "ready"
    told = route(serving, shadow=True)
    assert (told["table"], told["is_shadow"], told["ingest_run_id"]) == (shadow["table"], True, lock["ingest_run_id"])
    assert (route(serving)["table"], route(serving)["is_shadow"]) == ("document_chunks", False)
    assert act(serving, shadow, "switch").json()["status"] == "live"
    assert route(serving)["table"] == shadow["table"]

    renamed = {**EMBEDDING, "model_id": "gateway/bge-large"}
    serving.put("/api/embedders", json={"name": "BAAI/bge-large-en-v1.5", "aliases": ["gateway/bge-large"]})
    embedding = serving.get(CONFIGS, params={"config_type": "embedding"}).json()["items"][0]
    serving.change(embedding, config_data=renamed)
    assert route(serving)["matches"] is True
    assert refused(serving.post(CONFIGS, json=chunking(overlap=90))) == (409, "index_not_ready")


def chunking(*, overlap: int) -> dict[str, Any]:
    return {"config_type": "chunking", "name": "n", "is_default": True, "config_data": {"chunk_overlap": overlap}}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"embedding_token_count": 1025}, "have more than 1024 tokens"),
        ({"bm25_token_count": 1025}, "have more than 1024 tokens"),
        ({"ingest_run_id": "another"}, "are of another run"),
        ({"chunk_version": "another"}, "of another version"),
    ],
)
def test_a_shadow_that_is_not_filled_as_its_lock_says_is_not_ready(
    serving: Client, application: psycopg.Connection[Any], fields: dict[str, Any], why: str
):
    shadow = registered(serving, lock_id=locked(serving)["id"], shadow=True, ready=False)
    fill(application, shadow, embedding_token_count=1024, bm25_token_count=1024)
    fill(application, shadow, chunks=1, **fields)
    answer = act(serving, shadow, "ready")
    assert refused(answer) == (409, "conflict")
    assert "1 of 4 chunks" in answer.json()["detail"]
    assert why in answer.json()["detail"]


def test_only_the_table_of_the_shadow_is_ever_dropped(serving: Client, application: psycopg.Connection[Any]):
    application.execute("CREATE TABLE document_chunks (id int)")
    mine = registered(serving, table="document_chunks", ready=False)
    shadow = registered(serving, lock_id=locked(serving)["id"], shadow=True, ready=False)
    at = f"{INDEXES}/{shadow['id']}"
    assert serving.delete(at, params={"confirm": "document_chunks"}).status_code == 400
    dry = serving.delete(at, params={"confirm": shadow["table"], "dry_run": True})
    assert (dry.status_code, tables(application)) == (200, {"document_chunks", shadow["table"]})
    assert serving.delete(at, params={"confirm": shadow["table"]}).json()["status"] == "dropped"
    assert tables(application) == {"document_chunks"}
    again = serving.delete(at, params={"confirm": shadow["table"]})
    assert (again.status_code, again.json()["status"]) == (200, "dropped")
    serving.delete(f"{INDEXES}/{mine['id']}", params={"confirm": "document_chunks"})
    assert tables(application) == {"document_chunks"}


def test_a_table_that_somebody_put_in_its_place_is_left_alone(serving: Client, application: psycopg.Connection[Any]):
    shadow = registered(serving, lock_id=locked(serving)["id"], shadow=True, ready=False)
    name = sql.Identifier(shadow["table"])
    application.execute(sql.SQL("DROP TABLE {}").format(name))
    application.execute(sql.SQL("CREATE TABLE {} (id int)").format(name))
    assert "left alone" in act(serving, shadow, "ready").json()["detail"]
    dropped = serving.delete(f"{INDEXES}/{shadow['id']}", params={"confirm": shadow["table"]})
    assert refused(dropped) == (409, "conflict")
    assert shadow["table"] in tables(application)


def test_a_table_of_that_name_is_not_taken_over(serving: Client, application: psycopg.Connection[Any]):
    lock = locked(serving, version_label="2026-11-20-100000-v1")
    application.execute("CREATE TABLE document_chunks_2026_11_20_100000_v1 (id int)")
    answer = serving.post(INDEXES, json={"lock_id": lock["id"], "shadow": True})
    assert refused(answer) == (409, "conflict")
    assert "already" in answer.json()["detail"]
    assert serving.get(INDEXES).json()["items"] == []


def test_what_is_refused_or_only_tried_makes_no_table(serving: Client, application: psycopg.Connection[Any]):
    lock = locked(serving)
    tried = serving.post(INDEXES, json={"lock_id": lock["id"], "shadow": True}, params={"dry_run": True})
    assert tried.json()["events"][0]["type"] == "index.registered"
    serving.post("/api/environments/production/freeze", json={"reason": "the holidays"})
    answer = serving.post(INDEXES, json={"lock_id": lock["id"], "shadow": True})
    assert refused(answer) == (423, "frozen")
    assert tables(application) == set()


def test_a_repeat_finds_its_table(serving: Client, application: psycopg.Connection[Any]):
    body, key = {"lock_id": locked(serving)["id"], "shadow": True}, {"Idempotency-Key": uuid4().hex}
    first, again = (serving.post(INDEXES, json=body, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert tables(application) == {first.json()["table"]}


def test_a_database_that_does_not_answer_is_told_without_its_password():
    indexing = Indexing(urls={"production": "postgresql://u:letmein@127.0.0.1:1/nothing"})
    with opened("memory:", indexing=indexing) as client:
        client.create("chunk_index", VALIDATED)
        answer = client.post(INDEXES, json={"lock_id": locked(client)["id"], "shadow": True})
        assert refused(answer) == (503, "store_unavailable")
        assert "letmein" not in answer.text
        assert client.get(INDEXES).json()["items"] == []
