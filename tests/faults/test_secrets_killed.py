"""A kill in the midst of commands and rotations: what was acknowledged opens, and no key is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.server import Server
from tests.master_keys import key_file
from tests.postgres import PostgresServer
from tests.shared_postgres import fresh_database

pytestmark = pytest.mark.xdist_group("faults")

CONFIGS = "/api/runtime-configs/"
ROUNDS, KILL_AFTER_SECONDS = 3, (0.3, 0.6, 0.9)


class Caller(threading.Thread):
    """Sends one command after the other until the server is gone; remembers what was acknowledged."""

    def __init__(self, address: str, command: Callable[[httpx.Client, int], tuple[str, Any]]) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._command = command
        self.done: dict[str, Any] = {}
        self.faults: list[str] = []

    def run(self) -> None:
        with httpx.Client(base_url=self._address, timeout=10, trust_env=False) as client:
            for number in range(10_000):
                try:
                    name, answer = self._command(client, number)
                except httpx.TransportError:
                    return
                if answer.status_code != 201:
                    self.faults.append(answer.text)
                self.done[name] = answer.json()


def sealing(round_: int) -> Callable[[httpx.Client, int], tuple[str, Any]]:
    def command(client: httpx.Client, number: int) -> tuple[str, Any]:
        user = f"u-{round_}-{number}"
        config = {"config_type": "provider", "name": "n", "scope": "user", "user_id": user, "is_default": True}
        body = {**config, "config_data": {"api_key": f"sk-{user}"}}
        return user, client.post(CONFIGS, json=body, headers={"Idempotency-Key": user})

    return command


def rotating(round_: int) -> Callable[[httpx.Client, int], tuple[str, Any]]:
    def command(client: httpx.Client, number: int) -> tuple[str, Any]:
        key = f"r-{round_}-{number}"
        return key, client.post("/api/secrets/rotations", json={}, headers={"Idempotency-Key": key})

    return command


def kill_again_and_again(store_url: str, keys: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """All secrets and all rotations that were acknowledged, each known again after the last kill."""
    server, sealed, rotated = Server(store_url, environment={"VARVE_SECRET_KEYS": str(keys)}), {}, {}
    try:
        for round_ in range(ROUNDS):
            server.start()
            callers = [Caller(server.address, sealing(round_)), Caller(server.address, rotating(round_))]
            for caller in callers:
                caller.start()
            callers[0].join(KILL_AFTER_SECONDS[round_])
            server.kill()
            for caller in callers:
                caller.join(20)
                assert caller.faults == []
            sealed |= callers[0].done
            rotated |= callers[1].done
        server.start()
        with httpx.Client(base_url=server.address, timeout=10, trust_env=False) as client:
            for user in sealed:
                query = {"secrets": "true", "config_types": "provider"}
                found = client.get(f"{CONFIGS}effective/{user}", params=query).json()
                assert found["provider"]["api_key"] == f"sk-{user}"
            for key, answer in rotated.items():
                again = client.post("/api/secrets/rotations", json={}, headers={"Idempotency-Key": key})
                assert again.json() == answer
    finally:
        server.stop()
    return sealed, rotated


def test_a_kill_loses_no_secret_and_no_key_on_sqlite(tmp_path: Path) -> None:
    sealed, rotated = kill_again_and_again(f"sqlite:///{tmp_path / 'varve.db'}", key_file(tmp_path / "keys", "m-1"))
    assert sealed
    assert rotated


def test_a_kill_loses_no_secret_and_no_key_on_postgres(durable_postgres: PostgresServer, tmp_path: Path) -> None:
    with fresh_database(durable_postgres.url()) as url:
        sealed, rotated = kill_again_and_again(url, key_file(tmp_path / "keys", "m-1"))
    assert sealed
    assert rotated
