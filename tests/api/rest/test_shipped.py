"""The bundle `platform`, loaded on demand."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import httpx
import pytest

from application.shipped import SHIPPED, ShippedBundle
from domain.config_types.platform import PLATFORM
from tests.api.conftest import CONFIGS, Client

NAMES = [one.spec.name for one in PLATFORM]


def load(client: Client, *bundles: str, **more: Any) -> httpx.Response:
    bundle = {"varve_bundle": 1, "builtin": list(bundles or ["platform"]), **more}
    return client.post("/api/imports", json={"kind": "bundle", "bundle": bundle})


def listed(client: Client) -> dict[str, dict[str, Any]]:
    (platform,) = client.get("/api/imports/builtin").json()["items"]
    assert platform["name"] == "platform"
    return {one["name"]: one for one in platform["types"]}


def test_loading_defines_the_types_once(client: Client) -> None:
    assert {one["loaded"] for one in listed(client).values()} == {None}
    assert load(client).json()["types_defined"] == NAMES
    assert {one["loaded"] for one in listed(client).values()} == {1}
    newest = client.newest_position
    assert load(client).json()["types_defined"] == []
    assert client.newest_position == newest
    assert client.effective(config_types="vector_storage")["vector_storage"]["hnsw"]["m"] == 16


def test_what_is_not_loaded_is_not_there(api: Client) -> None:
    assert not set(NAMES) & set(api.effective())


@pytest.mark.parametrize(("name", "there"), [("platfrom", "platform"), ("platform/backups", "backup, cache")])
def test_what_does_not_ship_is_told_with_what_does(api: Client, name: str, there: str) -> None:
    refused = load(api, name)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/builtin/0")
    assert there in refused.json()["detail"]


def test_a_type_of_ones_own_is_not_taken_over(api: Client) -> None:
    api.put("/api/config-types/cache", json={"schema": {"type": "object", "properties": {"mb": {"type": "integer"}}}})
    refused = load(api)
    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (400, "name_taken")
    assert {one["loaded"] for one in listed(api).values()} == {None}
    assert load(api, "platform/backup").json()["types_defined"] == ["backup"]
    assert api.get("/api/exports").json()["builtin"] == ["platform/backup"]


def test_an_upgrade_is_loaded_and_never_goes_back(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def ship(revision: int, interval: int) -> None:
        backup = next(one for one in PLATFORM if one.spec.name == "backup")
        schema = deepcopy(backup.spec.schema)
        schema["properties"]["interval_hours"]["default"] = interval
        newer = replace(backup, spec=replace(backup.spec, revision=revision, schema=schema))
        monkeypatch.setitem(SHIPPED, "platform", ShippedBundle("platform", "", (newer,)))

    load(api)
    ship(2, 12)
    assert load(api).json()["types_defined"] == ["backup"]
    ship(1, 24)
    assert load(api).json()["types_defined"] == []
    assert api.effective(config_types="backup")["backup"]["interval_hours"] == 12


def test_a_loaded_type_cannot_be_defined_by_hand(api: Client) -> None:
    load(api)
    schema = {"type": "object", "properties": {}}
    assert api.put("/api/config-types/cache", json={"schema": schema}).status_code == 409
    theirs = {"name": "cache", "schema": schema}
    assert load(api, types=[theirs]).json()["errors"][0]["rule"] == "built_in"


def test_an_export_names_the_bundle_and_is_imported_elsewhere(client: Client, api: Client) -> None:
    assert "builtin" not in client.get("/api/exports").json()
    load(client)
    client.create("backup", {"interval_hours": 1})
    bundle = client.get("/api/exports").json()
    assert (bundle["builtin"], bundle["types"]) == (["platform"], [])
    assert api.post("/api/imports", json={"kind": "bundle", "bundle": bundle}).status_code == 200
    assert api.effective(config_types="backup")["backup"]["interval_hours"] == 1


def test_a_credential_is_a_reference_or_sealed(api: Client) -> None:
    load(api)
    crm = {"url": "https://crm.example.org", "authentication": "bearer"}
    body = {"config_type": "integration", "name": "ours", "is_default": True}

    def create(credential: Any) -> httpx.Response:
        data = {"endpoints": {"crm": {**crm, "credential": credential}}}
        return api.post(CONFIGS, json={**body, "config_data": data})

    refused = create("hunter2")
    assert refused.status_code == 400
    assert "hunter2" not in refused.text
    assert create({"$ref": "env:CRM_TOKEN"}).status_code == 201


def test_a_rule_across_layers_is_held_to(api: Client) -> None:
    load(api)
    api.create("scalability", {"auto_scaling": {"max_replicas": 2}})
    body = {"config_type": "scalability", "name": "more", "scope": "user:u-1", "is_default": True}
    refused = api.post(CONFIGS, json={**body, "config_data": {"auto_scaling": {"min_replicas": 3}}})
    (fault,) = refused.json()["errors"]
    assert (fault["rule"], fault["pointer"]) == ("min_below_max", "/config_data/auto_scaling/min_replicas")
