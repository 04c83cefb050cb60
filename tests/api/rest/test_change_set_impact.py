"""Whom a change set would reach, and what they would get, before it is published."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import CONFIGS, Client
from tests.api.rest.change_sets import CHUNKING, SETS, act, made
from tests.api.rest.test_contexts_seen import used, who
from tests.api.rest.test_profiles import assign, profile

LONG = {"kind": "profile", "name": "long", "settings": {"retrieval": {"number_of_results": 25}}}


def impact(client: Client, change_set: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = client.get(f"{SETS}/{change_set['id']}/impact", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_reviewer_sees_who_would_get_what(client: Client) -> None:
    config = client.create("chunking", {"max_chunk_size": 500})
    gone = client.create("retrieval", {"number_of_results": 3}, scope="user:u-1")
    client.create("chunking", {"max_chunk_size": 700}, scope="user:u-2")
    used(client, ("u-1", None), ("u-2", None), ("u-3", None))
    found = made(
        client,
        {"config_id": config["id"], "config_data": {"max_chunk_size": 900}},
        {"config_id": gone["id"], "action": "delete"},
    )
    told, before = impact(client, found), client.newest_position
    assert told["scopes"] == {"global": {"affected": 1, "unaffected": 0}, "user": {"affected": 1, "unaffected": 1}}
    assert told["fields"] == {"/chunking/max_chunk_size": 2, "/retrieval/number_of_results": 1}
    assert who(told["contexts_seen"]) == {("u-1", None), ("u-3", None)}
    (first,) = (one for one in told["contexts_seen"]["examples"] if one["user_id"] == "u-1")
    assert [(one["pointer"], one["before"], one["after"]) for one in first["changes"]] == [
        ("/chunking/max_chunk_size", 500, 900),
        ("/retrieval/number_of_results", 3, 5),
    ]
    assert client.newest_position == before
    assert impact(client, found, seen_days=1)["contexts_seen"]["days"] == 1


def test_who_has_a_profile_gets_what_is_drafted_of_it(api: Client) -> None:
    assign(api, "u-1", profile(api, "long", settings={"retrieval": {"number_of_results": 9}}))
    used(api, ("u-1", None), ("u-2", None))
    more, off = made(api, LONG), made(api, {"kind": "profile", "name": "long", "is_active": False})
    for change_set, after in ((more, 25), (off, 5)):
        (one,) = impact(api, change_set)["contexts_seen"]["examples"]
        assert (one["user_id"], one["changes"][0]["after"]) == ("u-1", after)
        preview = api.effective("u-1", change_set=change_set["id"])
        assert preview["retrieval"]["number_of_results"] == after


def test_a_profile_that_is_switched_on_reaches_who_was_given_it(api: Client) -> None:
    assign(api, "u-1", profile(api, "long", is_active=False))
    used(api, ("u-1", None))
    found = made(api, {"kind": "profile", "name": "long", "is_active": True})
    assert who(impact(api, found)["contexts_seen"]) == {("u-1", None)}


def test_what_a_drafted_type_changes_by_its_defaults_is_told(api: Client) -> None:
    def schema(default: int) -> dict[str, Any]:
        return {"type": "object", "properties": {"depth": {"type": "integer", "default": default}}}

    api.put("/api/config-types/rerank_depth", json={"schema": schema(3)})
    used(api, ("u-1", None))
    new = {"kind": "type", "name": "brand_new", "schema": schema(1)}
    drafts = {"kind": "type", "name": "rerank_depth", "schema": schema(7)}, new
    (one,) = impact(api, made(api, *drafts))["contexts_seen"]["examples"]
    assert [(two["pointer"], two["before"], two["after"]) for two in one["changes"]] == [("/rerank_depth/depth", 3, 7)]
    assert impact(api, made(api, new))["contexts_seen"]["affected"] == 0


def test_a_draft_beside_the_default_reaches_nobody(api: Client) -> None:
    api.create("chunking", {"max_chunk_size": 500})
    aside = api.create("chunking", {"max_chunk_size": 600}, is_default=False)
    found = made(api, {"config_id": aside["id"], "config_data": {"max_chunk_size": 900}})
    assert impact(api, found)["fields"] == {}
    assert api.effective(change_set=found["id"])["digest"] == api.effective()["digest"]


def test_only_what_is_still_open_has_an_impact(api: Client) -> None:
    empty = made(api)
    assert "has no drafts" in api.get(f"{SETS}/{empty['id']}/impact").json()["detail"]
    found = made(api, {**CHUNKING, "is_default": True})
    act(api, found, "publish")
    refused = api.get(f"{SETS}/{found['id']}/impact")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "this change set is published: you can roll it back",
    )


def test_what_others_changed_since_is_told_instead(api: Client) -> None:
    config = api.create("chunking", {"max_chunk_size": 500})
    found = made(api, {"config_id": config["id"], "config_data": {"max_chunk_size": 900}})
    api.put(CONFIGS + config["id"], json={"config_data": {"max_chunk_size": 700}})
    refused = api.get(f"{SETS}/{found['id']}/impact")
    assert (refused.status_code, refused.json()["errors"][0]["theirs"]) == (409, 700)
