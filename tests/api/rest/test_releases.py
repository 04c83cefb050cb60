"""From one environment to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Client, opened
from tests.api.rest.change_sets import act
from tests.master_keys import key_file

RELEASES = "/api/releases"
STAGING = {"environment": "staging"}


@pytest.fixture
def stages(client: Client) -> Client:
    client.post("/api/environments", json={"name": "staging"})
    client.create("chunking", {"max_chunk_size": 900}, **STAGING)
    client.create("retrieval", {"number_of_results": 7}, **STAGING)
    client.create("retrieval", {"number_of_results": 3}, scope="user:u-1", **STAGING)
    client.create("chunking", {"max_chunk_size": 500})
    client.create("retrieval", {"number_of_results": 7})
    client.create("llm", {"temperature": 0.1}, mode="overlay", scope="user:u-2")
    return client


def released(client: Client, status: int = 201, **fields: Any) -> dict[str, Any]:
    body = {"from": "staging", "to": "production", "title": "sprint 12", **fields}
    answer = client.post(RELEASES, json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def drafted(change_set: dict[str, Any]) -> list[tuple[str, str, str]]:
    return sorted((one["config_type"], one["scope"], one["operation"]) for one in change_set["drafts"])


def differing(client: Client, **query: Any) -> list[tuple[str, str]]:
    found = client.get("/api/compare", params={"environments": ["staging", "production"], **query}).json()
    return [(one["config_type"], one["scope"]) for one in found["items"]]


def test_environments_are_shown_side_by_side_where_they_differ(stages: Client) -> None:
    answer = stages.get("/api/compare", params={"environments": ["staging", "production"]}).json()
    first = answer["items"][0]
    assert (first["config_type"], first["scope"]) == ("chunking", "global")
    assert first["fields"] == [{"pointer": "/max_chunk_size", "values": {"staging": 900, "production": 500}}]
    assert differing(stages) == [("chunking", "global"), ("llm", "user:u-2"), ("retrieval", "user:u-1")]
    assert differing(stages, config_type="retrieval") == [("retrieval", "user:u-1")]
    assert differing(stages, scope="user:u-2", cursor="chunking/global") == [("llm", "user:u-2")]


def test_a_release_is_a_proposed_change_set_of_what_differs(stages: Client) -> None:
    found = released(stages)
    assert (found["state"], found["origin"]) == ("proposed", {"release_from": "staging"})
    assert drafted(found) == [("chunking", "global", "update"), ("retrieval", "user:u-1", "create")]
    act(stages, found, "publish")
    assert differing(stages) == [("llm", "user:u-2")]
    assert "nothing to release" in released(stages, 409)["detail"]


def test_what_the_target_has_alone_goes_only_when_that_is_asked_for(stages: Client) -> None:
    found = released(stages, deletions=True)
    assert ("llm", "user:u-2", "delete") in drafted(found)
    act(stages, found, "publish")
    assert differing(stages) == []


def test_a_release_takes_the_part_that_is_named(stages: Client) -> None:
    assert drafted(released(stages, types=["retrieval"])) == [("retrieval", "user:u-1", "create")]
    assert drafted(released(stages, scopes=["global"])) == [("chunking", "global", "update")]
    other = stages.create("chunking", {"max_chunk_size": 800}, scope="user:u-3", **STAGING)
    assert drafted(released(stages, configs=[other["id"]])) == [("chunking", "user:u-3", "create")]
    stages.put(f"/api/runtime-configs/{other['id']}/active", json={"is_active": False})
    assert released(stages, 400, configs=[other["id"]])["errors"][0]["pointer"] == "/configs"


def test_an_environment_takes_releases_from_where_it_is_promoted_from(stages: Client) -> None:
    stages.post("/api/environments", json={"name": "trial"})
    stages.put("/api/environments/production", json={"promoted_from": "trial"})
    assert "is promoted from trial" in released(stages, 409)["detail"]
    stages.put("/api/environments/production", json={"promoted_from": "staging"})
    released(stages)
    assert released(stages, 400, to="staging")["errors"][0]["pointer"] == "/to"
    released(stages, 404, to="nowhere")


def test_each_environment_keeps_its_own_secrets(tmp_path: Path) -> None:
    fields = {"token": {"type": "string", "x-secret": True}, "retries": {"type": "integer"}}
    with opened("memory:", secret_keys=key_file(tmp_path / "keys", "m-1")) as client:
        client.post("/api/environments", json={"name": "staging"})
        client.put("/api/config-types/gateway", json={"schema": {"type": "object", "properties": fields}})
        client.create("gateway", {"token": "of staging", "retries": 5}, **STAGING)
        assert "give the secret again" in released(client, 400)["detail"]
        own = client.create("gateway", {"token": "of production", "retries": 2})
        act(client, released(client), "publish")
        found = client.effective()["gateway"]
        assert (found["retries"], found["token"]) == (5, own["config_data"]["token"])
