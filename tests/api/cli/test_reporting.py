"""failures, usage: what applications reported to a server."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.cli.conftest import Server, Varve

USED = {"config_type": "llm", "config_id": str(uuid4()), "version": 7, "layer": "global"}
AT = "2026-11-20T10:00:00Z"


@pytest.fixture
def reported(server: Server) -> Server:
    failures: list[dict[str, Any]] = [
        {**USED, "id": str(uuid4()), "at": AT, "position": 1, "error": "NotFoundError: \x1b[2J no such model"}
        for _ in range(20)
    ]
    records = [{"request_id": f"req-{n}", "at": AT, "position": 1, "digest": "9f", "configs": [USED]} for n in (1, 2)]
    httpx.post(f"{server.address}/api/failures", json={"failures": failures}).raise_for_status()
    httpx.post(f"{server.address}/api/usage", json={"records": records}).raise_for_status()
    return server


def test_failures_are_told_by_version_and_one_by_one(varve: Varve, reported: Server):
    told = varve("failures", "--server", reported.address)
    assert (told.code, "too often" in told.out, "\x1b" in told.out) == (0, True, False)
    each = varve(
        "failures", "--each", "--limit", "3", "--id", USED["config_id"], "--server", reported.address, "--json"
    )
    assert len(each.json["items"]) == 3
    assert "no such model" in varve("failures", "--each", "--server", reported.address).out


def test_what_a_request_was_answered_with_is_told(varve: Varve, reported: Server):
    told = varve("usage", "req-2", "--server", reported.address)
    assert (told.code, "llm global v7" in told.out, "req-1" in told.out) == (0, True, False)
    by_version = ("usage", "--id", USED["config_id"], "--version", "7", "--limit", "1", "--server", reported.address)
    assert [one["request_id"] for one in varve(*by_version, "--json").json["items"]] == ["req-2"]
    assert "there are more" in varve(*by_version).err


def test_a_version_of_no_config_is_misuse(varve: Varve):
    assert varve("failures", "--version", "7").code == 2
    assert varve("usage", "--version", "7").code == 2
