"""What was locked comes into force elsewhere, and goes back."""

from __future__ import annotations

import pytest

from tests.api.conftest import CONFIGS, Client
from tests.api.rest.locks import LOCKS, VALIDATED, WHY, locked, refused


def test_a_promotion_brings_the_settings_and_a_way_back(client: Client):
    client.post("/api/environments", json={"name": "staging"})
    before = client.create("chunk_index", {"chunk_size": 300})
    client.create("chunk_index", VALIDATED, environment="staging", name="contracts")
    candidate = locked(client, environment="staging")
    at = f"{LOCKS}/{candidate['id']}"
    made = client.post(f"{at}/promote", json={"to_environment": "production", **WHY}).json()
    assert (made["environment"], made["kind"], made["promoted_from"]) == ("production", "production", candidate["id"])
    assert made["ingest_run_id"] == candidate["ingest_run_id"]
    assert made["rollback_to"] == {"config_id": before["id"], "version": 1}
    assert client.effective()["chunk_index"] == VALIDATED
    assert refused(client.delete(CONFIGS + made["config_id"])) == (423, "locked")
    assert client.get(at).json()["promoted_to"] == [{"environment": "production", "lock_id": made["id"]}]
    back = client.post(f"{at}/rollback", json={"reason": "worse recall"})
    assert (back.json()["id"], back.json()["status"]) == (made["id"], "rolled_back")
    assert client.effective()["chunk_index"] == {**VALIDATED, "chunk_size": 300}
    assert refused(client.post(f"{at}/rollback", json=WHY)) == (409, "conflict")


def test_a_collection_goes_back_to_the_version_of_before(staged: Client):
    there = {"scope": "collection", "collection_id": "c-9"}
    before = staged.create("chunk_index", {"chunk_size": 300}, **there)
    staged.create("chunk_index", VALIDATED, environment="staging", **there)
    candidate = locked(staged, environment="staging", **there)
    promote = {"to_environment": "production", **WHY}
    made = staged.post(f"{LOCKS}/{candidate['id']}/promote", json=promote).json()
    assert made["config_id"] == before["id"]
    assert staged.effective(collection_id="c-9")["chunk_index"] == VALIDATED
    staged.post(f"{LOCKS}/{made['id']}/rollback", json=WHY)
    assert staged.effective(collection_id="c-9")["chunk_index"]["chunk_size"] == 300
    assert staged.get(CONFIGS + before["id"]).json()["version"] == 3


def test_the_next_promotion_takes_the_place_of_the_last(staged: Client):
    config = staged.create("chunk_index", VALIDATED, environment="staging")
    promote = {"to_environment": "production", **WHY}
    first = locked(staged, environment="staging")
    one = staged.post(f"{LOCKS}/{first['id']}/promote", json=promote).json()
    staged.post(f"{LOCKS}/{first['id']}/unlock", json=WHY)
    staged.change(config, config_data={"chunk_size": 512})
    second = locked(staged, environment="staging")
    two = staged.post(f"{LOCKS}/{second['id']}/promote", json=promote).json()
    assert staged.get(f"{LOCKS}/{one['id']}").json()["status"] == "superseded"
    assert two["rollback_to"]["config_id"] == one["config_id"]
    staged.post(f"{LOCKS}/{two['id']}/rollback", json=WHY)
    assert staged.effective()["chunk_index"] == VALIDATED


def test_a_candidate_in_the_way_is_not_pushed_aside(staged: Client):
    staged.create("chunk_index", {"chunk_size": 300})
    locked(staged, reason="being measured")
    staged.create("chunk_index", VALIDATED, environment="staging")
    candidate = locked(staged, environment="staging")
    promote = {"to_environment": "production", **WHY}
    assert refused(staged.post(f"{LOCKS}/{candidate['id']}/promote", json=promote)) == (423, "locked")


def test_in_its_own_environment_a_candidate_becomes_a_production_lock(api: Client):
    api.create("chunk_index", VALIDATED)
    lock = locked(api)
    promote = {"to_environment": "production", **WHY}
    done = api.post(f"{LOCKS}/{lock['id']}/promote", json=promote).json()
    assert (done["id"], done["kind"], done["status"]) == (lock["id"], "production", "held")
    assert refused(api.post(f"{LOCKS}/{lock['id']}/promote", json=promote)) == (409, "conflict")
    assert refused(api.post(f"{LOCKS}/{lock['id']}/rollback", json=WHY)) == (409, "conflict")


def test_a_promotion_keeps_to_the_way_of_the_environments(staged: Client):
    staged.post("/api/environments", json={"name": "testing"})
    staged.put("/api/environments/production", json={"promoted_from": "staging"})
    staged.create("chunk_index", VALIDATED, environment="testing")
    lock = locked(staged, environment="testing")
    promote = {"to_environment": "production", **WHY}
    answer = staged.post(f"{LOCKS}/{lock['id']}/promote", json=promote)
    assert refused(answer) == (409, "conflict")
    assert "production is promoted from staging" in answer.json()["detail"]


def test_where_a_lock_is_required_only_promotions_move_anything(staged: Client):
    old = staged.create("chunk_index", {"chunk_size": 300})
    staged.put("/api/environments/production", json={"require_lock": True})
    assert refused(staged.put(CONFIGS + old["id"], json={"config_data": VALIDATED})) == (423, "lock_required")
    draft = staged.create("chunk_index", {"chunk_size": 200}, is_default=False)
    assert refused(staged.put(f"{CONFIGS}{draft['id']}/default", json={"is_default": True})) == (423, "lock_required")
    staged.create("chunk_index", VALIDATED, environment="staging")
    lock = locked(staged, environment="staging")
    promote = {"to_environment": "production", **WHY}
    made = staged.post(f"{LOCKS}/{lock['id']}/promote", json=promote)
    assert made.status_code == 200
    assert staged.effective()["chunk_index"] == VALIDATED
    assert staged.post(f"{LOCKS}/{made.json()['id']}/rollback", json=WHY).status_code == 200
    assert staged.effective()["chunk_index"]["chunk_size"] == 300


@pytest.fixture
def staged(api: Client) -> Client:
    """With an environment beside production."""
    api.post("/api/environments", json={"name": "staging"})
    return api


def test_where_others_must_approve_a_promotion_waits_for_them_and_going_back_does_not(staged: Client):
    staged.headers["Varve-Actor"] = "ada"
    staged.create("chunk_index", {"chunk_size": 300})
    staged.create("chunk_index", VALIDATED, environment="staging")
    staged.put("/api/environments/production", json={"approvals": 1})
    at = f"{LOCKS}/{locked(staged, environment='staging')['id']}"
    promote = {"to_environment": "production", **WHY}
    waits = staged.post(f"{at}/promote", json=promote)
    assert refused(waits) == (409, "approval_missing")
    assert "it has 0 of 1 approvals; others approve of it" in waits.json()["detail"]
    assert refused(staged.post(f"{at}/approve", json={"to_environment": "production"})) == (403, "forbidden")
    for environment in ("staging", "production", "production"):
        answer = staged.post(f"{at}/approve", json={"to_environment": environment}, headers={"Varve-Actor": "bob"})
        assert answer.status_code == 200, answer.text
        if environment == "staging":
            assert staged.post(f"{at}/promote", json=promote).status_code == 409
    assert answer.json()["approvals"] == [
        {"to_environment": "staging", "by": "bob"},
        {"to_environment": "production", "by": "bob"},
    ]
    assert staged.post(f"{at}/promote", json=promote).status_code == 200
    assert staged.effective()["chunk_index"]["chunk_size"] == 450
    assert staged.post(f"{at}/rollback", json={"reason": "worse recall"}).status_code == 200
    assert staged.effective()["chunk_index"]["chunk_size"] == 300


def test_a_lock_that_has_ended_is_not_approved_of(staged: Client):
    staged.create("chunk_index", VALIDATED, environment="staging")
    at = f"{LOCKS}/{locked(staged, environment='staging')['id']}"
    staged.post(f"{at}/unlock", json=WHY)
    late = staged.post(f"{at}/approve", json={"to_environment": "production"}, headers={"Varve-Actor": "bob"})
    assert refused(late) == (409, "conflict")
    nowhere = staged.post(f"{at}/approve", json={"to_environment": "nowhere"}, headers={"Varve-Actor": "bob"})
    assert nowhere.status_code == 404
