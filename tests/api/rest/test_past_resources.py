"""Every resource can be read as it was."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client
from tests.new_log import NEW_LOG

LEVEL = {"type": "object", "properties": {"level": {"type": "integer", "default": 1}}}


@pytest.fixture
def then(client: Client) -> dict[str, Any]:
    """Everything there is to read, as it was at `position`; all of it is another by now."""
    client.put("/api/config-types/level", json={"schema": LEVEL}).raise_for_status()
    client.put("/api/ladder", json={"kinds": ["global", "team", "user", "collection"]}).raise_for_status()
    kept = client.create(data={"max_chunk_size": 800}, name="Kept")
    gone = client.create(scope="user:u-1", data={"chunk_overlap": 20}, name="gone")
    client.create("level", scope="team:t-1", data={"level": 5}, name="of a team")
    position = client.newest_position
    was = {address: client.get(address).json() for address in ADDRESSES}
    schema = {"type": "object", "properties": {"level": {"type": "integer", "default": 2}}}
    client.put("/api/config-types/level", json={"schema": schema}).raise_for_status()
    client.put("/api/config-types/later", json={"schema": LEVEL}).raise_for_status()
    client.put("/api/ladder", json={"kinds": ["global", "team", "tenant", "user", "collection"]}).raise_for_status()
    client.post("/api/environments", json={"name": "staging"}).raise_for_status()
    client.change(kept, config_data={"max_chunk_size": 900}, name="renamed")
    client.put(f"{CONFIGS}{kept['id']}/active", json={"is_active": False}).raise_for_status()
    client.delete(CONFIGS + gone["id"])
    client.create(scope="user:u-2", name="new")
    return {"position": position, "was": was}


ADDRESSES = (
    CONFIGS,
    f"{CONFIGS}?scope=user",
    f"{CONFIGS}?config_type=chunking&is_active=true",
    f"{CONFIGS}?name=kEPt",
    "/api/config-types",
    "/api/config-types/level",
    "/api/ladder",
    "/api/environments",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_resource_is_read_as_it_was(client: Client, then: dict[str, Any], address: str):
    now = client.get(address).json()
    answer = client.get(address, params={**dict(_query(address)), "position": then["position"]})
    assert answer.json() == then["was"][address] != now
    assert (answer.headers["varve-position"], answer.headers["varve-final"]) == (str(then["position"]), "true")


def _query(address: str) -> list[tuple[str, str]]:
    return [tuple(pair.split("=")) for pair in address.partition("?")[2].split("&") if pair]  # type: ignore[misc]


def test_a_listing_of_the_past_comes_in_pages(client: Client, then: dict[str, Any]):
    found, address = [], f"{CONFIGS}?limit=1&position={then['position']}"
    while address:
        answer = client.get(address)
        found += answer.json()["items"]
        address = answer.links.get("next", {}).get("url")
    assert found == then["was"][CONFIGS]["items"]


def test_a_type_that_came_later_was_not_there(client: Client, then: dict[str, Any]):
    assert client.get("/api/config-types/later", params={"position": then["position"]}).status_code == 404
    answer = client.get(CONFIGS, params={"config_type": "later", "position": then["position"]})
    assert answer.status_code == 404


def test_a_position_inside_a_commit_is_rounded_down_and_said(client: Client):
    made = client.create()
    answer = client.get("/api/ladder", params={"position": made["position"] - 1})
    assert answer.headers["varve-rounded-from"] == str(made["position"] - 1)
    assert answer.headers["varve-position"] == str(NEW_LOG)


def test_the_future_is_only_told_as_a_preview(client: Client):
    client.create(data={"max_chunk_size": 800})
    later = {"as_of": "2999-01-01T00:00:00Z"}
    assert client.get(f"{CONFIGS}effective", params=later).status_code == 400
    found = client.effective(**later, preview=True)
    assert (found["preview"], found["final"], found["chunking"]["max_chunk_size"]) == (True, False, 800)
    assert client.get("/api/ladder", params={**later, "preview": True}).headers["varve-preview"] == "true"
