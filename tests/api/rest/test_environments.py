"""Environments: what one demands of changes, frozen and thawed, retired."""

from __future__ import annotations

from typing import Any

import pytest

from api.bootstrap import Callers
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.test_metrics import at
from tests.api.test_openapi import OPERATIONS

ENVIRONMENTS = "/api/environments"
PRODUCTION = f"{ENVIRONMENTS}/production"
DEMANDS = {
    "promoted_from": None,
    "approvals": 0,
    "require_reason": False,
    "reason_pattern": None,
    "require_if_match": False,
    "require_lock": False,
    "order": 0,
}
VARIANTS = [{"name": "control", "weight": 1, "is_control": True}, {"name": "warm", "weight": 1, "profile": "warm"}]


def demand(client: Client, **demands: Any) -> dict[str, Any]:
    answer = client.put(PRODUCTION, json=demands)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def freeze(client: Client, reason: str | None = None, name: str = "production") -> None:
    assert client.post(f"{ENVIRONMENTS}/{name}/freeze", json={"reason": reason}).status_code == 200


def test_an_environment_demands_nothing_at_first(api: Client) -> None:
    found = api.get(PRODUCTION)
    assert {key: found.json()[key] for key in DEMANDS} == DEMANDS
    assert found.json()["frozen"] is None
    assert found.headers["ETag"] == '"1"'


def test_what_is_left_out_of_a_change_stays(api: Client) -> None:
    demand(api, require_reason=True)
    found = demand(api, order=3, reason="sorted")
    assert found["require_reason"] is True
    assert found["order"] == 3
    assert api.get(PRODUCTION).json() == found


def test_what_was_demanded_then_is_told_of_then(api: Client) -> None:
    before = api.newest_position
    demand(api, require_reason=True)
    assert api.get(PRODUCTION, params={"position": before}).json()["require_reason"] is False


@pytest.mark.parametrize(
    ("demands", "pointer"),
    [
        ({"approvals": 21}, "/approvals"),
        ({"reason_pattern": "(?=x)"}, "/reason_pattern"),
        ({"reason_pattern": "x" * 501}, "/reason_pattern"),
        ({"promoted_from": "nowhere"}, "/promoted_from"),
        ({"promoted_from": "production"}, "/promoted_from"),
        ({"rules": []}, "/rules"),
    ],
    ids=["approvals", "look-around", "a long pattern", "from nowhere", "from itself", "unknown"],
)
def test_a_demand_that_cannot_be_is_named(api: Client, demands: dict[str, Any], pointer: str) -> None:
    answer = api.put(PRODUCTION, json=demands)
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_promotion_goes_round_in_no_circle(api: Client) -> None:
    for name, source in (("staging", "production"), ("testing", "staging")):
        assert api.post(ENVIRONMENTS, json={"name": name, "promoted_from": source}).status_code == 201
    answer = api.put(PRODUCTION, json={"promoted_from": "testing"})
    assert answer.status_code == 400
    assert "production ← testing ← staging ← production" in answer.json()["detail"]


def test_environments_are_listed_in_their_order(api: Client) -> None:
    for name, order in (("testing", 2), ("development", 1)):
        api.post(ENVIRONMENTS, json={"name": name, "order": order})
    demand(api, order=3)
    names = [one["name"] for one in api.get(ENVIRONMENTS).json()["items"]]
    assert names == ["development", "testing", "production"]


def test_a_change_without_the_reason_that_is_demanded_is_refused(client: Client) -> None:
    config = client.create()
    demand(client, reason_pattern="OPS-[0-9]+")
    for reason in (None, "because", "OPS-"):
        answer = client.put(CONFIGS + config["id"], json={"description": "x", "reason": reason})
        assert answer.status_code == 400
        (fault,) = answer.json()["errors"]
        assert fault["pointer"] == "/reason"
        assert "OPS-[0-9]+" in fault["message"]
    assert client.change(config, description="x", reason="see OPS-7")["description"] == "x"


def test_blanks_are_no_reason(api: Client) -> None:
    demand(api, require_reason=True)
    body = {"config_type": "chunking", "name": "n", "config_data": {}}
    assert api.post(CONFIGS, json={**body, "reason": "  "}).status_code == 400
    assert api.post(CONFIGS, json={**body, "reason": "asked for"}).status_code == 201


@pytest.mark.parametrize("tag", [None, "*"])
def test_a_change_says_which_version_it_is_about_where_that_is_demanded(api: Client, tag: str | None) -> None:
    config = api.create()
    demand(api, require_if_match=True)
    headers = {"If-Match": tag} if tag else {}
    answer = api.put(CONFIGS + config["id"], json={"description": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (428, "if_match_required")
    answer = api.put(CONFIGS + config["id"], json={"description": "x"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200


def test_what_is_new_and_what_is_rolled_back_as_a_whole_has_no_version_to_name(api: Client) -> None:
    demand(api, require_if_match=True)
    before = api.newest_position
    api.create()
    assert api.post("/api/rollbacks", json={"position": before}).status_code == 200


def test_a_change_that_others_must_approve_is_not_made_directly(api: Client) -> None:
    demand(api, approvals=2)
    answer = api.post("/api/profiles", json={"name": "n", "settings": {}})
    assert (answer.status_code, answer.json()["code"]) == (409, "approval_missing")
    assert api.post(CONFIGS, json={"config_type": "chunking", "name": "n", "config_data": {}}).status_code == 202
    demand(api, approvals=0)  # which no change set can hold
    api.create()


def test_all_that_stands_in_the_way_is_named_at_once(api: Client) -> None:
    config = api.create()
    demand(api, require_if_match=True, require_reason=True, approvals=1)
    freeze(api, "the holidays")
    answer = api.put(CONFIGS + config["id"], json={"description": "x"})
    assert answer.status_code == 423
    rules = [fault["rule"] for fault in answer.json()["errors"]]
    assert rules == ["frozen", "approval_missing", "if_match_required", "reason"]


def test_a_frozen_environment_says_since_when_by_whom_and_why(client: Client) -> None:
    answer = client.post(f"{PRODUCTION}/freeze", json={"reason": "the holidays"}, headers={"Varve-Actor": "ada"})
    assert answer.json()["frozen"]["by"] == "ada"
    refused = client.post(CONFIGS, json={"config_type": "chunking", "name": "n", "config_data": {}})
    assert refused.status_code == 423
    since = answer.json()["frozen"]["since"]
    assert f"production is frozen since {since} by ada: the holidays" in refused.json()["detail"]
    assert client.post(f"{PRODUCTION}/thaw", json={}).json()["frozen"] is None
    client.create()


def test_freezing_twice_records_one_event(api: Client) -> None:
    freeze(api, "first")
    position = api.newest_position
    freeze(api, "second")
    assert api.newest_position == position
    assert api.get(PRODUCTION).json()["frozen"]["reason"] == "first"


def test_what_is_tried_is_refused_as_it_would_be_for_good(api: Client) -> None:
    freeze(api)
    body = {"config_type": "chunking", "name": "n", "config_data": {}}
    assert api.post(CONFIGS, params={"dry_run": True}, json=body).status_code == 423


def test_other_environments_go_on_while_one_is_frozen(api: Client) -> None:
    api.post(ENVIRONMENTS, json={"name": "staging"})
    freeze(api)
    api.create(environment="staging")


def test_a_frozen_service_starts_and_says_which_variables_it_did_not_read(tmp_path: Any, logs: list[Any]) -> None:
    url = f"sqlite:///{tmp_path / 'varve.db'}"
    with opened(url) as client:
        freeze(client)
    with opened(url, variables={"CHUNK_OVERLAP": "20"}) as client:
        assert client.effective(config_types="chunking")["chunking"]["chunk_overlap"] == 10
    told = [one for one in logs if one["event"].startswith("environment variables were not read")]
    assert [one["environment"] for one in told] == ["production"]


# Every route that is said to answer 423, and what it is asked; `ids` has the config, profile, experiment and position.
RECORDS: dict[str, tuple[str, str, Any]] = {
    "create_config": ("POST", CONFIGS, {"config_type": "llm", "name": "n", "config_data": {}, "mode": "overlay"}),
    "update_config": ("PUT", CONFIGS + "{config}", {"description": "x"}),
    "delete_config": ("DELETE", CONFIGS + "{config}", None),
    "set_default": ("PUT", CONFIGS + "{config}/default", {"is_default": False}),
    "set_active": ("PUT", CONFIGS + "{config}/active", {"is_active": False}),
    "rollback_config": ("POST", CONFIGS + "{config}/rollback", {"to_version": 1}),
    "rollback_environment": ("POST", "/api/rollbacks", {"position": "{before}"}),
    "undo_event": ("POST", "/api/events/{position}/undo", {}),
    "sync_defaults": ("POST", CONFIGS + "sync-defaults", {}),
    "import_settings": (
        "POST",
        "/api/imports",
        {
            "kind": "bundle",
            "bundle": {"varve_bundle": 1, "environment_variables": {"production": {"llm": {"top_k": 7}}}},
        },
    ),
    "create_profile": ("POST", "/api/profiles", {"name": "cold", "settings": {}}),
    "update_profile": ("PUT", "/api/profiles/{profile}", {"description": "x"}),
    "delete_profile": ("DELETE", "/api/profiles/{profile}", None),
    "assign_profile": ("PUT", "/api/assignments/u-9", {"profile_id": "{profile}"}),
    "assign_profile_to_all": ("POST", "/api/assignments", {"profile_id": "{profile}", "users": ["u-9"]}),
    "unassign_profile": ("DELETE", "/api/assignments/u-1", None),
    "create_experiment": ("POST", "/api/experiments", {"name": "e-2", "variants": VARIANTS}),
    "revise_experiment": ("PUT", "/api/experiments/{experiment}", {"traffic_percent": 7}),
    "start_experiment": ("POST", "/api/experiments/{experiment}/start", {}),
    "pause_experiment": ("POST", "/api/experiments/{running}/pause", {}),
    "conclude_experiment": ("POST", "/api/experiments/{running}/conclude", {"adopt": None}),
    "publish_change_set": ("POST", "/api/change-sets/{change_set}/publish", {}),
    "step_change_set": ("POST", "/api/change-sets/{ramping}/step", {"percent": 50}),
    "rollback_change_set": ("POST", "/api/change-sets/{published}/rollback", {}),
    "assign_owner": ("PUT", "/api/collections/c-9/owner", {"user_id": "u-1"}),
    "revise_environment": ("PUT", PRODUCTION, {"order": 7}),
    "create_lock": (
        "POST",
        "/api/locks",
        {
            "scope": "global",
            "config_type": "chunking",
            "embedder_name": "e",
            "tokenizer_name": "t",
            "kind": "candidate",
        },
    ),
    "set_policy": ("PUT", PRODUCTION + "/policies/other", {"config_type": "llm"}),
    "delete_policy": ("DELETE", PRODUCTION + "/policies/steady", None),
}
OF_LOCKS = {"promote_lock", "unlock", "roll_lock_back", "declare_embedder"}
"""What is done to a lock that is there."""
OF_INDEXES = {"register_index", "progress_of_index", "ready_index", "switch_index", "drop_index"}
EVIDENCE = {"record_evaluation"}
RECORDS_ELSEWHERE = {
    "change_ladder", "define_config_type", "name_position", "issue_key", "revoke_key",
    "add_environment", "retire_environment", "freeze_environment", "thaw_environment",
    "revise_health", "switch_serving", "create_webhook", "update_webhook", "rotate_webhook_secret", "delete_webhook",
    "create_change_set", "draft_in_change_set", "remove_draft_of_change_set", "propose_change_set",
    "create_release", "check_change_set", "approve_change_set",
    "discard_change_set",
}  # fmt: skip
"""What is of the whole installation, opens and shuts the gate, or prepares changes and makes none."""


def test_it_is_known_of_every_route_whether_a_freeze_stops_it() -> None:
    stopped = {name for name, (_, _, operation) in OPERATIONS.items() if "423" in operation["responses"]}
    assert stopped == RECORDS.keys() | RECORDS_ELSEWHERE | OF_LOCKS | OF_INDEXES | EVIDENCE


@pytest.mark.parametrize("name", RECORDS)
def test_a_freeze_stops_every_change(api: Client, variables: dict[str, str], name: str) -> None:
    method, path, body = RECORDS[name]
    ids = furnish(api)
    if isinstance(body, dict):
        body = {key: ids[one[1:-1]] if isinstance(one, str) and one[:1] == "{" else one for key, one in body.items()}
    variables["TOP_K"] = "9"
    freeze(api)
    position = api.newest_position
    given = {} if body is None else {"json": body}
    answer = api.request(method, path.format(**ids), **given)
    assert (answer.status_code, answer.json()["code"]) == (423, "frozen"), answer.text
    assert api.newest_position == position
    api.post(f"{PRODUCTION}/thaw", json={})
    assert api.request(method, path.format(**ids), **given).status_code < 300


def furnish(client: Client) -> dict[str, Any]:
    """Something for every route to change."""
    client.put(f"{PRODUCTION}/policies/steady", json={"config_type": "llm"})
    before = client.newest_position
    config = client.create()
    changed = client.change(config, description="another")
    drafting = {"config_type": "llm", "scope": "user:u-7", "name": "n", "config_data": {}, "mode": "overlay"}
    drafted = client.post("/api/change-sets", json={"title": "t", "drafts": [drafting]}).json()
    profiles = [
        client.post("/api/profiles", json={"name": name, "settings": {"llm": {"top_k": 3}}}).json()["id"]
        for name in ("warm", "unused")
    ]
    client.put("/api/assignments/u-1", json={"profile_id": profiles[0]})
    running, draft = (
        client.post("/api/experiments", json={"name": name, "variants": VARIANTS, "layer": name}).json()["id"]
        for name in ("running", "draft")
    )
    assert client.post(f"/api/experiments/{running}/start", json={}).status_code == 200
    ids = {"config": config["id"], "position": changed["position"], "before": before, "change_set": drafted["id"]}
    published = client.post(
        "/api/change-sets", json={"title": "t", "drafts": [{**drafting, "scope": "user:u-8"}]}
    ).json()
    assert client.post(f"/api/change-sets/{published['id']}/publish", json={}).status_code == 200
    ids["published"] = published["id"]
    part = {"config_type": "question_generation", "name": "n", "config_data": {}, "is_default": True}
    ids["ramping"] = client.post("/api/change-sets", json={"title": "t", "drafts": [part]}).json()["id"]
    ramp = {"steps": [1, 100], "bake_minutes": 600}
    assert client.post(f"/api/change-sets/{ids['ramping']}/publish", json={"ramp": ramp}).status_code == 200
    return {**ids, "profile": profiles[1], "running": running, "experiment": draft}


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


def test_what_is_retired_serves_nothing_and_its_past_is_told(client: Client) -> None:
    client.post(ENVIRONMENTS, json={"name": "staging"})
    config = client.create(environment="staging", data={"max_chunk_size": 700})
    assert client.delete(f"{ENVIRONMENTS}/staging").status_code == 204
    assert client.get(f"{CONFIGS}effective", params={"environment": "staging"}).status_code == 404
    assert client.put(CONFIGS + config["id"], json={"description": "x"}).status_code == 404
    then = client.effective(environment="staging", position=config["position"], config_types="chunking")
    assert then["chunking"]["max_chunk_size"] == 700
    assert [one["name"] for one in client.get(ENVIRONMENTS).json()["items"]] == ["production"]


def test_what_was_retired_comes_back_with_its_configs_and_demands_nothing(api: Client) -> None:
    api.post(ENVIRONMENTS, json={"name": "staging", "require_reason": True})
    api.create(environment="staging", data={"max_chunk_size": 700}, reason="r")
    api.delete(f"{ENVIRONMENTS}/staging", params={"reason": "not used"})
    assert api.post(ENVIRONMENTS, json={"name": "staging"}).json()["require_reason"] is False
    found = api.effective(environment="staging", config_types="chunking")
    assert found["chunking"]["max_chunk_size"] == 700


def test_an_environment_that_is_needed_is_not_retired(api: Client) -> None:
    for name in ("staging", "testing"):
        api.post(ENVIRONMENTS, json={"name": name})
    demand(api, promoted_from="staging")
    body = {"name": "e", "variants": [{**VARIANTS[0]}, {**VARIANTS[1], "profile": None}], "environment": "testing"}
    running = api.post("/api/experiments", json=body).json()["id"]
    assert api.post(f"/api/experiments/{running}/start", json={}).status_code == 200
    for name, why in (
        ("production", "default environment"),
        ("staging", "production is promoted from"),
        ("testing", "the experiment e runs"),
    ):
        answer = api.delete(f"{ENVIRONMENTS}/{name}")
        assert answer.status_code == 409
        assert why in answer.json()["detail"]


def test_a_frozen_environment_is_not_retired(api: Client) -> None:
    api.post(ENVIRONMENTS, json={"name": "staging"})
    freeze(api, name="staging")
    assert api.delete(f"{ENVIRONMENTS}/staging").status_code == 423


def test_what_is_demanded_is_changed_only_as_it_was_read(api: Client) -> None:
    assert api.put(PRODUCTION, json={"order": 2}, headers={"If-Match": '"9"'}).status_code == 412
    assert api.put(PRODUCTION, json={"order": 2}, headers={"If-Match": '"1"'}).status_code == 200
