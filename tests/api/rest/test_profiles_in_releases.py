"""Profiles from one environment to the next, and drafts that delete one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Client, opened
from tests.api.rest.change_sets import SETS, act, made
from tests.api.rest.test_profiles import assign, profile
from tests.api.rest.test_releases import STAGING, released
from tests.master_keys import key_file

RESULTS = "/settings/retrieval/number_of_results"
DELETE = {"kind": "profile", "name": "long", "action": "delete"}


@pytest.fixture
def stages(api: Client) -> Client:
    return staged(api)


def staged(client: Client) -> Client:
    """Staging and production have one profile each that differs, and each has one of its own."""
    client.post("/api/environments", json={"name": "staging"})
    profile(client, "long", **STAGING)
    profile(client, "Long", settings={"retrieval": {"number_of_results": 9}}, is_active=False)
    profile(client, "new", **STAGING)
    profile(client, "old")
    client.create("chunking", {"max_chunk_size": 900}, **STAGING)
    return client


def differing(client: Client, **query: Any) -> dict[str, list[str]]:
    """By profile, the fields that differ."""
    found = client.get("/api/compare", params={"environments": ["staging", "production"], **query}).json()["items"]
    return {one["scope"]: [each["pointer"] for each in one["fields"]] for one in found if one["config_type"] is None}


def drafted(change_set: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["name"], one["operation"]) for one in change_set["drafts"]]


def names(client: Client, **query: Any) -> list[str]:
    return sorted(one["name"] for one in client.get("/api/profiles", params=query).json()["items"])


def test_profiles_are_compared_by_what_they_say_and_set(stages: Client) -> None:
    found = differing(stages)
    assert found["profile:long"] == ["/is_active", RESULTS]
    assert sorted(found) == ["profile:long", "profile:new", "profile:old"]
    assert list(differing(stages, profile="LONG")) == ["profile:long"]
    assert differing(stages, config_type="retrieval") == differing(stages, scope="global") == {}
    (only,) = stages.get("/api/compare", params={"environments": ["staging", "production"], "profile": "new"}).json()[
        "items"
    ]
    assert only["environments"]["production"] is None
    assert only["environments"]["staging"]["settings"] == {"retrieval": {"number_of_results": 25}}
    pages = {"limit": 1, "cursor": "/profile:new"}
    page = stages.get("/api/compare", params={"environments": ["staging", "production"], **pages}).json()
    assert (page["items"][0]["scope"], page["next"]) == ("profile:old", "/profile:old")


def test_a_release_takes_profiles_along_and_users_keep_theirs(client: Client) -> None:
    stages = staged(client)
    assign(stages, "u-1", next(one for one in stages.get("/api/profiles").json()["items"] if one["name"] == "Long"))
    found = released(stages)
    assert drafted(found) == [
        ("config", "n-1", "create"), ("profile", "Long", "update"), ("profile", "new", "create"),
    ]  # fmt: skip
    act(stages, found, "publish")
    assert sorted(differing(stages)) == ["profile:old"]
    assert stages.effective("u-1")["retrieval"]["number_of_results"] == 25


def test_a_release_takes_the_profiles_that_are_named(stages: Client) -> None:
    assert drafted(released(stages, profiles=["long"])) == [("profile", "Long", "update")]
    assert drafted(released(stages, types=["chunking"])) == [("config", "n-1", "create")]
    both = drafted(released(stages, types=["chunking"], profiles=["new"]))
    assert both == [("config", "n-1", "create"), ("profile", "new", "create")]
    assert released(stages, 400, profiles=["nix"])["errors"][0]["pointer"] == "/profiles"
    assert "nothing to release" in released(stages, 409, profiles=["old"])["detail"]


def test_a_profile_that_the_target_has_alone_goes_when_that_is_asked_for(stages: Client) -> None:
    found = released(stages, deletions=True, profiles=["old"])
    assert drafted(found) == [("profile", "old", "delete")]
    act(stages, found, "publish")
    assert names(stages) == ["Long"]


def test_profiles_keep_the_secrets_of_their_environment(tmp_path: Path) -> None:
    fields = {"token": {"type": "string", "x-secret": True}, "retries": {"type": "integer"}}
    with opened("memory:", secret_keys=key_file(tmp_path / "keys", "m-1")) as client:
        client.post("/api/environments", json={"name": "staging"})
        client.put("/api/config-types/gateway", json={"schema": {"type": "object", "properties": fields}})
        profile(client, "p", settings={"gateway": {"token": "of staging", "retries": 5}}, **STAGING)
        own = profile(client, "p", settings={"gateway": {"token": "of production", "retries": 2}})["settings"][
            "gateway"
        ]
        assert differing(client) == {"profile:p": ["/settings/gateway/retries", "/settings/gateway/token"]}
        act(client, released(client), "publish")
        (now,) = client.get("/api/profiles").json()["items"]
        assert now["settings"]["gateway"] == {"token": own["token"], "retries": 5}
        assert "nothing to release" in released(client, 409)["detail"]


def test_a_profile_is_deleted_and_comes_back_with_its_settings(client: Client) -> None:
    before = profile(client, "long", description="for contracts")
    found = made(client, DELETE)
    assert names(client) == ["long"]
    act(client, found, "publish")
    assert names(client) == []
    act(client, found, "rollback")
    (after,) = client.get("/api/profiles").json()["items"]
    assert [after[name] for name in ("name", "description", "settings")] == [
        before[name] for name in ("name", "description", "settings")
    ]
    copied = made(client, title="again", copy_of=found["id"])
    assert drafted(copied) == [("profile", "long", "delete")]


def test_a_profile_that_users_are_given_stays(client: Client) -> None:
    given = profile(client, "long")
    found = made(client, DELETE)
    assign(client, "u-1", given)
    for verb, status in (("publish", 409), ("check", 200)):
        told = act(client, found, verb, status)
        assert "user:u-1 is given the profile long" in str(told)
    refused = client.post(SETS, json={"title": "t", "drafts": [DELETE]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/drafts/0")
    client.delete("/api/assignments/u-1")
    act(client, found, "publish")
    assert names(client) == []


def test_what_changed_of_a_profile_meanwhile_stands_in_the_way_of_its_deletion(api: Client) -> None:
    given = profile(api, "long")
    found = made(api, DELETE)
    api.put(f"/api/profiles/{given['id']}", json={"settings": {"retrieval": {"number_of_results": 3}}})
    (fault,) = act(api, found, "publish", 409)["errors"]
    assert (fault["pointer"], fault["base"], fault["theirs"]) == (f"/drafts/0{RESULTS}", 25, 3)


def test_a_deletion_says_nothing_else(api: Client) -> None:
    profile(api, "long")
    refused = api.post(SETS, json={"title": "t", "drafts": [{**DELETE, "is_active": False}]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/drafts/0/is_active")
    none = api.post(SETS, json={"title": "t", "drafts": [{**DELETE, "name": "nix"}]})
    assert "there is nothing to delete" in none.json()["detail"]
