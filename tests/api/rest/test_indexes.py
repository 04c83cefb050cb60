"""Indexes over HTTP: settings that shape one wait for one that is ready, and reads follow in the same commit."""

from __future__ import annotations

from typing import Any

import pytest

from api.bootstrap import Callers
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.locks import NEW, VALIDATED, WHY, locked, refused

INDEXES = "/api/indexes"
EMBEDDING = {"provider_id": "p", "model_id": "bge-large", "embedding_dim": 1024}
HOUR_US = 3600 * 1_000_000


def registered(client: Client, *, ready: bool = True, **fields: Any) -> dict[str, Any]:
    answer = client.post(INDEXES, json=fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    if not ready:
        return found
    done: dict[str, Any] = client.post(f"{INDEXES}/{found['id']}/ready", json={}).json()
    return done


def route(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get(f"{INDEXES}/route", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def indexed(api: Client) -> Client:
    return with_index(api)


def with_index(client: Client) -> Client:
    """Production has settings, and an index that is read."""
    client.config = client.create("chunking", {"chunk_overlap": 20})  # type: ignore[attr-defined]
    client.create("embedding", EMBEDDING)
    registered(client, table="chunks_a")
    return client


def overlap(client: Client, size: int, **query: Any) -> Any:
    config: dict[str, Any] = client.config  # type: ignore[attr-defined]
    return client.put(CONFIGS + config["id"], json={"config_data": {"chunk_overlap": size}}, params=query)


def test_without_an_index_the_gate_is_open(api: Client):
    config = api.create("chunking", {"chunk_overlap": 20})
    assert api.put(CONFIGS + config["id"], json={"config_data": {"chunk_overlap": 30}}).status_code == 200
    told = route(api)
    assert (told["index_id"], told["table"], told["matches"]) == (None, None, False)


def test_the_first_index_that_is_ready_is_read(client: Client):
    index = registered(client, table="chunks_a", ready=False)
    assert (index["status"], route(client)["table"]) == ("building", None)
    progress = client.post(f"{INDEXES}/{index['id']}/progress", json={"chunks": 10, "of": 40}).json()
    assert (progress["chunks"], progress["of"]) == (10, 40)
    done = client.post(f"{INDEXES}/{index['id']}/ready", json={}).json()
    assert (done["status"], done["fingerprint"]) == ("live", route(client)["fingerprint"])
    told = route(client)
    assert (told["table"], told["index_id"], told["matches"]) == ("chunks_a", index["id"], True)
    assert route(client, collection_id="c-1")["table"] == "chunks_a"
    assert client.get(INDEXES).json()["items"] == [done]


def test_a_change_waits_for_its_index_and_both_move_in_one_commit(client: Client):
    config = client.create("chunking", {"chunk_overlap": 20})
    registered(client, table="chunks_a")
    change = {"config_data": {"chunk_overlap": 30}}
    held = client.put(CONFIGS + config["id"], json=change)
    assert refused(held) == (409, "index_not_ready")
    now, wanted = [word.strip(",:") for word in held.json()["detail"].split() if len(word.strip(",:")) == 64]
    assert now == route(client)["fingerprint"]
    index = registered(client, table="chunks_b", fingerprint=wanted, ready=False)
    assert refused(client.put(CONFIGS + config["id"], json=change)) == (409, "index_not_ready")
    assert client.post(f"{INDEXES}/{index['id']}/ready", json={}).json()["status"] == "ready"
    assert route(client)["table"] == "chunks_a"
    changed = client.put(CONFIGS + config["id"], json=change)
    assert changed.status_code == 200
    told = route(client)
    assert (told["table"], told["fingerprint"], told["matches"]) == ("chunks_b", wanted, True)
    events = client.get("/api/events", params={"types": "index.switched"}).json()["items"]
    assert events[-1]["commit"]["last"] == changed.json()["position"]
    back = client.post(f"{CONFIGS}{config['id']}/rollback", json={"to_version": 1})
    assert (back.status_code, route(client)["table"]) == (200, "chunks_a")


def test_what_shapes_no_index_goes_on(indexed: Client):
    indexed.create("retrieval", {"number_of_results": 9})
    slower = {**EMBEDDING, "timeout": 99, "batch_size": 7, "provider_id": "gateway"}
    embedding = indexed.get(CONFIGS, params={"config_type": "embedding"}).json()["items"][0]
    indexed.change(embedding, config_data=slower)
    indexed.create("chunking", {"chunk_overlap": 50}, scope="user", user_id="u-1")
    indexed.create("chunking", {"chunk_overlap": 50}, scope="collection", collection_id="c-1")


def test_a_declared_name_rebuilds_nothing(client: Client):
    indexed = with_index(client)
    embedding = indexed.get(CONFIGS, params={"config_type": "embedding"}).json()["items"][0]
    renamed = {"config_data": {**EMBEDDING, "model_id": "gateway/bge"}}
    assert refused(indexed.put(CONFIGS + embedding["id"], json=renamed)) == (409, "index_not_ready")
    indexed.put("/api/embedders", json={"name": "bge-large", "dimensions": 1024, "aliases": ["gateway/bge"]})
    assert indexed.put(CONFIGS + embedding["id"], json=renamed).status_code == 200
    told = route(indexed)
    assert (told["table"], told["matches"]) == ("chunks_a", True)


@pytest.mark.parametrize("verb", ["delete", "undo", "process", "import", "dry run"])
def test_no_verb_gets_past_it(indexed: Client, variables: dict[str, str], verb: str):
    config: dict[str, Any] = indexed.config  # type: ignore[attr-defined]
    variables["CHUNK_OVERLAP"] = "33"
    made = indexed.get("/api/events", params={"types": "config.created"}).json()["items"][0]
    one = {"environment": "production", "scope": "global", "config_type": "chunking", "name": config["name"]}
    one |= {"config_data": {"chunk_overlap": 44}, "is_default": True, "is_active": True}  # type: ignore[dict-item]
    verbs = {
        "delete": lambda: indexed.delete(CONFIGS + config["id"]),
        "undo": lambda: indexed.post(f"/api/events/{made['position']}/undo", json={}),
        "process": lambda: indexed.post(f"{CONFIGS}sync-defaults", json={}),
        "import": lambda: indexed.post(
            "/api/imports", json={"kind": "bundle", "bundle": {"varve_bundle": 1, "configs": [one]}}
        ),
        "dry run": lambda: overlap(indexed, 55, dry_run=True),
    }
    answer = verbs[verb]()
    if verb == "process":  # hidden by the global config, which replaces
        assert answer.status_code == 200
        assert route(indexed)["matches"] is True
    else:
        assert refused(answer) == (409, "index_not_ready")


def test_environment_variables_wait_too_where_nothing_hides_them(api: Client, variables: dict[str, str]):
    registered(api, table="chunks_a")
    variables["CHUNK_OVERLAP"] = "33"
    sync = f"{CONFIGS}sync-defaults"
    held = api.post(sync, json={})
    assert refused(held) == (409, "index_not_ready")
    wanted = held.json()["detail"].partition("one of ")[2][:64]
    registered(api, table="chunks_b", fingerprint=wanted)
    assert api.post(sync, json={}).status_code == 200
    assert (route(api)["table"], route(api)["matches"]) == ("chunks_b", True)


def test_only_scopes_whose_value_changes_count(api: Client):
    """A collection that overrides everything has its own index, which a global change does not touch."""
    glob = api.create("chunking", {"chunk_overlap": 20})
    api.create("chunking", {"chunk_overlap": 50}, scope="collection", collection_id="c-1")
    registered(api, table="chunks_c1", collection_id="c-1")
    api.change(glob, config_data={"chunk_overlap": 30})
    registered(api, table="chunks_c2", collection_id="c-2")  # which has what is global
    held = api.put(CONFIGS + glob["id"], json={"config_data": {"chunk_overlap": 40}})
    assert refused(held) == (409, "index_not_ready")
    assert "collection:c-2" in held.json()["detail"]
    assert "collection:c-1" not in held.json()["detail"]
    assert route(api, collection_id="c-1")["table"] == "chunks_c1"


def test_indexes_of_equal_settings_are_switched_by_hand(indexed: Client):
    again = registered(indexed, table="chunks_b")
    assert (again["status"], route(indexed)["table"]) == ("ready", "chunks_a")
    done = indexed.post(f"{INDEXES}/{again['id']}/switch", json={}).json()
    assert (done["status"], route(indexed)["table"]) == ("live", "chunks_b")
    before = indexed.get(INDEXES).json()["items"][0]
    assert (before["status"], before["replaced_at"]) == ("replaced", done["live_since"])
    assert before["kept_until"] > before["replaced_at"]


def test_an_index_of_other_settings_is_not_switched_to(indexed: Client):
    other = registered(indexed, table="chunks_b", fingerprint="0" * 64)
    answer = indexed.post(f"{INDEXES}/{other['id']}/switch", json={})
    assert refused(answer) == (409, "conflict")
    assert "bring its settings into force" in answer.json()["detail"]
    unready = registered(indexed, table="chunks_c", ready=False)
    answer = indexed.post(f"{INDEXES}/{unready['id']}/switch", json={})
    assert "not ready" in answer.json()["detail"]


def test_an_index_is_dropped_after_its_watch_or_by_force(indexed: Client, monkeypatch: pytest.MonkeyPatch):
    first = indexed.get(INDEXES).json()["items"][0]
    at = f"{INDEXES}/{first['id']}"
    assert refused(indexed.delete(at, params={"confirm": "chunks_a"})) == (409, "conflict")  # it is read
    again = registered(indexed, table="chunks_b")
    indexed.post(f"{INDEXES}/{again['id']}/switch", json={})
    assert refused(indexed.delete(at, params={"confirm": "chunks_b"})) == (400, "invalid_request")
    assert indexed.delete(at).status_code == 400
    watched = indexed.delete(at, params={"confirm": "chunks_a"})
    assert refused(watched) == (409, "conflict")
    assert first["table"] in indexed.get(INDEXES).text
    store = indexed.service.use_cases.store
    now_us = store.now_us()
    with monkeypatch.context() as later:
        later.setattr(type(store), "now_us", lambda _: now_us + 49 * HOUR_US)
        assert indexed.delete(at, params={"confirm": "chunks_a"}).json()["status"] == "dropped"
    assert first["table"] not in indexed.get(INDEXES).text
    assert first["table"] in indexed.get(INDEXES, params={"dropped": True}).text
    third = registered(indexed, table="chunks_a")
    indexed.post(f"{INDEXES}/{third['id']}/switch", json={})
    forced = indexed.delete(f"{INDEXES}/{again['id']}", params={"confirm": "chunks_b", "force": True})
    assert forced.json()["status"] == "dropped"


def test_the_settings_of_a_lock_elsewhere_name_the_index_to_build(indexed: Client):
    """Then the promotion brings settings and index over at once, and its rollback takes both back."""
    indexed.post("/api/environments", json={"name": "staging"})
    indexed.create("chunk_index", VALIDATED, environment="staging")
    lock = locked(indexed, environment="staging")
    promote = {"to_environment": "production", **WHY}
    held = indexed.post(f"/api/locks/{lock['id']}/promote", json=promote)
    assert refused(held) == (409, "index_not_ready")
    index = registered(indexed, table="chunks_b", lock_id=lock["id"])
    assert index["fingerprint"] in held.json()["detail"]
    assert index["ingest_run_id"] == lock["ingest_run_id"]
    made = indexed.post(f"/api/locks/{lock['id']}/promote", json=promote)
    assert (made.status_code, route(indexed)["table"]) == (200, "chunks_b")
    assert refused(indexed.post(f"/api/locks/{lock['id']}/rollback", json=WHY)) == (409, "conflict")
    assert indexed.post(f"/api/locks/{lock['id']}/unlock", json=WHY).status_code == 200
    assert refused(indexed.post(INDEXES, json={"lock_id": lock["id"], "table": "chunks_d"})) == (409, "conflict")


def test_what_a_bad_report_takes_back_takes_its_index_along(api: Client):
    api.create("chunk_index", {**VALIDATED, "chunk_size": 600})
    registered(api, table="chunks_a")
    api.post("/api/environments", json={"name": "staging"})
    api.create("chunk_index", VALIDATED, environment="staging")
    lock = locked(api, environment="staging")
    registered(api, table="chunks_b", lock_id=lock["id"])
    api.post(f"/api/locks/{lock['id']}/promote", json={"to_environment": "production", **WHY})
    assert route(api)["table"] == "chunks_b"
    api.post("/api/health-reports", json={"metrics": {"bm25_prefix_leakage": 3}})
    back = route(api)
    assert (back["table"], back["matches"]) == ("chunks_a", True)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"table": "Document-Chunks"}, "/table"),
        ({"table": "x; drop table y"}, "/table"),
        ({"fingerprint": "3F"}, "/fingerprint"),
        ({"shadow": True}, "/lock_id"),
        ({"collection_id": ""}, "/collection_id"),
        ({"lock_id": "x"}, "/lock_id"),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(api: Client, fields: dict[str, Any], pointer: str):
    answer = api.post(INDEXES, json=fields)
    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_what_stands_in_the_way_says_what_to_do(indexed: Client):
    taken = indexed.post(INDEXES, json={"table": "chunks_a"})
    assert refused(taken) == (409, "conflict")
    assert refused(indexed.post(INDEXES, json={"environment": "nowhere"})) == (404, "not_found")
    index = indexed.get(INDEXES).json()["items"][0]
    assert refused(indexed.post(f"{INDEXES}/{index['id']}/progress", json={})) == (400, "invalid_request")
    lock_it = indexed.create("chunk_index", VALIDATED, is_default=False)
    assert lock_it["in_force"] is False
    assert refused(indexed.get(f"{INDEXES}/7d3a4b0e-2f0c-5d1a-8a53-1f7c2f0f7b12")) == (404, "not_found")


def test_a_shadow_wants_a_database_that_is_named(api: Client):
    api.create("chunk_index", VALIDATED)
    answer = api.post(INDEXES, json={"lock_id": locked(api)["id"], "shadow": True})
    assert refused(answer) == (409, "conflict")
    assert "VARVE_INDEX_URLS" in answer.json()["detail"]
    assert api.get(INDEXES).json()["items"] == []


def test_a_repeat_is_the_same_index(api: Client):
    first, again = (api.post(INDEXES, json={"table": "a"}, headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert first.json() == again.json()


def test_readers_are_told_where_to_read_and_no_more():
    with opened("memory:", callers=Callers()) as client:
        client.show(client.admit())
        client.post("/api/environments", json={"name": "staging"})
        index = registered(client, table="chunks_a")
        client.show(client.admit("reader", ("production",)))
        assert route(client)["table"] == "chunks_a"
        assert client.get(INDEXES).status_code == 403
        client.show(client.admit("editor", ("production",), user_id="u-1"))
        assert client.post(f"{INDEXES}/{index['id']}/progress", json={"chunks": 1}).status_code == 403
        client.show(client.admit("maintainer", ("staging",)))
        assert client.get(f"{INDEXES}/{index['id']}").status_code == 404


def test_the_fingerprint_can_be_asked_for(indexed: Client):
    told = indexed.get(f"{INDEXES}/fingerprint").json()
    assert told["fingerprint"] == route(indexed)["fingerprint"]
    assert told["data"]["embedding"] == {"model_id": "bge-large", "embedding_dim": 1024}
    assert told["data"]["chunking"]["chunk_overlap"] == 20
    assert NEW["config_type"] in told["data"]
