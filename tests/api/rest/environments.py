"""What is demanded of an environment, as tests demand it."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Client

ENVIRONMENTS = "/api/environments"


PRODUCTION = f"{ENVIRONMENTS}/production"


VARIANTS = [{"name": "control", "weight": 1, "is_control": True}, {"name": "warm", "weight": 1, "profile": "warm"}]


def demand(client: Client, **demands: Any) -> dict[str, Any]:
    answer = client.put(PRODUCTION, json=demands)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def freeze(client: Client, reason: str | None = None, name: str = "production") -> None:
    assert client.post(f"{ENVIRONMENTS}/{name}/freeze", json={"reason": reason}).status_code == 200
