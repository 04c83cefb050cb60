"""What would have been, had one event not happened, or had there been one config more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client


def imagine(client: Client, **body: Any) -> Any:
    answer = client.post("/api/counterfactuals", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def event(client: Client, topic: str, nth: int = -1) -> int:
    found = client.get("/api/events", params={"types": topic, "limit": 500}).json()["items"]
    position: int = found[nth]["position"]
    return position


def changes(found: Any) -> dict[Any, Any]:
    """Whose answer would have been another: the values by field."""
    return {
        (one["user_id"], *one["collection_ids"]): {
            change["pointer"]: (change.get("before"), change.get("after"))
            for type_changes in one["changes"].values()
            for change in type_changes
        }
        for one in found["items"]
    }


def test_without_its_creation_a_config_never_was(client: Client):
    made = client.create(scope="user:u-1", data={"max_chunk_size": 800})
    client.change(made, config_data={"max_chunk_size": 900})
    found = imagine(client, without=event(client, "config.created"))
    assert changes(found) == {("u-1",): {"/max_chunk_size": (900, 400)}}
    assert [one["type"] for one in found["lost"]] == ["config.updated"]
    assert client.effective("u-1")["chunking"]["max_chunk_size"] == 900


def test_without_a_change_its_fields_keep_what_they_had_and_later_changes_of_others_stay(client: Client):
    made = client.create(data={"max_chunk_size": 800, "chunk_overlap": 10})
    client.change(made, config_data={"max_chunk_size": 900, "chunk_overlap": 20})
    client.change(made, config_data={"max_chunk_size": 900, "chunk_overlap": 30})
    found = imagine(client, without=event(client, "config.updated", 0), contexts=[{}])
    assert changes(found) == {(None,): {"/max_chunk_size": (900, 800)}}
    assert found["lost"] == []


def test_it_is_asked_as_of_a_moment(client: Client):
    made = client.create(data={"max_chunk_size": 800})
    changed = client.change(made, config_data={"max_chunk_size": 900})
    client.change(made, config_data={"max_chunk_size": 1000})
    left_out = event(client, "config.updated", 0)
    then = imagine(client, without=left_out, position=changed["position"])
    assert changes(then) == {(None,): {"/max_chunk_size": (900, 800)}}
    assert changes(imagine(client, without=left_out)) == {}


def test_without_a_deletion_a_config_is_still_in_force(client: Client):
    made = client.create(data={"max_chunk_size": 800})
    client.delete(CONFIGS + made["id"])
    assert changes(imagine(client, without=event(client, "config.deleted"))) == {
        (None,): {"/max_chunk_size": (400, 800)}
    }


def test_without_a_new_default_the_old_one_keeps_its_place(client: Client):
    client.create(data={"max_chunk_size": 800})
    second = client.create(data={"max_chunk_size": 900}, is_default=False)
    client.put(f"{CONFIGS}{second['id']}/default", json={"is_default": True})
    for nth in (0, 1):
        found = imagine(client, without=event(client, "config.default_changed", nth))
        assert changes(found) == {(None,): {"/max_chunk_size": (900, 800)}}


def test_without_the_creation_of_a_default_the_one_before_keeps_its_place(client: Client):
    client.create(data={"max_chunk_size": 800})
    client.create(data={"max_chunk_size": 900})
    found = imagine(client, without=event(client, "config.created"))
    assert changes(found) == {(None,): {"/max_chunk_size": (900, 800)}}


def test_a_rollback_brings_back_what_would_have_been(client: Client):
    made = client.create(data={"max_chunk_size": 800})
    client.change(made, config_data={"max_chunk_size": 900, "chunk_overlap": 5})
    client.change(made, config_data={"max_chunk_size": 700, "chunk_overlap": 5})
    client.post(f"{CONFIGS}{made['id']}/rollback", json={"to_version": 2}).raise_for_status()
    found = imagine(client, without=event(client, "config.updated", 0))
    assert changes(found) == {(None,): {"/max_chunk_size": (900, 800), "/chunk_overlap": (5, 10)}}


def test_without_a_definition_the_type_is_the_one_before(client: Client):
    schema = {"type": "object", "properties": {"level": {"type": "integer", "default": 1}}}
    client.put("/api/config-types/level", json={"schema": schema}).raise_for_status()
    schema["properties"]["level"]["default"] = 2
    client.put("/api/config-types/level", json={"schema": schema}).raise_for_status()
    found = imagine(client, without=event(client, "config_type.defined"), contexts=[{"user_id": "u-1"}])
    assert changes(found) == {("u-1",): {"/level": (2, 1)}}


def test_a_draft_is_put_in_force(client: Client):
    client.create(data={"max_chunk_size": 800})
    client.create(scope="user:u-1", data={"max_chunk_size": 850}, mode="overlay")
    draft = {"config_type": "chunking", "config_data": {"max_chunk_size": 500, "chunk_overlap": 7}}
    found = imagine(client, draft=draft)
    assert changes(found) == {
        (None,): {"/max_chunk_size": (800, 500), "/chunk_overlap": (10, 7)},
        ("u-1",): {"/chunk_overlap": (10, 7)},
    }


@pytest.mark.parametrize(
    ("body", "status", "rule"),
    [
        ({}, 400, "one_of"),
        ({"without": 10**6}, 404, None),
        ({"without": 3, "position": 0}, 400, "order"),
        ({"draft": {"config_type": "nosuch", "config_data": {}}}, 404, None),
        ({"draft": {"config_type": "chunking", "config_data": {"max_chunk_size": "many"}}}, 400, "type"),
        ({"without": 3, "draft": {"config_type": "chunking", "config_data": {}}}, 400, "one_of"),
    ],
)
def test_what_cannot_be_imagined_is_refused(client: Client, body: dict[str, Any], status: int, rule: str | None):
    answer = client.post("/api/counterfactuals", json=body)
    assert answer.status_code == status
    if rule:
        assert answer.json()["errors"][0]["rule"] == rule


def test_an_event_that_changes_no_answer_is_told(client: Client):
    client.create()
    answer = client.post("/api/counterfactuals", json={"without": event(client, "slot.opened")})
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, "no_effect")
