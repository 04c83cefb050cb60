"""Change sets as tests make them and act on them."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Client

SETS = "/api/change-sets"


CHUNKING = {"config_type": "chunking", "name": "main", "config_data": {"max_chunk_size": 900}}


def made(client: Client, *drafts: dict[str, Any], title: str = "longer chunks", **fields: Any) -> dict[str, Any]:
    answer = client.post(SETS, json={"title": title, "drafts": list(drafts), **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def act(client: Client, change_set: dict[str, Any], verb: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{SETS}/{change_set['id']}/{verb}", json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def chunking(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.effective(config_types="chunking")["chunking"]
    return found


def as_(actor: str) -> dict[str, str]:
    return {"Varve-Actor": actor}


def by(client: Client, actor: str, change_set: dict[str, Any], verb: str, status: int = 200) -> dict[str, Any]:
    answer = client.post(f"{SETS}/{change_set['id']}/{verb}", json={}, headers=as_(actor))
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found
