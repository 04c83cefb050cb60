"""Environments: what one demands of changes, frozen and thawed, retired."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client
from tests.api.rest.environments import ENVIRONMENTS, PRODUCTION, VARIANTS, demand, freeze

DEMANDS = {
    "promoted_from": None,
    "approvals": 0,
    "require_reason": False,
    "reason_pattern": None,
    "require_if_match": False,
    "require_lock": False,
    "order": 0,
}


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


"""What is done to a lock that is there."""


"""What is of the whole installation, opens and shuts the gate, or prepares changes and makes none."""


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


def test_what_is_demanded_is_changed_only_as_it_was_read(api: Client) -> None:
    assert api.put(PRODUCTION, json={"order": 2}, headers={"If-Match": '"9"'}).status_code == 412
    assert api.put(PRODUCTION, json={"order": 2}, headers={"If-Match": '"1"'}).status_code == 200
