"""What publishing brought is given back, whole."""

from __future__ import annotations

from typing import Any

from domain.releases.states import OPEN
from tests.api.conftest import CONFIGS, Client
from tests.api.rest.change_sets import CHUNKING, SETS, act, chunking, made


def test_rolling_back_gives_back_all_that_publishing_brought_in_one_commit(client: Client) -> None:
    old = client.create("chunking", {"max_chunk_size": 500})
    other = client.create("retrieval", {"number_of_results": 3})
    gone = client.create("llm", {"temperature": 0.1}, mode="overlay", scope="user:u-1")
    before = {user: client.effective(user) for user in (None, "u-1")}
    profile = {"kind": "profile", "name": "long", "settings": {"retrieval": {"number_of_results": 25}}}
    found = made(
        client,
        {**CHUNKING, "name": "new", "is_default": True},
        {"config_id": other["id"], "config_data": {"number_of_results": 9}, "name": "renamed"},
        {"config_id": gone["id"], "action": "delete"},
        profile,
    )
    act(client, found, "publish")
    back = act(client, found, "rollback", reason="worse recall")
    assert back["state"] == "rolled_back"
    for user, answer in before.items():
        assert client.effective(user)["digest"] == answer["digest"]
    assert client.get(CONFIGS + old["id"]).json()["is_default"] is True
    assert client.get("/api/profiles").json()["items"] == []
    events = client.get("/api/events", params={"after": back["position"] - 1}).json()["items"]
    assert {event["commit"]["last"] for event in events} == {back["position"]}


def test_nobody_is_invited_to_publish_again_what_was_rolled_back(api: Client) -> None:
    found = made(api, {**CHUNKING, "is_default": True})
    act(api, found, "publish")
    act(api, found, "rollback")
    for verb in ("publish", "rollback", "propose", "check", "approve", "discard"):
        told = act(api, found, verb, 409)["detail"]
        assert told == "this change set is rolled back: you can make a copy of it, which starts as a draft"
    open_ones = [one for state in OPEN for one in api.get(SETS, params={"state": state}).json()["items"]]
    assert open_ones == []


def test_what_changed_since_stands_in_the_way_of_a_rollback_unless_it_is_forced(api: Client) -> None:
    config = api.create(data={"max_chunk_size": 500})
    found = made(api, {"config_id": config["id"], "config_data": {"max_chunk_size": 900}})
    act(api, found, "publish")
    api.change(config, config_data={"max_chunk_size": 700, "chunk_overlap": 20})
    (fault,) = act(api, found, "rollback", 409)["errors"]
    assert fault["pointer"] == f"/configs/{config['id']}/config_data/max_chunk_size"
    act(api, found, "rollback", force=[fault["pointer"]])
    assert (chunking(api)["max_chunk_size"], chunking(api)["chunk_overlap"]) == (500, 20)


def test_a_type_is_as_it_was_after_a_rollback(api: Client) -> None:
    def schema(most: int) -> dict[str, Any]:
        return {"type": "object", "properties": {"depth": {"type": "integer", "maximum": most, "default": 3}}}

    api.put("/api/config-types/rerank_depth", json={"schema": schema(10)})
    config = api.create("rerank_depth", {"depth": 8})
    found = made(
        api,
        {"kind": "type", "name": "rerank_depth", "schema": schema(50)},
        {"config_id": config["id"], "config_data": {"depth": 40}},
    )
    act(api, found, "publish")
    assert api.effective()["rerank_depth"] == {"depth": 40}
    act(api, found, "rollback")
    assert api.effective()["rerank_depth"] == {"depth": 8}
    assert api.get("/api/config-types/rerank_depth").json()["schema"] == schema(10)
