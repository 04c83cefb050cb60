"""A frozen environment: what it says, and that every change stops there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client, opened
from tests.api.openapi_furniture import OPERATIONS
from tests.api.rest.environments import ENVIRONMENTS, PRODUCTION, VARIANTS, freeze


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


OF_INDEXES = {"register_index", "progress_of_index", "ready_index", "switch_index", "drop_index"}


EVIDENCE = {"record_evaluation"}


RECORDS_ELSEWHERE = {
    "change_ladder", "define_config_type", "name_position", "issue_key", "revoke_key",
    "add_environment", "retire_environment", "freeze_environment", "thaw_environment",
    "revise_health", "switch_serving", "create_webhook", "update_webhook", "rotate_webhook_secret", "delete_webhook",
    "create_change_set", "draft_in_change_set", "remove_draft_of_change_set", "propose_change_set",
    "create_release", "check_change_set", "approve_change_set",
    "discard_change_set", "approve_lock",
}  # fmt: skip


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


def test_a_frozen_environment_is_not_retired(api: Client) -> None:
    api.post(ENVIRONMENTS, json={"name": "staging"})
    freeze(api, name="staging")
    assert api.delete(f"{ENVIRONMENTS}/staging").status_code == 423
