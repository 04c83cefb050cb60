"""The timeline of a context, two answers side by side, and who changed a field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client

USER = {"scope": "user:u-1", "config_type": "chunking", "is_default": True}


@pytest.fixture
def changed(client: Client) -> tuple[str, list[int]]:
    """A user's chunking in three steps: made, changed, deleted; the positions after each."""
    made = client.post("/api/runtime-configs/", json={**USER, "name": "mine", "config_data": {"max_chunk_size": 500}})
    address = made.headers["location"]
    update = client.put(address, json={"config_data": {"max_chunk_size": 600}, "reason": "longer"})
    gone = client.delete(address)
    return address, [int(answer.headers["varve-position"]) for answer in (made, update, gone)]


def timeline(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/runtime-configs/effective/u-1/timeline?config_types=chunking{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_the_timeline_tells_each_change_and_what_did_it(client: Client, changed: tuple[str, list[int]]):
    _, positions = changed
    told = [one for one in timeline(client) if one["position"] >= positions[0]]
    assert [one["position"] for one in told] == positions
    assert [one["operation"] for one in told] == ["create_config", "update_config", "delete_config"]
    fields = [[(c["pointer"], c["before"], c["after"]) for c in one["changes"]["chunking"]] for one in told]
    assert fields == [[("/max_chunk_size", 400, 500)], [("/max_chunk_size", 500, 600)], [("/max_chunk_size", 600, 400)]]
    assert "config.updated" in [event["type"] for event in told[1]["events"]]
    assert [one["reason"] for one in told] == [None, "longer", None]


def test_a_change_elsewhere_is_not_on_the_timeline(client: Client, changed: tuple[str, list[int]]):
    before = timeline(client)
    other = {"scope": "user:u-2", "config_type": "chunking", "name": "theirs", "is_default": True}
    client.post("/api/runtime-configs/", json={**other, "config_data": {"max_chunk_size": 900}})
    assert timeline(client) == before


def test_a_context_without_a_user_has_a_timeline_too(client: Client, changed: tuple[str, list[int]]):
    body = {"scope": "collection", "collection_id": "c-9", "config_type": "chunking", "name": "contracts"}
    client.post("/api/runtime-configs/", json={**body, "config_data": {"max_chunk_size": 900}})
    address = "/api/runtime-configs/timeline?config_types=chunking"
    everybody, those = (client.get(address + query).json()["items"] for query in ("", "&collection_id=c-9"))
    assert those[:-1] == everybody
    assert [(c["pointer"], c["after"]) for c in those[-1]["changes"]["chunking"]] == [("/max_chunk_size", 900)]


def test_the_timeline_comes_in_pages(client: Client, changed: tuple[str, list[int]]):
    whole, found, cursor = timeline(client), [], 0
    for _ in whole:
        query = f"config_types=chunking&limit=1&cursor={cursor}"
        page = client.get(f"/api/runtime-configs/effective/u-1/timeline?{query}").json()
        found += page["items"]
        cursor = int(page["next"] or 0)
    assert found == whole
    assert cursor == 0


def test_two_moments_stand_side_by_side(client: Client, changed: tuple[str, list[int]]):
    _, (made, updated, _) = changed
    body = {
        "left": {"user_id": "u-1", "position": made},
        "right": {"user_id": "u-1", "position": updated},
        "config_types": ["chunking"],
    }
    found = client.post("/api/diff", json=body).json()
    assert found["changes"] == {
        "chunking": [{"op": "replace", "pointer": "/max_chunk_size", "before": 500, "after": 600}]
    }
    assert [event["type"] for event in found["events"]] == ["config.updated"]
    assert (found["left"]["position"], found["right"]["position"]) == (made, updated)


def test_two_users_stand_side_by_side(client: Client, changed: tuple[str, list[int]]):
    _, (made, *_) = changed
    sides = {"left": {"user_id": "u-1", "position": made}, "right": {"user_id": "u-2", "position": made}}
    found = client.post("/api/diff", json=sides).json()
    assert [one["pointer"] for one in found["changes"]["chunking"]] == ["/max_chunk_size"]
    assert found["events"] == []


def test_a_field_is_blamed_on_all_who_changed_it(client: Client, changed: tuple[str, list[int]]):
    _, positions = changed
    body = {"context": {"user_id": "u-1"}, "config_type": "chunking", "pointer": "/max_chunk_size"}
    told = client.post("/api/blame", json=body).json()["items"]
    last = [one for one in told if one["position"] >= positions[0]]
    assert [(one["before"], one["after"]) for one in last] == [(400, 500), (500, 600), (600, 400)]
    assert [one["source"]["layer"] for one in last] == ["user:u-1", "user:u-1", "default"]
    assert last[1]["source"]["reason"] == "longer"


@pytest.mark.parametrize(
    ("method", "address", "body", "pointer"),
    [
        ("GET", "/api/runtime-configs/effective/u-1/timeline?from=2999-01-01T00:00:00Z", None, "/from"),
        ("GET", "/api/runtime-configs/effective/u-1/timeline?to=yesterday", None, "/to"),
        ("GET", "/api/runtime-configs/effective/u-1/timeline?limit=0", None, "/limit"),
        ("POST", "/api/diff", {"left": {}, "right": {"position": 10**9}}, "/position"),
        ("POST", "/api/diff", {"left": {}, "right": {"as_of": "2026-01-01"}}, "/as_of"),
        ("POST", "/api/blame", {"context": {}, "config_type": "chunking", "pointer": "max"}, "/pointer"),
    ],
)
def test_bad_input_is_named(client: Client, method: str, address: str, body: Any, pointer: str):
    answer = client.request(method, address, json=body) if body else client.request(method, address)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_an_unknown_type_has_nobody_to_blame(client: Client):
    body = {"context": {}, "config_type": "nothing", "pointer": "/x"}
    assert client.post("/api/blame", json=body).status_code == 404
