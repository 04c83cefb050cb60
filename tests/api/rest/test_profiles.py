"""Profiles and assignments: what a user gets, from when on, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client, opened

NOT_THERE = "0b9e7c52-6f0e-5d0a-9a53-0f7c2f0f7b11"
PROFILES, ASSIGNMENTS = "/api/profiles", "/api/assignments"
FLAT = {
    "type": "object",
    "properties": {
        "retrieval_top_k": {"type": "integer", "minimum": 1, "default": 5},
        "rerank_top_n": {"type": "integer", "minimum": 1, "default": 3},
        "reasoning_model": {"type": "string", "default": "small"},
        "temperature": {"type": "number", "default": 0.7},
    },
}
SETTINGS = {"retrieval_top_k": 25, "rerank_top_n": 5, "reasoning_model": "large", "temperature": 0.2}


def profile(client: Client, name: str = "experimental_v1", **fields: Any) -> dict[str, Any]:
    body = {"name": name, "settings": {"retrieval": {"number_of_results": 25}}, **fields}
    answer = client.post(PROFILES, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def assign(client: Client, user: str, given: dict[str, Any]) -> dict[str, Any]:
    answer = client.put(f"{ASSIGNMENTS}/{user}", json={"profile_id": given["id"]})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def results(client: Client, user: str | None = "u-1", **query: Any) -> tuple[int, str]:
    """How many results a user gets, and who says so."""
    answer = client.effective(user, config_types="retrieval", **query)
    return answer["retrieval"]["number_of_results"], answer["resolution_path"]["retrieval"]


def test_an_application_with_flat_settings_is_tuned_for_one_user(client: Client) -> None:
    client.put("/api/config-types/rag", json={"schema": FLAT, "mode": "overlay"})
    made = profile(client, settings={"rag": SETTINGS})
    assign(client, "u-1", made)
    assert client.effective("u-1")["rag"] == SETTINGS
    client.put(f"{PROFILES}/{made['id']}", json={"settings": {"rag": {**SETTINGS, "retrieval_top_k": 12}}})
    assert client.effective("u-1")["rag"]["retrieval_top_k"] == 12
    assert client.effective("u-2")["rag"]["retrieval_top_k"] == 5
    assert client.effective()["resolution_path"]["rag"] == "default"


def test_a_profile_stands_over_what_is_global_and_under_the_users_own(client: Client) -> None:
    client.create("retrieval", {"number_of_results": 7})
    assign(client, "u-1", profile(client))
    assert results(client) == (25, "profile:experimental_v1")
    client.create("retrieval", {"number_of_results": 3}, scope="user:u-1")
    assert results(client) == (3, "user:u-1")
    assert results(client, "u-2") == (7, "global")


def test_where_a_profile_says_nothing_lower_layers_answer(client: Client) -> None:
    made = profile(client, settings={"retrieval": {}})
    assign(client, "u-1", made)
    client.create("retrieval", {"number_of_results": 7})
    assert results(client) == (7, "global")


def test_a_profile_that_is_switched_off_is_passed_over(client: Client) -> None:
    made = profile(client)
    assign(client, "u-1", made)
    assert results(client)[0] == 25
    client.put(f"{PROFILES}/{made['id']}", json={"is_active": False})
    assert results(client) == (5, "default")
    client.put(f"{PROFILES}/{made['id']}", json={"is_active": True})
    assert results(client)[0] == 25


def test_the_next_read_has_another_profile_or_none(client: Client) -> None:
    warm, cold = profile(client, "warm"), profile(client, "cold", settings={"retrieval": {"number_of_results": 2}})
    assign(client, "u-1", warm)
    assert results(client) == (25, "profile:warm")
    assign(client, "u-1", cold)
    assert results(client) == (2, "profile:cold")
    assert client.delete(f"{ASSIGNMENTS}/u-1").status_code == 204
    assert results(client) == (5, "default")


def test_the_past_keeps_the_profiles_that_it_had(client: Client) -> None:
    made = profile(client)
    before = client.newest_position
    given = assign(client, "u-1", made)["position"]
    client.put(f"{PROFILES}/{made['id']}", json={"settings": {"retrieval": {"number_of_results": 30}}})
    changed = client.newest_position
    client.put(f"{PROFILES}/{made['id']}", json={"is_active": False})
    switched = client.newest_position
    client.delete(f"{ASSIGNMENTS}/u-1")
    client.delete(f"{PROFILES}/{made['id']}")
    seen = [results(client, position=at)[0] for at in (before, given, changed, switched, client.newest_position)]
    assert seen == [5, 25, 30, 5, 5]
    assert client.get(f"{PROFILES}/{made['id']}", params={"position": given}).json() == made
    assert client.get(f"{ASSIGNMENTS}/u-1", params={"position": changed}).json()["profile"] == "experimental_v1"
    assert client.get(f"{ASSIGNMENTS}/u-1").status_code == 404


def test_the_timeline_tells_of_assignments_and_of_profiles(client: Client) -> None:
    made = profile(client)
    start = client.newest_position
    assign(client, "u-1", made)
    client.put(f"{PROFILES}/{made['id']}", json={"settings": {"retrieval": {"number_of_results": 30}}})
    client.put(f"{PROFILES}/{made['id']}", json={"is_active": False})
    turns = client.get(f"{CONFIGS}effective/u-1/timeline").json()["items"]
    told = [one["operation"] for one in turns if one["position"] > start]
    assert told == ["assign_profile", "update_profile", "update_profile"]


def test_replay_and_views_agree_about_profiles(client: Client) -> None:
    assign(client, "u-1", profile(client))
    audit = client.post("/api/audits/replay", json={"user_id": "u-1"}).json()
    assert audit["equal"]
    assert client.post("/api/projections/verify").json()["equal"]


def test_what_if_the_user_had_not_been_assigned(client: Client) -> None:
    given = assign(client, "u-1", profile(client))
    answer = client.post("/api/counterfactuals", json={"without": given["position"], "contexts": [{"user_id": "u-1"}]})
    (told,) = answer.json()["items"]
    (change,) = told["changes"]["retrieval"]
    assert (change["pointer"], change["before"], change["after"]) == ("/number_of_results", 25, 5)


def test_an_environment_has_its_own_profiles(client: Client) -> None:
    client.post("/api/environments", json={"name": "staging"})
    here, there = profile(client), profile(client, environment="staging", settings={})
    assert here["id"] != there["id"]
    assign(client, "u-1", there)
    assert results(client)[1] == "default"
    assert results(client, environment="staging")[1] == "default"
    assign(client, "u-1", here)
    assert results(client)[1] == "profile:experimental_v1"
    names = [one["environment"] for one in client.get(PROFILES, params={"environment": "staging"}).json()["items"]]
    assert names == ["staging"]


def test_many_users_are_assigned_in_one_commit(client: Client) -> None:
    made, users = profile(client), [f"u-{n:03}" for n in range(300)]
    before = client.newest_position
    answer = client.post(ASSIGNMENTS, json={"profile_id": made["id"], "users": [*users, "u-001"]})
    assert answer.json()["changed"] == 300
    assert client.newest_position == before + 300
    again = client.post(ASSIGNMENTS, json={"profile_id": made["id"], "users": users[:5]})
    assert again.json()["changed"] == 0
    found, page = [], client.get(ASSIGNMENTS, params={"profile_id": made["id"], "limit": 120}).json()
    while True:
        found += [one["user_id"] for one in page["items"]]
        if page["next"] is None:
            break
        page = client.get(ASSIGNMENTS, params={"profile_id": made["id"], "limit": 120, "cursor": page["next"]}).json()
    assert found == users


def test_settings_are_given_whole(api: Client) -> None:
    made = profile(api, settings={"retrieval": {"number_of_results": 25}, "chunking": {"max_chunk_size": 900}})
    changed = api.put(f"{PROFILES}/{made['id']}", json={"settings": {"llm": {"temperature": 0.1}}}).json()
    assert changed["settings"] == {"llm": {"temperature": 0.1}}
    assert changed["version"] == 2
    back = api.put(f"{PROFILES}/{made['id']}", json={"settings": made["settings"]}).json()
    assert back["settings"] == made["settings"]


def test_an_equal_change_records_nothing(api: Client) -> None:
    made = profile(api)
    before = api.newest_position
    again = api.put(f"{PROFILES}/{made['id']}", json={"settings": made["settings"], "is_active": True})
    assert again.json() == made
    assert api.newest_position == before


def test_every_fault_of_every_type_is_named(api: Client) -> None:
    before = api.newest_position
    settings = {"retrieval": {"number_of_results": 1000}, "chunking": {"max_chunk_size": "wide"}}
    answer = api.post(PROFILES, json={"name": "bad", "settings": settings})
    assert answer.status_code == 400
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {"/settings/retrieval/number_of_results", "/settings/chunking/max_chunk_size"}
    assert api.newest_position == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", PROFILES, {"name": "EXPERIMENTAL_V1", "settings": {}}, 409, "name_taken"),
        ("POST", PROFILES, {"name": " x", "settings": {}}, 400, "invalid_request"),
        ("POST", PROFILES, {"name": "x", "settings": {"nothing": {}}}, 404, "not_found"),
        ("POST", PROFILES, {"name": "x", "settings": {}, "environment": "moon"}, 404, "not_found"),
        ("POST", PROFILES, {"name": "x", "settings": []}, 400, "invalid_request"),
        ("POST", PROFILES, {"name": "x"}, 400, "invalid_request"),
        ("PUT", f"{PROFILES}/{NOT_THERE}", {"is_active": False}, 404, "not_found"),
        ("PUT", f"{PROFILES}/{{id}}", {"name": "another"}, 400, "invalid_request"),
        ("GET", f"{PROFILES}/{NOT_THERE}", None, 404, "not_found"),
        ("PUT", f"{ASSIGNMENTS}/u-1", {"profile_id": str(NOT_THERE)}, 404, "not_found"),
        ("PUT", f"{ASSIGNMENTS}/u-1", {"profile_id": "warm"}, 400, "invalid_request"),
        ("POST", ASSIGNMENTS, {"profile_id": "{id}", "users": []}, 400, "invalid_request"),
        ("POST", ASSIGNMENTS, {"profile_id": "{id}", "users": ["u-1", "\u0007"]}, 400, "invalid_request"),
        ("GET", f"{ASSIGNMENTS}/u-9", None, 404, "not_found"),
    ],
)
def test_what_cannot_be_is_refused(  # noqa: PLR0917 -- the columns of the table
    api: Client, method: str, path: str, body: dict[str, Any] | None, status: int, code: str
) -> None:
    made = profile(api)["id"]
    before = api.newest_position
    if body and body.get("profile_id") == "{id}":
        body = {**body, "profile_id": made}
    answer = api.request(method, path.replace("{id}", made), json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert api.newest_position == before


def test_a_profile_that_users_are_given_is_not_deleted(api: Client) -> None:
    made = profile(api)
    assign(api, "u-1", made)
    refused = api.delete(f"{PROFILES}/{made['id']}")
    assert refused.status_code == 409
    assert "user:u-1" in refused.json()["detail"]
    api.delete(f"{ASSIGNMENTS}/u-1")
    assert api.delete(f"{PROFILES}/{made['id']}").status_code == 204
    assert api.get(PROFILES).json()["items"] == []


def test_the_name_of_a_deleted_profile_is_free_again(api: Client) -> None:
    made = profile(api)
    api.delete(f"{PROFILES}/{made['id']}")
    again = profile(api, "Experimental_V1", settings={"llm": {"temperature": 0.1}})
    assert again["id"] == made["id"]
    assert (again["name"], again["version"]) == ("Experimental_V1", 3)
    assert again["settings"] == {"llm": {"temperature": 0.1}}


def test_a_change_of_another_version_is_refused(api: Client) -> None:
    made = profile(api)
    address = f"{PROFILES}/{made['id']}"
    tag = api.get(address).headers["ETag"]
    assert api.put(address, json={"description": "x"}, headers={"If-Match": tag}).status_code == 200
    assert api.put(address, json={"description": "y"}, headers={"If-Match": tag}).status_code == 412
    assert api.delete(address, headers={"If-Match": tag}).status_code == 412


def test_a_dry_run_records_nothing(api: Client) -> None:
    before = api.newest_position
    answer = api.post(PROFILES, json={"name": "x", "settings": {"llm": {"top_k": 3}}}, params={"dry_run": True})
    assert "profile.created" in [one["type"] for one in answer.json()["events"]]
    assert api.newest_position == before


def test_the_same_request_again_is_answered_as_the_first_time(api: Client) -> None:
    body = {"name": "x", "settings": {"retrieval": {"number_of_results": 9}}}
    first = api.post(PROFILES, json=body, headers={"Idempotency-Key": "k-1"})
    api.put(f"{PROFILES}/{first.json()['id']}", json={"settings": {}})
    again = api.post(PROFILES, json=body, headers={"Idempotency-Key": "k-1"})
    assert again.json() == first.json()


def test_what_a_profile_sets_has_a_history_and_can_be_undone(api: Client) -> None:
    made = profile(api)
    assign(api, "u-1", made)
    api.put(f"{PROFILES}/{made['id']}", json={"settings": {"retrieval": {"number_of_results": 30}}})
    events = api.get("/api/events").json()["items"]
    changed = next(one["position"] for one in events if one["type"] == "config.updated")
    assert api.post(f"/api/events/{changed}/undo", json={}).status_code == 200
    assert results(api) == (25, "profile:experimental_v1")


def test_an_assignment_has_no_opposite(api: Client) -> None:
    given = assign(api, "u-1", profile(api))["position"]
    refused = api.post(f"/api/events/{given}/undo", json={})
    assert refused.status_code == 400
    assert "give the user the profile of before" in refused.json()["detail"]


def test_a_bundle_carries_profiles(api: Client) -> None:
    made = profile(api, description="warm", settings={"retrieval": {"number_of_results": 25}, "llm": {"top_k": 3}})
    bundle = api.get("/api/exports").json()
    assert bundle["profiles"][0]["settings"] == made["settings"]
    with opened("memory:") as other:
        body = {"kind": "bundle", "bundle": bundle}
        assert other.post("/api/imports", json=body).json()["profiles_changed"] == 1
        assert other.get("/api/exports").json() == bundle
        again = other.post("/api/imports", json=body).json()
        assert (again["profiles_changed"], again["created"], again["updated"]) == (0, 0, 0)
        bundle["profiles"][0]["settings"] = {"retrieval": {"number_of_results": 26}}
        assert other.post("/api/imports", json=body).json()["profiles_changed"] == 1
        assert other.get("/api/exports").json() == bundle


def test_a_bundle_with_a_profile_that_cannot_be_stores_nothing(api: Client) -> None:
    bundle = api.get("/api/exports").json()
    bundle["profiles"] = [
        {"environment": "production", "name": "bad", "settings": {"retrieval": {"number_of_results": 0}}},
        {"environment": "moon", "name": "far", "settings": {}},
    ]
    before = api.newest_position
    answer = api.post("/api/imports", json={"kind": "bundle", "bundle": bundle})
    assert answer.status_code == 400
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {"/profiles/0/settings/retrieval/number_of_results", "/profiles/1"}
    assert api.newest_position == before
