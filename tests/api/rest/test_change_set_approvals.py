"""Change sets that others must approve."""

from __future__ import annotations

import pytest

from tests.api.conftest import CONFIGS, Client
from tests.api.rest.change_sets import CHUNKING, SETS, act, as_, by, chunking, made


@pytest.fixture
def guarded(client: Client) -> Client:
    """Where two others must approve."""
    client.headers["Varve-Actor"] = "ada"
    config = client.create("chunking", {"max_chunk_size": 400, "chunk_overlap": 50})
    data = {"max_chunk_size": 500, "chunk_overlap": 50}
    client.created_before = client.change(config, config_data=data)  # type: ignore[attr-defined]
    assert client.put("/api/environments/production", json={"approvals": 2}).status_code == 200
    return client


def test_what_others_must_approve_is_published_once_enough_have(guarded: Client) -> None:
    found = made(guarded, {**CHUNKING, "name": "other", "is_default": True})
    assert by(guarded, "ada", found, "check")["approvals"] == {"demanded": 2, "counting": [], "lapsed": []}
    assert by(guarded, "ada", found, "publish", 409)["code"] == "approval_missing"
    assert by(guarded, "bob", found, "approve")["state"] == "checked"
    assert "it has 1 of 2 approvals" in by(guarded, "ada", found, "publish", 409)["detail"]
    assert by(guarded, "bob", found, "approve")["state"] == "checked"
    assert by(guarded, "cyd", found, "approve")["state"] == "approved"
    assert by(guarded, "ada", found, "publish")["state"] == "published"
    assert chunking(guarded)["max_chunk_size"] == 900


def test_nobody_approves_their_own(guarded: Client) -> None:
    found = made(guarded, CHUNKING)
    more = {"drafts": [{**CHUNKING, "scope": "user:u-1", "is_default": True}]}
    guarded.post(f"{SETS}/{found['id']}/drafts", json=more, headers=as_("bob"))
    by(guarded, "cyd", found, "propose")
    for author in ("ada", "bob", "cyd"):
        assert by(guarded, author, found, "approve", 403)["code"] == "forbidden"
    by(guarded, "dan", found, "approve")


def test_an_approval_counts_no_more_after_the_content_changed(guarded: Client) -> None:
    found = made(guarded, {**CHUNKING, "is_default": True})
    by(guarded, "ada", found, "propose")
    for actor in ("bob", "cyd"):
        by(guarded, actor, found, "approve")
    act(guarded, found, "drafts", drafts=[{**CHUNKING, "config_data": {"max_chunk_size": 800}}])
    refused = by(guarded, "ada", found, "publish", 409)
    assert "that of bob no longer counts" in refused["detail"]
    assert by(guarded, "ada", found, "check")["approvals"]["lapsed"] == ["bob", "cyd"]
    assert guarded.get(f"{SETS}/{found['id']}").json()["state"] == "checked"


def test_an_approval_counts_no_more_after_a_value_changed_that_it_is_about(guarded: Client) -> None:
    config = guarded.created_before  # type: ignore[attr-defined]
    id_ = config["id"]
    found = made(guarded, {"config_id": id_, "config_data": {"max_chunk_size": 900, "chunk_overlap": 50}})
    by(guarded, "ada", found, "propose")
    for actor in ("bob", "cyd"):
        by(guarded, actor, found, "approve")
    guarded.put("/api/environments/production", json={"approvals": 0})
    guarded.change(config, config_data={"max_chunk_size": 500, "chunk_overlap": 40})
    assert by(guarded, "ada", found, "check")["approvals"]["counting"] == ["bob", "cyd"]
    guarded.change(config, config_data={"max_chunk_size": 600, "chunk_overlap": 40})
    assert by(guarded, "ada", found, "check")["approvals"]["counting"] == []


def test_a_direct_change_becomes_a_change_set_that_waits(guarded: Client) -> None:
    config = guarded.created_before  # type: ignore[attr-defined]
    key = {"Idempotency-Key": "k-1"}
    body = {"config_data": {"max_chunk_size": 900}, "reason": "RAG-1"}
    answers = [guarded.put(CONFIGS + config["id"], json=body, headers=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    found = guarded.get(answers[0].headers["Location"]).json()
    assert (found["state"], found["origin"]) == ("proposed", {"instead_of": "update_config"})
    for actor in ("bob", "cyd"):
        by(guarded, actor, found, "approve")
    by(guarded, "ada", found, "publish")
    assert chunking(guarded)["max_chunk_size"] == 900


def test_every_direct_change_of_a_config_can_wait(guarded: Client) -> None:
    path = CONFIGS + guarded.created_before["id"]  # type: ignore[attr-defined]
    answers = [
        guarded.post(CONFIGS, json={**CHUNKING, "name": "another"}),
        guarded.put(f"{path}/active", json={"is_active": False}),
        guarded.put(f"{path}/default", json={"is_default": False}),
        guarded.post(f"{path}/rollback", json={"to_version": 1}),
        guarded.delete(path),
    ]
    assert [one.status_code for one in answers] == [202] * 5, [one.text for one in answers]
    operations = [one.json()["drafts"][0]["operation"] for one in answers]
    assert operations == ["create", "update", "update", "update", "delete"]
    assert guarded.get(path).json()["version"] == 2


def test_a_check_names_all_that_stands_in_the_way(api: Client) -> None:
    config = api.create(data={"max_chunk_size": 500})
    found = made(api, {"config_id": config["id"], "config_data": {"max_chunk_size": 900}})
    rule = {"name": "small", "expression": "this.max_chunk_size < 800", "message": "too large", "severity": "error"}
    body = {"config_type": "chunking", "rules": [rule]}
    assert api.put("/api/environments/production/policies/size", json=body).status_code in (200, 201)
    api.put("/api/environments/production", json={"require_reason": True})
    api.post("/api/environments/production/freeze", json={"reason": "the holidays"})
    before = api.newest_position
    told = act(api, found, "check")
    assert {one["rule"] for one in told["problems"]} >= {"frozen", "reason", "size.small"}
    assert (told["ok"], api.newest_position) == (False, before)
