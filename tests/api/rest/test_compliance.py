"""Whether what is in force is what security policies demand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client

LOGS = {
    "config_type": "monitoring",
    "expression": "this.logs.redact_personal_data",
    "message": "logs hold personal data: switch logs.redact_personal_data on",
}
COPIES = {"config_type": "backup", "expression": "this.min_copies >= 3", "message": "raise min_copies to 3"}
POLICY = {
    "regimes": ["gdpr", "soc2"],
    "requirements": {"logs": LOGS | {"regimes": ["gdpr"]}, "copies": COPIES | {"regimes": ["soc2"]}},
}


def load(client: Client) -> Client:
    bundle = {"varve_bundle": 1, "builtin": ["platform"]}
    assert client.post("/api/imports", json={"kind": "bundle", "bundle": bundle}).status_code == 200
    return client


@pytest.fixture
def governed(api: Client) -> Client:
    """With a policy for two regimes."""
    load(api).create("security_policy", POLICY)
    return api


def report(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/compliance", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(client: Client, **query: Any) -> set[tuple[str, str, bool | None]]:
    return {(one["requirement"], one["scope"], one["holds"]) for one in report(client, **query)["items"]}


def item(found: dict[str, Any], requirement: str, scope: str) -> dict[str, Any]:
    (one,) = (one for one in found["items"] if (one["requirement"], one["scope"]) == (requirement, scope))
    assert isinstance(one, dict)
    return one


def test_a_violation_is_told_with_the_event_that_made_it(client: Client) -> None:
    """On each store: a policy for two regimes, broken by the first of two changes at a collection."""
    load(client)
    policy = client.create("security_policy", POLICY)
    before = client.newest_position
    assert (report(client)["holds"], report(client)["is_whole"]) == (True, True)

    bad = client.create(
        "monitoring",
        {"logs": {"redact_personal_data": False}},
        scope="collection:c-9",
        name="c",
        reason="to find a fault",
    )
    later = client.change(bad, config_data={"logs": {"redact_personal_data": False, "level": "debug"}})

    found = report(client)
    assert (found["holds"], found["position"]) == (False, later["position"])
    assert {name: (one["holds"], one["violated"]) for name, one in found["regimes"].items()} == {
        "gdpr": (False, 1),
        "soc2": (True, 0),
    }
    violation = item(found, "logs", "collection:c-9")
    assert (violation["holds"], violation["why"]) == (False, LOGS["message"])
    assert violation["values"] == {"/logs/redact_personal_data": False}
    assert violation["event"] == {
        "layer": "collection:c-9",
        "config_id": bad["id"],
        "version": 1,
        "position": bad["position"],
        "operation": "CREATE",
        "actor": "anonymous",
        "at": bad["created_at"],
        "reason": "to find a fault",
    }
    assert violation["demanded_by"]["config_id"] == policy["id"]

    then = report(client, position=before)
    assert (then["holds"], then["position"], len(then["items"])) == (True, before, 2)


def test_what_comes_from_defaults_was_made_so_by_the_definition(governed: Client) -> None:
    event = item(report(governed), "copies", "global")["event"]
    assert (event["layer"], event["config_id"], event["operation"]) == ("default", None, "DEFINE")
    at = governed.get("/api/config-types/backup").json()["position"]
    assert event["position"] == at


def test_the_event_is_the_one_that_brought_the_config_into_force(governed: Client) -> None:
    config = governed.create("backup", {"min_copies": 1}, is_default=False)
    answer = governed.put(f"{CONFIGS}{config['id']}/default", json={"is_default": True})
    event = item(report(governed), "copies", "global")["event"]
    assert (event["version"], event["position"]) == (2, answer.json()["position"])


def test_a_scope_demands_more_than_all_and_never_less(governed: Client) -> None:
    governed.create("backup", {"min_copies": 1}, scope="user:u-1")
    mine = {"copies": COPIES | {"expression": "true"}, "daily": COPIES | {"expression": "this.interval_hours <= 12"}}
    governed.create("security_policy", {"requirements": mine}, scope="user:u-1")
    at_mine = {(name, holds) for name, scope, holds in told(governed) if scope == "user:u-1"}
    assert at_mine == {("copies", False), ("copies", True), ("daily", False), ("logs", True)}


def test_a_profile_and_a_deleted_config(governed: Client) -> None:
    """A profile is looked at, what is no longer in force is not."""
    governed.post("/api/profiles", json={"name": "loose", "settings": {"backup": {"min_copies": 1}}})
    gone = governed.create("backup", {"min_copies": 1}, scope="user:u-1")
    governed.delete(CONFIGS + gone["id"])
    assert told(governed) == {("copies", "global", True), ("logs", "global", True), ("copies", "profile:loose", False)}


def test_what_cannot_be_told_is_never_kept(governed: Client) -> None:
    unknown = {
        "a-type": COPIES | {"config_type": "nothing"},
        "b-field": COPIES | {"expression": "this.nothing"},
        "c-incomplete": COPIES | {"config_type": "llm", "expression": "this.temperature < 1.0"},
    }
    governed.create("security_policy", {"regimes": ["gdpr"], "requirements": unknown})
    found = report(governed)
    assert [(one["holds"], bool(one["why"])) for one in found["items"]] == [(None, True)] * 3
    assert (found["holds"], found["regimes"]["gdpr"]["holds"], found["regimes"]["gdpr"]["unknown"]) == (None, None, 3)


def test_an_expression_that_cannot_be_read_is_refused(governed: Client) -> None:
    data = {"requirements": {"copies": COPIES | {"expression": "this.min_copies >"}}}
    refused = governed.post(CONFIGS, json={"config_type": "security_policy", "name": "n", "config_data": data})
    (fault,) = refused.json()["errors"]
    assert (refused.status_code, fault["pointer"]) == (400, "/config_data/requirements/copies/expression")
    assert "CEL" in fault["message"]


def test_an_expression_that_can_be_read_no_more_is_not_kept(governed: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.check_compliance.question", lambda _: "mend the requirement")
    assert [(one["holds"], one["why"]) for one in report(governed)["items"]] == [(None, "mend the requirement")] * 2


def test_a_warning_breaks_nothing(governed: Client) -> None:
    warning = COPIES | {"expression": "false", "severity": "warning"}
    governed.create("security_policy", {"regimes": ["gdpr"], "requirements": {"w": warning}})
    assert report(governed)["regimes"]["gdpr"] == {
        "holds": True,
        "kept": 0,
        "violated": 0,
        "warnings": 1,
        "unknown": 0,
    }


def test_no_policy_is_no_compliance(api: Client) -> None:
    refused = api.get("/api/compliance")
    assert (refused.status_code, "builtin:platform" in refused.json()["detail"]) == (404, True)
    found = report(load(api))
    assert (found["holds"], found["items"], found["regimes"]) == (None, [], {})
    assert api.get("/api/compliance", params={"position": 3}).status_code == 404


def test_a_type_of_ones_own_by_that_name_is_no_policy(api: Client) -> None:
    schema = {"type": "object", "properties": {"requirements": {"type": "array", "default": [1]}}}
    api.put("/api/config-types/security_policy", json={"schema": schema})
    assert api.get("/api/compliance").status_code == 404


def test_regimes_and_scopes_can_be_chosen(governed: Client) -> None:
    for user in ("u-1", "u-2"):
        governed.create("backup", {"min_copies": 1}, scope=f"user:{user}")
    assert told(governed, regime="gdpr") == {("logs", "global", True)}
    assert told(governed, regime="soc2", scope="user:u-2") == {
        ("copies", "global", True),
        ("copies", "user:u-2", False),
    }
    assert governed.get("/api/compliance", params={"scope": "team:x"}).status_code == 400
    assert governed.get("/api/compliance", params={"environment": "nowhere"}).status_code == 404


def test_where_there_are_more_scopes_than_are_looked_at_nothing_is_vouched_for(
    governed: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.check_compliance.MOST_SCOPES", 2)
    for user in range(3):
        governed.create("backup", {"min_copies": 5}, scope=f"user:u-{user}")
    found = report(governed)
    assert (found["is_whole"], found["scopes_checked"], found["holds"]) == (False, 3, None)
    assert report(governed, scope=["user:u-2", "user:u-1"])["is_whole"]


def test_a_secret_is_not_shown(governed: Client) -> None:
    body = {"config_type": "provider", "expression": 'this.kind == "openai"', "message": "use one"}
    asks = {"keys": {**body, "expression": "this.api_key == null"}}
    governed.create("provider", {"api_key": {"$ref": "env:KEY"}})
    governed.create("security_policy", {"requirements": asks})
    violation = item(report(governed), "keys", "global")
    assert (violation["holds"], violation["values"]) == (False, {"/api_key": {"$ref": "env:KEY"}})
