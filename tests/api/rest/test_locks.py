"""Locks over HTTP: what they hold back, how they move, and how one goes back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from api.bootstrap import Callers
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.locks import BGE, LOCKS, NEW, VALIDATED, WHY, locked, refused, rules


def test_a_lock_says_what_was_frozen(client: Client):
    config = client.create("chunk_index", VALIDATED)
    lock = locked(client, reason="recall holds")
    canonical = b'{"chunk_size":450,"jaccard_threshold":0.8,"overlap_ratio":0.1,"prefix_policy":"A"}'
    assert lock["config_hash"] == hashlib.sha256(canonical).hexdigest()
    assert lock["version_label"].endswith("-v1")
    assert lock["ingest_run_id"] == f"{lock['version_label']}-{lock['config_hash'][:8]}"
    assert (lock["config_id"], lock["config_version"]) == (config["id"], 1)
    assert (lock["status"], lock["kind"], lock["locked_by"], lock["reason"]) == (
        "held", "candidate", "anonymous", "recall holds",
    )  # fmt: skip
    assert client.get(f"{LOCKS}/{lock['id']}").json() == lock
    assert client.get(LOCKS, params={"held": True}).json()["items"] == [lock]
    assert client.get(LOCKS, params={"held": False}).json()["items"] == []


CHANGES: dict[str, Callable[[Client, dict[str, Any], dict[str, Any]], Any]] = {
    "update": lambda c, one, _: c.put(CONFIGS + one["id"], json={"config_data": {"chunk_size": 300}}),
    "delete": lambda c, one, _: c.delete(CONFIGS + one["id"]),
    "switch off": lambda c, one, _: c.put(f"{CONFIGS}{one['id']}/active", json={"is_active": False}),
    "unmake the default": lambda c, one, _: c.put(f"{CONFIGS}{one['id']}/default", json={"is_default": False}),
    "make another the default": lambda c, _, two: c.put(f"{CONFIGS}{two['id']}/default", json={"is_default": True}),
    "create another default": lambda c, _, __: c.post(
        CONFIGS,
        json={"config_type": "chunk_index", "name": "x", "config_data": {"chunk_size": 99}, "is_default": True},
    ),
    "roll back": lambda c, one, _: c.post(f"{CONFIGS}{one['id']}/rollback", json={"to_version": 1}),
    "undo": lambda c, one, _: c.post(f"/api/events/{one['position']}/undo", json={}),
    "roll the environment back": lambda c, _, two: c.post("/api/rollbacks", json={"position": two["position"] - 4}),
    "import": lambda c, one, _: c.post(
        "/api/imports",
        json={
            "kind": "bundle",
            "bundle": {
                "varve_bundle": 1,
                "configs": [
                    {
                        "environment": "production",
                        "scope": "global",
                        "config_type": "chunk_index",
                        "name": one["name"],
                        "config_data": {"chunk_size": 77},
                        "is_default": True,
                        "is_active": True,
                    }
                ],
            },
        },
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_in_force_in_a_locked_slot_stays(api: Client, change: str):
    one = api.change(api.create("chunk_index", {"chunk_size": 500}), config_data=VALIDATED)
    two = api.create("chunk_index", {"chunk_size": 200}, is_default=False)
    lock = locked(api, reason="being measured")
    answer = CHANGES[change](api, one, two)
    assert refused(answer) == (423, "locked"), answer.text
    assert "being measured" in answer.json()["detail"]
    assert lock["id"] in answer.json()["detail"]
    assert api.effective()["chunk_index"] == VALIDATED
    api.post(f"{LOCKS}/{lock['id']}/unlock", json=WHY)
    assert CHANGES[change](api, one, two).status_code < 300


def test_what_changes_nothing_in_force_goes_on(api: Client):
    one = api.create("chunk_index", VALIDATED)
    locked(api)
    api.change(one, name="another name", description="and another description")
    two = api.create("chunk_index", {"chunk_size": 200}, is_default=False)
    api.change(two, config_data={"chunk_size": 201})
    api.create("chunk_index", {"chunk_size": 100}, scope="collection", collection_id="c-1")
    assert api.delete(CONFIGS + two["id"]).status_code == 204


def test_a_dry_run_is_held_back_too(api: Client):
    one = api.create("chunk_index", VALIDATED)
    locked(api)
    tried = api.put(CONFIGS + one["id"], json={"config_data": {"chunk_size": 9}}, params={"dry_run": True})
    assert tried.status_code in (400, 423)
    assert api.delete(CONFIGS + one["id"], params={"dry_run": True}).status_code == 423


def test_unlocking_wants_a_reason_and_is_told(api: Client):
    api.create("chunk_index", VALIDATED)
    lock = locked(api)
    at = f"{LOCKS}/{lock['id']}"
    assert api.post(f"{at}/unlock", json={}).status_code == 400
    assert refused(api.post(f"{at}/unlock", json={"reason": "  "})) == (400, "invalid_request")
    done = api.post(f"{at}/unlock", json={"reason": "measured enough"}).json()
    assert (done["status"], done["ended_by"], done["ended_because"]) == ("unlocked", "anonymous", "measured enough")
    assert refused(api.post(f"{at}/unlock", json=WHY)) == (409, "conflict")
    assert refused(api.post(LOCKS, json={**NEW, "version_label": lock["version_label"]})) == (409, "conflict")
    assert locked(api, version_label="2026-11-20-100000-v7")["version_label"] == "2026-11-20-100000-v7"


def test_what_cannot_be_locked_says_why(api: Client):
    assert refused(api.post(LOCKS, json=NEW)) == (409, "conflict")  # nothing is in force
    assert refused(api.post(LOCKS, json={**NEW, "config_type": "nothing"})) == (404, "not_found")
    assert refused(api.post(LOCKS, json={**NEW, "environment": "nowhere"})) == (404, "not_found")
    assert refused(api.post(LOCKS, json={**NEW, "version_label": "v1"})) == (409, "conflict")
    api.create("chunk_index", VALIDATED)
    assert refused(api.post(LOCKS, json={**NEW, "version_label": "v1"})) == (400, "invalid_request")
    assert refused(api.post(LOCKS, json={**NEW, "tokenizer_hash": "ab"})) == (400, "invalid_request")
    locked(api)
    assert refused(api.post(LOCKS, json=NEW)) == (423, "locked")
    assert api.get(f"{LOCKS}/7d3a4b0e-2f0c-5d1a-8a53-1f7c2f0f7b12").status_code == 404


def test_every_guardrail_that_is_broken_is_named(api: Client):
    api.create("chunk_index", {"chunk_size": 1500, "overlap_ratio": 0.6, "jaccard_threshold": 0.2})
    answer = api.post(LOCKS, json=NEW)
    assert answer.status_code == 400
    assert answer.json()["code"] == "policy_refused"
    assert rules(answer) == [
        "chunk_size_at_most_1000", "overlap_at_most_half", "jaccard_at_least_half", "within_token_budget",
    ]  # fmt: skip


def test_an_environment_may_have_guardrails_of_its_own(api: Client):
    api.create("chunk_index", {**VALIDATED, "chunk_size": 2000})
    assert refused(api.post(LOCKS, json=NEW)) == (400, "policy_refused")
    rule = {"name": "long", "expression": "this.chunk_size <= 3000", "message": "too long", "severity": "error"}
    wary = {"name": "wary", "expression": "this.chunk_size < 2000", "message": "rather long", "severity": "warning"}
    policy = {"config_type": "chunk_index", "rules": [rule, wary]}
    assert api.put("/api/environments/production/policies/guardrails", json=policy).status_code < 300
    assert locked(api)["checks"]["guardrails"] == "warning: rather long"


def test_guardrails_see_what_an_overlay_comes_to(api: Client):
    api.create("chunk_index", {"chunk_size": 1500})
    api.create("chunk_index", {"overlap_ratio": 0.2}, mode="overlay", scope="collection", collection_id="c-1")
    answer = api.post(LOCKS, json={**NEW, "scope": "collection", "collection_id": "c-1"})
    assert rules(answer) == ["chunk_size_at_most_1000", "within_token_budget"]


def test_an_embedder_must_fit_the_dimensions(api: Client):
    api.create("chunk_index", VALIDATED)
    assert locked(api)["checks"]["embedder"] == "unknown: no embedding is in force there"
    api.post(f"{LOCKS}/{api.get(LOCKS).json()['items'][0]['id']}/unlock", json=WHY)
    embedding = api.create("embedding", {"provider_id": "p", "model_id": "gateway/bge", "embedding_dim": 384})
    answer = api.post(LOCKS, json=NEW)
    assert answer.json()["errors"][0]["pointer"] == "/embedder_name"
    assert "makes vectors of 1024" in answer.json()["detail"]
    api.change(embedding, config_data={"provider_id": "p", "model_id": "gateway/bge", "embedding_dim": 1024})
    body = {**NEW, "kind": "candidate"}
    assert "not declared to be the same" in api.post(LOCKS, json=body, params={"dry_run": True}).text
    declared = {"name": BGE, "dimensions": 1024, "aliases": ["gateway/bge"]}
    assert api.put("/api/embedders", json=declared).json() == declared
    assert api.get("/api/embedders").json()["items"] == [declared]
    assert locked(api)["checks"]["embedder"] == "passed"


def test_a_repeat_is_the_same_lock(api: Client):
    api.create("chunk_index", VALIDATED)
    first, again = (api.post(LOCKS, json=NEW, headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert first.json() == again.json()
    assert first.headers["Location"] == again.headers["Location"] == f"{LOCKS}/{first.json()['id']}"


def test_locks_are_for_maintainers_and_seen_by_those_who_see_the_settings():
    with opened("memory:", callers=Callers()) as client:
        client.show(client.admit())
        client.create("chunk_index", VALIDATED)
        lock = locked(client)
        client.create("chunk_index", VALIDATED, scope="user", user_id="u-9")
        own = locked(client, scope="user", user_id="u-9")
        client.show(client.admit("editor", ("production",), user_id="u-1"))
        assert client.post(f"{LOCKS}/{lock['id']}/unlock", json=WHY).status_code == 403
        assert [one["id"] for one in client.get(LOCKS).json()["items"]] == [lock["id"]]
        assert client.get(f"{LOCKS}/{own['id']}").status_code == 404
        client.show(client.admit("maintainer", ("production",)))
        assert client.post(f"{LOCKS}/{lock['id']}/unlock", json=WHY).status_code == 200
        assert client.put("/api/embedders", json={"name": "m"}).status_code == 403


def test_a_lock_and_a_change_at_once_leave_what_was_locked(client: Client):
    """Whichever comes first: the lock is of what is in force, or the change is refused."""
    config = client.create("chunk_index", VALIDATED)
    answers: dict[str, Any] = {}

    def change() -> None:
        answers["change"] = client.put(CONFIGS + config["id"], json={"config_data": {"chunk_size": 200}})

    def lock() -> None:
        answers["lock"] = client.post(LOCKS, json=NEW)

    threads = [Thread(target=change), Thread(target=lock)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers["lock"].status_code == 201
    assert answers["change"].status_code in (200, 423)
    frozen, now = answers["lock"].json(), client.get(CONFIGS + config["id"]).json()
    assert now["version"] == frozen["config_version"]


def test_an_event_of_a_lock_has_no_opposite_but_says_what_to_do(api: Client):
    api.create("chunk_index", VALIDATED)
    locked(api)
    answer = api.post(f"/api/events/{api.newest_position}/undo", json={})
    assert answer.status_code == 400
    assert "unlock it" in answer.json()["detail"]
