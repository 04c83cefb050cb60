"""Secrets that come back: from the past, from a bundle, from a copy, from a draft."""

from __future__ import annotations

from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.secrets.sealing import OTHER, TEXT, of_user, put, read_open


def test_rollback_undo_and_an_environment_going_back_bring_the_old_secret(every: Client) -> None:
    config = of_user(every)
    then = every.newest_position
    put(every, config, api_key=OTHER)
    changed = every.newest_position
    history = f"{CONFIGS}{config['id']}/rollback"
    assert every.post(history, json={"to_version": 1}).status_code == 200
    assert read_open(every) == TEXT
    put(every, config, api_key=OTHER)
    assert every.post("/api/rollbacks", json={"position": then}).status_code == 200
    assert read_open(every) == TEXT
    assert put(every, config, api_key=OTHER).status_code == 200
    assert every.post(f"/api/events/{changed}/undo", json={}).status_code == 200
    assert read_open(every) == TEXT
    every.delete(CONFIGS + config["id"])
    assert every.post(history, json={"to_version": 1}).status_code == 200
    every.put(f"{CONFIGS}{config['id']}/default", json={"is_default": True})
    assert read_open(every) == TEXT


def test_an_export_comes_back_unchanged_where_the_secrets_are(api: Client) -> None:
    of_user(api)
    bundle = api.get("/api/exports").json()
    found = api.post("/api/imports", json={"kind": "bundle", "bundle": bundle})
    assert found.status_code == 200
    assert (found.json()["created"], found.json()["updated"]) == (0, 0)
    with opened("memory:") as elsewhere:
        found = elsewhere.post("/api/imports", json={"kind": "bundle", "bundle": bundle})
        assert found.status_code == 400
        assert "/configs/0/config_data/api_key" in found.text
        assert "give the secret again" in found.text


def test_a_bundle_with_texts_is_imported_once(api: Client) -> None:
    of_user(api)
    bundle = api.get("/api/exports").json()
    bundle["configs"][0]["config_data"]["api_key"] = OTHER
    bundle["environment_variables"] = {"production": {"provider": {"api_key": TEXT}}}
    ask = {"kind": "bundle", "bundle": bundle}
    first, again = api.post("/api/imports", json=ask).json(), api.post("/api/imports", json=ask).json()
    assert (first["updated"], first["variables_changed"]) == (1, 1)
    assert (again["updated"], again["variables_changed"]) == (0, 0)
    assert (read_open(api), read_open(api, user="u-2")) == (OTHER, TEXT)


def test_a_copy_of_the_process_layer_is_sealed_for_its_own_place(api: Client) -> None:
    bundle = {"varve_bundle": 1, "environment_variables": {"production": {"provider": {"api_key": TEXT}}}}
    api.post("/api/imports", json={"kind": "bundle", "bundle": bundle})
    layer = api.get("/api/exports").json()["environment_variables"]["production"]["provider"]
    copied = api.post("/api/imports", json={"kind": "env", "variables": {}, "materialize": True})
    assert copied.json()["materialized"] == ["provider"]
    config = api.get(CONFIGS, params={"config_type": "provider"}).json()["items"][0]
    assert config["config_data"] == layer
    assert read_open(api) == TEXT
    assert api.effective(config_types="provider")["resolution_path"] == {"provider": "global"}


def test_drafts_may_hold_secrets_and_show_none(api: Client) -> None:
    config = of_user(api)
    draft = {"config_type": "provider", "scope": "user:u-1", "config_data": {"api_key": OTHER}}
    tested = api.post(CONFIGS + "test", json=draft)
    impact = api.post(CONFIGS + "impact", json={"changes": [{"action": "put", **draft}]})
    contexts = [{"user_id": "u-1"}]
    imagined = api.post("/api/counterfactuals", json={"draft": draft, "contexts": contexts})
    for answer in (tested, impact, imagined):
        assert answer.status_code == 200, answer.text
        assert OTHER not in answer.text
        assert "ciphertext" not in answer.text
        assert "/api_key" in answer.text
    same = {**draft, "config_data": config["config_data"]}
    unchanged = api.post("/api/counterfactuals", json={"draft": same, "contexts": contexts})
    assert unchanged.json()["items"][0]["changes"] == {}
