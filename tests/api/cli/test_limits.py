"""The limits that an operator sets, at a server as a program of its own."""

from __future__ import annotations

import os
from pathlib import Path

import httpx

from tests.api.cli.conftest import Varve
from tests.e2e.served import served

LOW = {"VARVE_RATE_LIMIT": "1", "VARVE_RATE_BURST": "10"}
EFFECTIVE = "/api/runtime-configs/effective/u-1"


def test_a_key_that_asks_too_often_is_told_when_to_come_back(varve: Varve, folder: Path) -> None:
    shown = {"Authorization": f"Bearer {varve('keys', 'create', 'first', '--role', 'admin').out.strip()}"}
    with served(folder, {**os.environ, "VARVE_AUTH_MODE": "keys", **LOW}) as address:
        answers = [httpx.get(address + EFFECTIVE, headers=shown) for _ in range(14)]
    assert answers[0].status_code == 200, answers[0].text
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=10;w=10'
    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[-1].json()["code"] == "rate_limited"
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_nobody_is_counted_where_a_name_proves_nothing(folder: Path) -> None:
    with served(folder, {**os.environ, **LOW}) as address:
        answers = [httpx.get(address + EFFECTIVE) for _ in range(14)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers
