from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client

RERANK = "/api/config-types/rerank"
FEW = {"name": "few", "expression": "this.top_n <= 50", "message": "top_n must be at most 50", "fields": ["/top_n"]}


def definition(**fields: Any) -> dict[str, Any]:
    top_n = {"type": "integer", "minimum": 1, "default": 5}
    schema = {"type": "object", "properties": {"top_n": top_n}, "additionalProperties": False}
    return {"description": "ranked again", "schema": schema, "rules": [FEW], **fields}


@pytest.fixture
def with_rerank(client: Client) -> Client:
    assert client.put(RERANK, json=definition()).status_code == 200
    return client


def test_a_type_is_defined_and_read_back(client: Client) -> None:
    answer = client.put(RERANK, json=definition(reason="wanted"), headers={"Varve-Actor": "u-1"})
    defined = answer.json()
    assert (answer.status_code, answer.headers["ETag"], defined.pop("invalid")) == (200, '"1"', [])
    assert defined == definition() | {
        "name": "rerank",
        "version": 1,
        "revision": None,
        "mode": "overlay",
        "defined_at": defined["defined_at"],
        "defined_by": "u-1",
        "reason": "wanted",
        "position": client.newest_position,
    }
    read = client.get(RERANK)
    assert (read.json(), read.headers["ETag"]) == (defined, '"1"')
    assert defined in client.get("/api/config-types").json()["items"]


def test_a_custom_type_serves_its_defaults_and_holds_to_its_rules(with_rerank: Client) -> None:
    assert with_rerank.effective(config_types="rerank")["rerank"] == {"top_n": 5}
    with_rerank.create("rerank", {"top_n": 7})
    assert with_rerank.effective()["rerank"] == {"top_n": 7}
    body = {"config_type": "rerank", "name": "many", "config_data": {"top_n": 51, "top_k": 1}}
    errors = with_rerank.post(CONFIGS, json=body).json()["errors"]
    assert [(one["pointer"], one["rule"]) for one in errors] == [
        ("/config_data/top_k", "additionalProperties"),
        ("/config_data/top_n", "few"),
    ]


def test_a_definition_under_which_live_configs_are_invalid_is_refused(with_rerank: Client) -> None:
    config = with_rerank.create("rerank", {"top_n": 7}, scope="user:u-1")
    tighter = {"type": "object", "properties": {"top_n": {"type": "integer", "maximum": 6, "default": 5}}}
    head = with_rerank.newest_position
    refused = with_rerank.put(RERANK, json=definition(schema=tighter))
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/production/user:u-1/top_n"]
    assert with_rerank.newest_position == head
    forced = with_rerank.put(RERANK, json=definition(schema=tighter, force=True))
    assert forced.status_code == 200
    assert [(one["config_id"], one["scope"]) for one in forced.json()["invalid"]] == [(config["id"], "user:u-1")]
    assert with_rerank.effective("u-1", config_types="rerank")["rerank"] == {"top_n": 5}


def test_a_definition_that_was_changed_by_another_is_not_overwritten(with_rerank: Client) -> None:
    with_rerank.put(RERANK, json=definition(description="newer"))
    stale = with_rerank.put(RERANK, json=definition(description="mine"), headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")


def test_a_built_in_type_cannot_be_defined_anew(api: Client) -> None:
    answer = api.put("/api/config-types/chunking", json=definition())
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_an_unknown_type_is_404_with_the_names_that_there_are(client: Client) -> None:
    body = {"config_type": "chunks", "name": "n", "config_data": {}}
    answers = [
        client.get("/api/config-types/chunks"),
        client.post("/api/config-types/chunks/verify", json={"schema": {}}),
        client.post(CONFIGS, json=body),
        client.get(CONFIGS, params={"config_type": "chunks"}),
        client.get(f"{CONFIGS}effective", params={"config_types": "chunks"}),
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "not_found")] * 5
    assert all("chunking" in one.json()["detail"] for one in answers)


def test_an_application_learns_which_live_answers_its_model_cannot_read(client: Client) -> None:
    client.create(data={"max_chunk_size": 30_000})
    client.create(data={"max_chunk_size": 800}, scope="collection:c-9")
    model = {"type": "object", "properties": {"max_chunk_size": {"type": "integer", "maximum": 8192}, "lines": {}}}
    found = client.post("/api/config-types/chunking/verify", json={"schema": model}).json()
    assert [(one["environment"], one["scope"]) for one in found["unreadable"]] == [("production", "global")]
    assert [one["pointer"] for one in found["unreadable"][0]["faults"]] == ["/max_chunk_size"]
    assert found["fields_lacking"] == ["lines"]
