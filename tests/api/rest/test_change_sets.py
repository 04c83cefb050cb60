"""Change sets: drafted by several, merged with what others did, published whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.change_sets import CHUNKING, SETS, act, chunking, made
from tests.master_keys import key_file


def test_nothing_is_in_force_before_it_is_published_and_all_of_it_is_after(client: Client) -> None:
    profile = {"kind": "profile", "name": "long", "settings": {"retrieval": {"number_of_results": 25}}}
    found = made(client, {**CHUNKING, "is_default": True}, profile)
    assert found["state"] == "draft"
    assert chunking(client)["max_chunk_size"] != 900
    published = act(client, found, "publish", reason="RAG-1")
    assert published["state"] == "published"
    assert chunking(client)["max_chunk_size"] == 900
    assert [one["name"] for one in client.get("/api/profiles").json()["items"]] == ["long"]
    events = client.get("/api/events", params={"after": published["position"] - 1}).json()["items"]
    assert len({event["commit"]["last"] for event in events}) == 1


def test_two_drafts_on_different_fields_of_one_config_both_survive_publishing(client: Client) -> None:
    config = client.create("chunking", {"max_chunk_size": 500, "chunk_overlap": 50})
    one, other = (
        made(client, {"config_id": config["id"], "config_data": {**config["config_data"], **change}})
        for change in ({"max_chunk_size": 900}, {"semantic_threshold": 0.7})
    )
    act(client, one, "publish")
    act(client, other, "publish")
    found = chunking(client)
    assert (found["max_chunk_size"], found["semantic_threshold"]) == (900, 0.7)


def test_two_drafts_on_the_same_field_are_a_conflict_that_shows_both(client: Client) -> None:
    config = client.create("chunking", {"max_chunk_size": 500})
    one, other = (
        made(client, {"config_id": config["id"], "config_data": {"max_chunk_size": size}}) for size in (900, 700)
    )
    act(client, one, "publish")
    refused = act(client, other, "publish", 409)
    (fault,) = refused["errors"]
    assert (refused["code"], fault["pointer"]) == ("conflict", "/drafts/0/config_data/max_chunk_size")
    assert (fault["base"], fault["theirs"], fault["ours"]) == (500, 900, 700)
    assert chunking(client)["max_chunk_size"] == 900
    assert client.get(f"{SETS}/{other['id']}").json()["state"] == "draft"
    act(client, other, "drafts", drafts=[{"config_id": config["id"], "config_data": {"max_chunk_size": 700}}])
    act(client, other, "publish")
    assert chunking(client)["max_chunk_size"] == 700


def test_fields_tied_by_one_rule_conflict_together(client: Client) -> None:
    config = client.create("chunking", {"min_chunk_size": 100, "max_chunk_size": 500})
    id_, data = config["id"], config["config_data"]
    found = made(client, {"config_id": id_, "config_data": {**data, "min_chunk_size": 400}})
    client.change(config, config_data={**data, "max_chunk_size": 450})
    (fault,) = act(client, found, "publish", 409)["errors"]
    assert (fault["rule"], fault["pointer"]) == ("tied", "/drafts/0/config_data/min_chunk_size")


def test_a_draft_over_a_version_that_was_read_earlier_is_merged_from_there(client: Client) -> None:
    config = client.create("chunking", {"max_chunk_size": 500, "semantic_threshold": 0.4})
    client.change(config, config_data={"max_chunk_size": 600, "semantic_threshold": 0.4})
    wanted = {"max_chunk_size": 500, "semantic_threshold": 0.9}
    act(client, made(client, {"config_id": config["id"], "config_data": wanted, "base_version": 1}), "publish")
    assert chunking(client)["max_chunk_size"] == 600
    assert chunking(client)["semantic_threshold"] == 0.9


def test_publishing_is_all_or_nothing(client: Client) -> None:
    config = client.create("chunking", {"max_chunk_size": 500})
    fine = {"config_type": "retrieval", "name": "main", "config_data": {"number_of_results": 9}, "is_default": True}
    found = made(client, fine, {"config_id": config["id"], "config_data": {"max_chunk_size": 900}})
    client.change(config, config_data={"max_chunk_size": 700})
    before = client.newest_position
    refused = act(client, found, "publish", 409)
    assert refused["errors"][0]["pointer"].startswith("/drafts/1/")
    assert client.newest_position == before


def test_every_draft_that_stands_in_the_way_is_named_at_once(api: Client) -> None:
    configs = [api.create(data={"max_chunk_size": 500}, scope=f"user:u-{n}") for n in (1, 2)]
    found = made(api, *({"config_id": one["id"], "config_data": {"max_chunk_size": 900}} for one in configs))
    for one in configs:
        api.change(one, config_data={"max_chunk_size": 700})
    pointers = [fault["pointer"] for fault in act(api, found, "publish", 409)["errors"]]
    assert pointers == [f"/drafts/{n}/config_data/max_chunk_size" for n in (0, 1)]


def test_a_type_and_configs_of_it_come_in_one_change_set(api: Client) -> None:
    schema = {"type": "object", "properties": {"depth": {"type": "integer", "default": 3}}}
    config = {"config_type": "rerank_depth", "name": "main", "config_data": {"depth": 5}, "is_default": True}
    act(api, made(api, config, {"kind": "type", "name": "rerank_depth", "schema": schema}), "publish")
    assert api.effective()["rerank_depth"] == {"depth": 5}


def test_a_type_that_would_break_a_live_config_needs_a_draft_of_that_config_too(api: Client) -> None:
    def schema(most: int) -> dict[str, Any]:
        return {"type": "object", "properties": {"depth": {"type": "integer", "maximum": most}}}

    api.put("/api/config-types/rerank_depth", json={"schema": schema(10)})
    config = api.create("rerank_depth", {"depth": 8})
    narrower = {"kind": "type", "name": "rerank_depth", "schema": schema(5)}
    answer = api.post(SETS, json={"title": "t", "drafts": [narrower]})
    assert answer.status_code == 409
    assert "draft a change of it too" in answer.json()["detail"]
    act(api, made(api, narrower, {"config_id": config["id"], "config_data": {"depth": 4}}), "publish")
    assert api.effective()["rerank_depth"] == {"depth": 4}


def test_an_experiment_is_drafted_like_anything_else(api: Client) -> None:
    variants = [{"name": "control", "weight": 1, "is_control": True}, {"name": "deep", "weight": 1}]
    act(api, made(api, {"kind": "experiment", "name": "e-1", "variants": variants}), "publish")
    (found,) = api.get("/api/experiments").json()["items"]
    assert (found["name"], found["status"]) == ("e-1", "draft")


def test_what_is_deleted_is_gone_unless_it_changed_meanwhile(api: Client) -> None:
    one, other = (api.create(data={"max_chunk_size": 500}, scope=f"user:u-{n}") for n in (1, 2))
    found = made(api, *({"config_id": each["id"], "action": "delete"} for each in (one, other)))
    api.change(other, config_data={"max_chunk_size": 700})
    assert act(api, found, "publish", 409)["errors"][0]["pointer"] == "/drafts/1/config_data/max_chunk_size"
    act(api, found, "drafts", drafts=[{"config_id": other["id"], "action": "delete"}])
    act(api, found, "publish")
    assert {api.get(CONFIGS + each["id"]).status_code for each in (one, other)} == {404}


@pytest.mark.parametrize(
    ("draft", "status", "pointer"),
    [
        ({**CHUNKING, "config_data": {"max_chunk_size": -1}}, 400, "/drafts/0/config_data/max_chunk_size"),
        ({"config_type": "chunking", "config_data": {}}, 400, "/drafts/0/name"),
        ({"config_data": {}}, 400, "/drafts/0/config_type"),
        ({**CHUNKING, "scope": "process"}, 400, "/drafts/0/scope"),
        ({**CHUNKING, "scope": "planet:mars"}, 400, "/drafts/0/scope"),
        ({**CHUNKING, "config_type": "nothing"}, 404, None),
        ({"kind": "profile", "name": "p", "settings": {"llm": {"temperature": 9}}}, 400, "/drafts/0/settings/llm"),
        ({"kind": "type", "name": "llm", "schema": {"type": "object", "properties": {}}}, 409, None),
        ({"kind": "experiment", "name": "e"}, 400, "/drafts/0/variants"),
        ({"kind": "policy", "name": "p"}, 400, "/drafts/0"),
    ],
)
def test_a_draft_that_cannot_be_is_refused_when_it_is_drafted(
    api: Client, draft: dict[str, Any], status: int, pointer: str | None
) -> None:
    answer = api.post(SETS, json={"title": "t", "drafts": [draft]})
    assert answer.status_code == status, answer.text
    if pointer is not None:
        assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert api.get(SETS).json()["items"] == []


def test_what_is_over_says_what_is_still_possible(api: Client) -> None:
    found = made(api, CHUNKING)
    act(api, found, "discard")
    refused = act(api, found, "publish", 409)
    assert refused["detail"] == "this change set is discarded: you can make a copy of it, which starts as a draft"


def test_a_change_set_without_drafts_is_neither_proposed_nor_published(api: Client) -> None:
    found = made(api)
    assert "has no drafts" in act(api, found, "propose", 409)["detail"]
    assert "has no drafts" in act(api, found, "publish", 409)["detail"]


def test_a_draft_that_is_taken_out_is_not_published(api: Client) -> None:
    found = made(api, {**CHUNKING, "is_default": True}, {**CHUNKING, "scope": "user:u-1", "is_default": True})
    first, second = found["drafts"]
    assert api.delete(f"{SETS}/{found['id']}/drafts/{first['id']}").status_code == 200
    assert api.delete(f"{SETS}/{found['id']}/drafts/{first['id']}").status_code == 404
    act(api, found, "publish")
    assert chunking(api)["max_chunk_size"] != 900
    assert api.get(CONFIGS + second["id"]).json()["scope_id"] == "u-1"


def test_the_newest_change_sets_come_first_page_by_page(client: Client) -> None:
    titles = [f"t-{n}" for n in range(5)]
    for title in titles:
        made(client, title=title)
    first = client.get(SETS, params={"limit": 3}).json()
    rest = client.get(SETS, params={"limit": 3, "cursor": first["next"]}).json()
    assert [one["title"] for one in (*first["items"], *rest["items"])] == titles[::-1]
    assert rest["next"] is None


def test_a_secret_in_a_draft_is_sealed_and_published(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"token": {"type": "string", "x-secret": True}}}
    with opened("memory:", secret_keys=key_file(tmp_path / "keys", "m-1")) as client:
        client.put("/api/config-types/gateway", json={"schema": schema})
        draft = {"config_type": "gateway", "name": "main", "config_data": {"token": "s3cret"}, "is_default": True}
        found = made(client, draft)
        shown = found["drafts"][0]["wanted"]["config_data"]
        assert "commitment" in shown["token"]["$secret"]
        act(client, found, "drafts", drafts=[{**draft, "description": "again", "config_data": shown}])
        act(client, found, "publish")
        assert client.effective()["gateway"] == shown
        assert "s3cret" not in client.get("/api/events").text


def test_effective_answers_are_previewed_as_if_it_were_published(client: Client) -> None:
    config = client.create("chunking", {"max_chunk_size": 500})
    client.create("retrieval", {"number_of_results": 3}, scope="user:u-1")
    found = made(
        client,
        {"config_id": config["id"], "config_data": {"max_chunk_size": 900}},
        {"config_type": "retrieval", "scope": "user:u-1", "action": "delete"},
    )
    before, position = client.effective("u-1"), client.newest_position
    preview = client.effective("u-1", change_set=found["id"])
    assert preview["chunking"]["max_chunk_size"] == 900
    assert preview["resolution_path"]["retrieval"] == "default"
    assert (client.effective("u-1"), client.newest_position) == (before, position)
    assert client.effective("u-2", change_set=found["id"], config_types="chunking")["chunking"]["max_chunk_size"] == 900
    refused = client.get(f"{CONFIGS}effective/u-1", params={"change_set": found["id"], "position": position})
    assert refused.status_code == 400
    act(client, found, "publish")
    assert client.effective("u-1")["digest"] == preview["digest"]


def test_a_copy_begins_as_a_draft_and_wants_the_same(api: Client) -> None:
    config = api.create("retrieval", {"number_of_results": 3})
    gone = api.create("retrieval", {"number_of_results": 4}, scope="user:u-1")
    found = made(
        api,
        {**CHUNKING, "is_default": True},
        {"config_id": config["id"], "config_data": {"number_of_results": 9}},
        {"config_id": gone["id"], "action": "delete"},
        {"kind": "profile", "name": "p", "settings": {"retrieval": {"number_of_results": 25}}},
    )
    act(api, found, "publish")
    after = api.effective("u-1")["digest"]
    act(api, found, "rollback")
    copied = made(api, title="again", copy_of=found["id"])
    assert (copied["state"], len(copied["drafts"])) == ("draft", 4)
    act(api, copied, "publish")
    assert api.effective("u-1")["digest"] == after
    answer = api.post(SETS, json={"title": "t", "copy_of": found["id"], "environment": "elsewhere"})
    assert answer.json()["errors"][0]["pointer"] == "/copy_of"
