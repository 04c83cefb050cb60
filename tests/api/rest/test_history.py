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
