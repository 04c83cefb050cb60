"""What happened to a config."""

from __future__ import annotations

import pytest

from tests.api.conftest import Client


@pytest.fixture
def address(client: Client) -> str:
    """A config that was made, changed, switched, renamed and deleted."""
    body = {"scope": "user:u-1", "config_type": "chunking", "name": "mine", "config_data": {"chunk_overlap": 20}}
    made = client.post("/api/runtime-configs/", json={**body, "reason": "a start"}, headers={"Varve-Actor": "ann"})
    found: str = made.headers["location"]
    client.put(found, json={"config_data": {"chunk_overlap": 30}, "reason": "more"}, headers={"Varve-Actor": "bob"})
    client.put(f"{found}/default", json={"is_default": True})
    client.put(found, json={"name": "ours"})
    client.delete(found)
    return found


def test_every_event_is_told_newest_first(client: Client, address: str):
    items = client.get(f"{address}/history").json()["items"]
    told = [(one["version"], one["operation"]) for one in items]
    assert told == [(5, "DELETE"), (4, "UPDATE"), (3, "DEFAULT"), (2, "UPDATE"), (1, "CREATE")]
    assert [one["position"] for one in items] == sorted((one["position"] for one in items), reverse=True)


def test_each_says_what_it_changed_who_did_it_and_why(client: Client, address: str):
    deleted, renamed, defaulted, updated, created = client.get(f"{address}/history").json()["items"]
    assert (created["changed_by"], created["reason"], created["old_data"]) == ("ann", "a start", None)
    assert created["diff"] == [{"op": "add", "path": "/chunk_overlap", "value": 20}]
    assert (updated["changed_by"], updated["reason"]) == ("bob", "more")
    assert (updated["old_data"], updated["new_data"]) == ({"chunk_overlap": 20}, {"chunk_overlap": 30})
    assert updated["diff"] == [{"op": "replace", "path": "/chunk_overlap", "value": 30}]
    assert (defaulted["diff"], defaulted["changed"]) == ([], {"is_default": [False, True]})
    assert renamed["changed"] == {"name": ["mine", "ours"]}
    assert (deleted["new_data"], deleted["changed"]) == (None, {"is_default": [True, False]})


def test_the_history_comes_in_pages(client: Client, address: str):
    whole = client.get(f"{address}/history").json()["items"]
    first = client.get(f"{address}/history?limit=2").json()
    second = client.get(f"{address}/history?limit=500&cursor={first['next']}").json()
    assert first["items"] + second["items"] == whole
    assert second["next"] is None


def test_what_never_was_has_no_history(client: Client):
    answer = client.get("/api/runtime-configs/0b9e8a52-6f0e-5d0a-9a53-0f7c2f0f7b11/history")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def made(client: Client, **more: object) -> str:
    body = {"scope": "user:u-1", "config_type": "chunking", "name": "mine", "config_data": {"chunk_overlap": 20}}
    found: str = client.post("/api/runtime-configs/", json={**body, **more}).headers["location"]
    return found


def test_an_earlier_version_becomes_the_newest(client: Client):
    found = made(client, is_default=True)
    client.put(found, json={"config_data": {"chunk_overlap": 30}, "name": "ours", "description": "more"})
    back = client.post(f"{found}/rollback", json={"to_version": 1, "reason": "worse recall"}).json()
    assert (back["version"], back["name"], back["description"]) == (3, "mine", None)
    assert (back["config_data"], back["is_default"]) == ({"chunk_overlap": 20}, True)
    newest = client.get(f"{found}/history?limit=1").json()["items"][0]
    assert (newest["operation"], newest["restores"], newest["reason"]) == ("ROLLBACK", 1, "worse recall")
    assert client.get("/api/runtime-configs/effective/u-1").json()["chunking"]["chunk_overlap"] == 20


def test_a_deleted_config_comes_back_but_not_as_the_default(client: Client):
    found = made(client, is_default=True)
    client.delete(found)
    back = client.post(f"{found}/rollback", json={"to_version": 1}).json()
    assert (back["name"], back["is_default"], back["version"]) == ("mine", False, 3)
    assert client.get(found).status_code == 200


def test_the_config_of_a_collection_comes_back_into_force(client: Client):
    found = made(client, scope="collection:c-1")
    client.delete(found)
    back = client.post(f"{found}/rollback", json={"to_version": 1}).json()
    assert (back["is_default"], back["in_force"]) == (True, True)
    assert client.get("/api/runtime-configs/effective?collection_id=c-1").json()["chunking"]["chunk_overlap"] == 20


def test_a_moment_names_the_version_too(client: Client):
    found = made(client)
    position = int(client.get(found).headers["varve-position"])
    client.put(found, json={"config_data": {"chunk_overlap": 30}})
    back = client.post(f"{found}/rollback", json={"position": position}).json()
    assert back["config_data"] == {"chunk_overlap": 20}


def test_going_back_to_what_is_records_nothing(client: Client):
    found = made(client)
    before = client.get("/api/events?limit=500").json()["items"][-1]["position"]
    assert client.post(f"{found}/rollback", json={"to_version": 1}).json()["version"] == 1
    assert client.get("/api/events?limit=500").json()["items"][-1]["position"] == before


def test_a_name_that_was_given_away_is_not_taken_back(client: Client):
    found = made(client)
    client.delete(found)
    made(client, name="MINE")
    answer = client.post(f"{found}/rollback", json={"to_version": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


def test_a_type_that_was_narrowed_since_refuses_with_every_fault(client: Client):
    field = {"type": "integer", "maximum": 100, "default": 1}
    schema = {"type": "object", "properties": {"a": field, "b": field}}
    client.put("/api/config-types/pair", json={"schema": schema}).raise_for_status()
    found = made(client, config_type="pair", config_data={"a": 90, "b": 91})
    client.put(found, json={"config_data": {"a": 2}})
    narrow = {"type": "object", "properties": {name: {**field, "maximum": 10} for name in ("a", "b")}}
    client.put("/api/config-types/pair", json={"schema": narrow}).raise_for_status()
    answer = client.post(f"{found}/rollback", json={"to_version": 1})
    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/config_data/a", "/config_data/b"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"to_version": 1, "position": 3}, 400),
        ({"to_version": 0}, 400),
        ({"to_version": 9}, 404),
        ({"position": 1}, 404),
        ({"as_of": "2999-01-01T00:00:00Z"}, 400),
    ],
)
def test_what_names_no_version_is_refused(client: Client, body: dict[str, object], status: int):
    assert client.post(f"{made(client)}/rollback", json=body).status_code == status


def test_a_stale_if_match_and_a_dry_run_record_nothing(client: Client):
    found = made(client)
    client.put(found, json={"config_data": {"chunk_overlap": 30}})
    assert client.post(f"{found}/rollback", json={"to_version": 1}, headers={"If-Match": '"1"'}).status_code == 412
    tried = client.post(f"{found}/rollback?dry_run=true", json={"to_version": 1}).json()
    assert [event["type"] for event in tried["events"]] == ["config.updated"]
    assert client.get(found).json()["version"] == 2
