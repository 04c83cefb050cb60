"""A service that takes no commands: what it refuses, and what goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client, opened
from tests.master_keys import key_file

DRAFT = {"config_type": "chunking", "name": "n", "is_default": True, "config_data": {"max_chunk_size": 900}}
KNOWN = {"Idempotency-Key": "k-1"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store with one config, which the command `k-1` created."""
    address = f"sqlite:///{tmp_path / 'varve.db'}"
    with opened(address) as writable:
        assert writable.post(CONFIGS, json=DRAFT, headers=KNOWN).status_code == 201
    return address


@pytest.fixture
def read_only(url: str) -> Iterator[Client]:
    with opened(url, is_read_only=True, variables={"CHUNK_OVERLAP": "20"}) as client:
        yield client


def head(client: Client) -> int:
    position: int = client.get("/api/projections").json()["items"][0]["head"]
    return position


COMMANDS = {
    "create": ("POST", CONFIGS, {**DRAFT, "name": "other"}),
    "import": ("POST", "/api/imports", {"kind": "env", "variables": {"CHUNK_OVERLAP": "30"}}),
    "tag": ("PUT", "/api/tags/now", {}),
    "key": ("POST", "/api/keys", {"label": "l", "role": "reader", "environments": ["*"]}),
    "type": ("PUT", "/api/config-types/mine", {"schema": {"type": "object", "properties": {}}}),
    "environment": ("POST", "/api/environments", {"name": "staging"}),
    "profile": ("POST", "/api/profiles", {"name": "p", "settings": {}}),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_refused_and_records_nothing(read_only: Client, command: str) -> None:
    before = head(read_only)
    method, path, body = COMMANDS[command]
    answer = read_only.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only"), answer.text
    assert head(read_only) == before


def test_a_config_cannot_be_changed_or_deleted(read_only: Client) -> None:
    (config,) = read_only.get(CONFIGS).json()["items"]
    refused = [
        read_only.put(f"{CONFIGS}{config['id']}", json={"description": "d"}),
        read_only.delete(f"{CONFIGS}{config['id']}"),
    ]
    assert [one.json()["code"] for one in refused] == ["read_only"] * 2


def test_reads_and_dry_runs_go_on(read_only: Client) -> None:
    given = read_only.get(f"{CONFIGS}effective", params={"config_types": "chunking"}).json()
    assert given["chunking"]["max_chunk_size"] == 900
    tried = read_only.post(CONFIGS, json={**DRAFT, "name": "other"}, params={"dry_run": True})
    assert tried.status_code == 200


def test_a_command_that_was_recorded_before_is_answered_as_then(read_only: Client) -> None:
    assert read_only.post(CONFIGS, json=DRAFT, headers=KNOWN).status_code == 201


def test_variables_of_the_environment_are_not_read(read_only: Client) -> None:
    given = read_only.get(f"{CONFIGS}effective", params={"config_types": "chunking"}).json()
    assert given["chunking"]["chunk_overlap"] == 10


def test_it_is_told_by_health_to_the_console_by_a_metric_and_in_the_log(url: str, logs: list[Any]) -> None:
    with opened(url, is_read_only=True) as client:
        assert client.get("/health/ready").json()["read_only"] is True
        assert client.get("/console/session").json()["read_only"] is True
        assert "varve_read_only 1.0" in client.get("/metrics").text
    assert [line for line in logs if "read_only" in line["event"]]


def test_no_key_of_secrets_is_taken(tmp_path: Path) -> None:
    with opened("memory:", is_read_only=True, secret_keys=key_file(tmp_path / "keys", "one")) as client:
        secrets = client.service.use_cases.store.secrets
        before = secrets.rotate("next", dry_run=True)
        answer = client.post("/api/secrets/rotations", json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "read_only")
        assert secrets.rotate("next", dry_run=True) == before


def test_a_new_store_can_be_opened(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'new.db'}", is_read_only=True) as client:
        assert client.get("/health/ready").status_code == 200
