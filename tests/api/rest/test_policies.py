"""Policies: what may be in force in an environment, whichever way it comes there."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest

from tests.api.conftest import CONFIGS, Client

POLICIES = "/api/environments/production/policies"
LLM = {"provider_id": "openai", "model_id": "gpt-4o"}
HALF = {
    "name": "moves_slowly",
    "expression": "this.temperature <= 1.5 * old.temperature && this.temperature >= 0.5 * old.temperature",
    "message": "temperature moves by half at most",
}
RETRIES = {"name": "retries", "expression": "this.max_retries >= 3", "message": "at least 3 retries"}


def put(client: Client, *rules: dict[str, Any], config_type: str = "llm", **fields: Any) -> dict[str, Any]:
    answer = client.put(f"{POLICIES}/steady", json={"config_type": config_type, "rules": list(rules), **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: Any) -> list[tuple[str, str]]:
    """Pointer and rule of each fault of what a policy refused."""
    assert (answer.status_code, answer.json()["code"]) == (400, "policy_refused"), answer.text
    return [(fault["pointer"], fault["rule"]) for fault in answer.json()["errors"]]


def post(client: Client, data: dict[str, Any], **fields: Any) -> Any:
    body = {"config_type": "llm", "name": "n", "is_default": True, "config_data": data}
    return client.post(CONFIGS, json={**body, **fields})


def test_a_policy_is_told_as_it_was_set_and_as_it_was_then(client: Client) -> None:
    before = client.newest_position
    found = put(client, {**RETRIES, "severity": "warning"}, schema={"properties": {"top_k": {"maximum": 9}}})
    assert found.pop("violations") == []
    assert client.get(f"{POLICIES}/steady").json() == found
    assert client.get(POLICIES).json()["items"] == [found]
    assert client.get(POLICIES, params={"position": before}).json()["items"] == []
    assert client.delete(f"{POLICIES}/steady").status_code == 204
    assert client.get(f"{POLICIES}/steady").status_code == 404


def test_every_rule_that_is_broken_is_named_and_nothing_is_stored(client: Client) -> None:
    put(client, RETRIES, schema={"properties": {"top_k": {"maximum": 9}}})
    position = client.newest_position
    found = refused(post(client, {**LLM, "max_retries": 2, "top_k": 10}))
    assert found == [("/llm/top_k", "steady.maximum"), ("/llm", "steady.retries")]
    assert client.newest_position == position


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({**RETRIES, "expression": "this.("}, "/rules/0/expression"),
        ({**RETRIES, "expression": "who.a > 1"}, "/rules/0/expression"),
        ({**RETRIES, "expression": "this.all(a, this.all(b, this.all(c, true)))"}, "/rules/0/expression"),
        ({**RETRIES, "name": "No Name"}, "/rules/0/name"),
        ({**RETRIES, "message": ""}, "/rules/0/message"),
        ({**RETRIES, "severity": "fatal"}, "/rules/0/severity"),
    ],
    ids=["syntax", "variable", "cost", "name", "message", "severity"],
)
def test_a_rule_that_cannot_be_is_named(api: Client, rule: dict[str, Any], pointer: str) -> None:
    answer = api.put(f"{POLICIES}/steady", json={"config_type": "llm", "rules": [rule]})
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_a_schema_that_cannot_be_is_named(api: Client) -> None:
    schema = {"properties": {"top_k": {"maximum": "9"}}}
    answer = api.put(f"{POLICIES}/steady", json={"config_type": "llm", "schema": schema})
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/schema/properties/top_k/maximum"]


def test_a_policy_is_of_a_type_that_there_is(api: Client) -> None:
    assert api.put(f"{POLICIES}/steady", json={"config_type": "nothing"}).status_code == 404


def test_a_change_is_measured_by_what_was_in_effect_before(client: Client) -> None:
    put(client, HALF)
    config = client.create("llm", {**LLM, "temperature": 1.0})  # before it there was nothing to move from
    answer = client.put(CONFIGS + config["id"], json={"config_data": {**LLM, "temperature": 1.6}})
    assert refused(answer) == [("/llm", "steady.moves_slowly")]
    client.change(config, config_data={**LLM, "temperature": 1.5})


def test_a_warning_is_told_and_recorded_all_the_same(api: Client) -> None:
    put(api, {**RETRIES, "message": "mindestens 3, für 100 %", "severity": "warning"})
    answer = post(api, {**LLM, "max_retries": 2})
    assert answer.status_code == 201
    warning = {"pointer": "/llm", "message": "mindestens 3, für 100 %", "rule": "steady.retries"}
    assert json.loads(unquote(answer.headers["Varve-Warnings"])) == [warning]
    body = {"config_data": {**LLM, "max_retries": 1}}
    tried = api.put(CONFIGS + answer.json()["id"], params={"dry_run": True}, json=body)
    assert tried.json()["warnings"] == [warning]


def test_a_rule_knows_for_whom_a_value_is(api: Client) -> None:
    put(api, {**RETRIES, "expression": 'context.user_id != "u-1" || this.max_retries >= 3'})
    low = {**LLM, "max_retries": 1}
    assert post(api, low, scope="user:u-2").status_code == 201
    assert refused(post(api, low, scope="user:u-1")) == [("/llm", "steady.retries")]


def test_what_is_not_in_force_is_nobodys_concern(api: Client) -> None:
    put(api, RETRIES)
    answer = post(api, {**LLM, "max_retries": 1}, is_default=False)
    assert answer.status_code == 201
    assert refused(api.put(f"{CONFIGS}{answer.json()['id']}/default", json={"is_default": True}))


def test_a_change_of_what_lies_below_is_measured_where_it_comes_through(client: Client) -> None:
    glob = client.create("llm", {**LLM, "max_retries": 5})
    client.create("llm", {"temperature": 0.1}, scope="user:u-1", mode="overlay")
    client.create("llm", {"max_retries": 4}, scope="user:u-2", mode="overlay")
    put(client, {**RETRIES, "expression": "context.user_id == null || this.max_retries >= 3"})
    answer = client.put(CONFIGS + glob["id"], json={"config_data": {**LLM, "max_retries": 1}})
    assert refused(answer) == [("/llm", "steady.retries")]
    assert "(user:u-1)" in answer.json()["detail"]


def test_what_was_broken_before_stands_in_nobodys_way(api: Client) -> None:
    glob = api.create("llm", {**LLM, "max_retries": 5})
    api.create("llm", {"max_retries": 1}, scope="user:u-1", mode="overlay")
    found = put(api, RETRIES)
    assert [(one["pointer"], one["message"]) for one in found["violations"]] == [
        ("/llm", "at least 3 retries (user:u-1)")
    ]
    api.change(glob, config_data={**LLM, "max_retries": 5, "temperature": 0.2})
    assert api.get(f"{POLICIES}/steady", params={"check": True}).json()["violations"] == found["violations"]


def test_policies_hold_on_every_way_in(api: Client, variables: dict[str, str]) -> None:
    config = api.create("llm", {**LLM, "max_retries": 2})
    low = api.newest_position
    api.change(config, config_data={**LLM, "max_retries": 5})
    changed = api.newest_position
    good = api.create("llm", {"max_retries": 4}, scope="collection:c-1", mode="overlay")
    put(api, RETRIES)
    variables["MAX_RETRIES"] = "1"
    bundle = api.get("/api/exports").json()
    bundle["configs"][0]["config_data"]["max_retries"] = 1
    rolled = {"position": low, "types": ["llm"], "scopes": ["global"]}
    profile = {"name": "warm", "settings": {"llm": {"max_retries": 1}}}
    for answer in (
        api.put(CONFIGS + good["id"], json={"config_data": {"max_retries": 1}}),
        api.post(f"{CONFIGS}{config['id']}/rollback", json={"to_version": 1}),
        api.post("/api/rollbacks", json=rolled),
        api.post(f"/api/events/{changed}/undo", json={}),
        api.post("/api/imports", json={"kind": "bundle", "bundle": bundle}),
        api.post("/api/profiles", json=profile),
    ):
        assert ("/llm", "steady.retries") in refused(answer)


def test_deleting_is_a_change_too(api: Client) -> None:
    api.create("llm", {**LLM, "max_retries": 1})
    own = api.create("llm", {"max_retries": 4}, scope="user:u-1", mode="overlay")
    put(api, RETRIES)
    assert refused(api.delete(CONFIGS + own["id"])) == [("/llm", "steady.retries")]


def test_variables_of_the_environment_are_held_to_policies(api: Client, variables: dict[str, str]) -> None:
    put(api, {**RETRIES, "expression": "this.chunk_overlap <= 50"}, config_type="chunking")
    variables["CHUNK_OVERLAP"] = "60"
    assert refused(api.post(f"{CONFIGS}sync-defaults", json={})) == [("/chunking", "steady.retries")]


def test_another_environment_has_its_own(api: Client) -> None:
    put(api, RETRIES)
    api.post("/api/environments", json={"name": "staging"})
    assert post(api, {**LLM, "max_retries": 1}, environment="staging").status_code == 201


def test_what_two_write_at_once_is_held_to_the_policy_together(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at what lies above and the record, a user's config comes in that would break the rule."""
    glob = api.create("llm", {**LLM, "max_retries": 5})
    put(api, {**RETRIES, "expression": "context.user_id == null || this.max_retries >= 3"})
    views: Any = api.service.use_cases.views
    in_force, late = type(views).in_force, []

    def slow(self: Any, *given: Any) -> Any:
        found = list(in_force(self, *given))
        if not late:
            late.append(post(api, {"temperature": 0.3}, scope="user:u-9", mode="overlay").status_code)
        return iter(found)

    monkeypatch.setattr(type(views), "in_force", slow)
    answer = api.put(CONFIGS + glob["id"], json={"config_data": {**LLM, "max_retries": 1}})
    assert late == [201]
    assert refused(answer) == [("/llm", "steady.retries")]
