"""Secrets as tests give, read and look for them."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import CONFIGS, Client

TEXT, OTHER = "sk-first-secret-1", "sk-other-secret-2"


OPEN = {"secrets": "true", "config_types": "provider"}


def of_user(client: Client, text: Any = TEXT, user: str = "u-1", **data: Any) -> dict[str, Any]:
    return client.create("provider", {"api_key": text, **data}, scope="user", user_id=user)


def put(client: Client, config: dict[str, Any], **data: Any) -> Any:
    return client.put(CONFIGS + config["id"], json={"config_data": data})


def read_open(client: Client, user: str = "u-1", **query: Any) -> Any:
    answer = client.get(f"{CONFIGS}effective/{user}", params={**OPEN, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["provider"]["api_key"]


def stored(client: Client) -> bytes:
    """The payloads of all events."""
    store = client.service.use_cases.store
    return b"\n".join(event.state for event in store.events(first=1, last=client.newest_position))


def rotate(client: Client, **how: Any) -> Any:
    return client.post("/api/secrets/rotations", json={}, **how)
