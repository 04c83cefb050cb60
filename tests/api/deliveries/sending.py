"""Webhooks as tests make them, and what they have sent."""

from __future__ import annotations

import time
from typing import Any

from tests.api.conftest import Client
from tests.receiver import Receiver

WEBHOOKS = "/api/webhooks"


def made(client: Client, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    new = {"environment": "production", "event_types": ["config.*"], "url": receiver.url, **fields}
    answer = client.post(WEBHOOKS, json=new)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def deliveries(client: Client, webhook: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"{WEBHOOKS}/{webhook['id']}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def in_time(client: Client, webhook: dict[str, Any], count: int, **query: Any) -> list[dict[str, Any]]:
    """So many deliveries, once there are."""
    deadline = time.monotonic() + 30
    while len(found := deliveries(client, webhook, **query)) != count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(found) == count, deliveries(client, webhook)
    return found
