"""Who breaks the glass passes what binds everybody, once, and is heard."""

from __future__ import annotations

from typing import Any

from api.bootstrap import Callers
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.environments import PRODUCTION, demand, freeze
from tests.api.rest.test_metrics import at


def glass_broken(client: Client) -> list[dict[str, Any]]:
    events = client.get("/api/events", params={"limit": 100}).json()["items"]
    return [one for one in events if one["type"] == "environment.glass_broken"]


BROKEN = {"Varve-Break-Glass": "answers%20are%20wrong"}


def test_an_admin_who_breaks_the_glass_passes_once_and_is_heard(client: Client, logs: list[Any]) -> None:
    demand(client, approvals=1)
    freeze(client, "the holidays")
    body = {"config_type": "chunking", "name": "n", "config_data": {}, "reason": "shorter"}
    assert client.post(CONFIGS, json=body, params={"dry_run": True}, headers=BROKEN).status_code == 200
    assert client.post(CONFIGS, json=body, headers=BROKEN).status_code == 201
    events = glass_broken(client)
    assert [(one["reason"], one["data"]["gates"]) for one in events] == [
        ("answers are wrong", ["frozen", "approval_missing"])
    ]
    commit = [
        one["type"]
        for one in client.get("/api/events", params={"limit": 100}).json()["items"]
        if one["commit"] == events[0]["commit"]
    ]
    assert {"config.created", "environment.glass_broken"} <= set(commit)
    assert [one["log_level"] for one in logs if one["event"] == "the glass was broken"] == ["warning"]
    assert at(client, "varve_glass_broken_total", environment="production") == 1
    assert client.post(CONFIGS, json={**body, "name": "m"}).status_code == 423


def test_broken_glass_passes_no_policy_and_no_demand_for_a_reason(api: Client) -> None:
    demand(api, require_reason=True)
    api.put(
        f"{PRODUCTION}/policies/small",
        json={
            "config_type": "chunking",
            "schema": {"properties": {"max_chunk_size": {"maximum": 900}}},
            "reason": "r",
        },
    )
    freeze(api)
    body = {"config_type": "chunking", "name": "n", "is_default": True, "config_data": {"max_chunk_size": 1000}}
    answer = api.post(CONFIGS, json=body, headers=BROKEN)
    assert (answer.status_code, [one["rule"] for one in answer.json()["errors"]]) == (400, ["reason", "small.maximum"])


def test_broken_glass_passes_a_lock(api: Client) -> None:
    config = api.create()
    lock = {
        "scope": "global",
        "config_type": "chunking",
        "embedder_name": "e",
        "tokenizer_name": "t",
        "kind": "candidate",
    }
    assert api.post("/api/locks", json={**lock, "kind": "candidate"}).status_code == 201
    body = {"config_data": {"chunk_overlap": 20}}
    assert api.put(CONFIGS + config["id"], json=body).status_code == 423
    assert api.put(CONFIGS + config["id"], json=body, headers=BROKEN).status_code == 200
    assert [one["data"]["gates"] for one in glass_broken(api)] == [["locked"]]


def test_glass_that_need_not_be_broken_is_not(api: Client) -> None:
    body = {"config_type": "chunking", "name": "n", "config_data": {}}
    assert api.post(CONFIGS, json=body, headers=BROKEN).status_code == 201
    assert glass_broken(api) == []


def test_the_glass_is_broken_for_a_reason(api: Client) -> None:
    answer = api.post(CONFIGS, json={}, headers={"Varve-Break-Glass": "%20"})
    assert answer.status_code == 400


def test_only_an_admin_of_the_environment_breaks_its_glass() -> None:
    with opened("memory:", callers=Callers()) as client:
        client.show(client.admit())
        freeze(client)
        body = {"config_type": "chunking", "name": "n", "config_data": {}}
        for role, places, status in (
            ("maintainer", ("*",), 403),
            ("admin", ("production",), 201),
        ):
            client.show(client.admit(role, places))
            assert client.post(CONFIGS, json=body, headers=BROKEN).status_code == status
