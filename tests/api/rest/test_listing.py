from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client


@pytest.fixture
def shelf(client: Client) -> Client:
    """Five configs, by name: where each of them is."""
    client.post("/api/environments", json={"name": "staging"})
    client.create(name="Everybody")
    client.create(name="spare", is_default=False)
    client.create(name="ann's", scope="user:ann", is_active=False)
    client.create("retrieval", name="papers", scope="collection:c-9")
    client.create(name="staged", environment="staging")
    return client


def names(client: Client, **query: Any) -> set[str]:
    answer = client.get(CONFIGS, params=query)
    assert answer.status_code == 200, answer.text
    return {one["name"] for one in answer.json()["items"]}


def test_each_filter_shows_what_it_says(shelf: Client) -> None:
    shown = {
        "environment=staging": {"staged"},
        "scope=global": {"Everybody", "spare"},
        "scope=user": {"ann's"},
        "scope=user:ann": {"ann's"},
        "scope=user:bob": set(),
        "user_id=ann": {"ann's"},
        "scope=user&user_id=ann": {"ann's"},
        "collection_id=c-9": {"papers"},
        "config_type=retrieval": {"papers"},
        "name=EVERY": {"Everybody"},
        "name=%25": set(),
        "is_active=false": {"ann's"},
        "is_default=false": {"spare"},
        "config_type=chunking&is_default=true&is_active=true": {"Everybody"},
        "": {"Everybody", "spare", "ann's", "papers"},  # of the default environment
    }
    assert {query: {one["name"] for one in shelf.get(f"{CONFIGS}?{query}").json()["items"]} for query in shown} == shown


def test_a_deleted_config_and_the_process_layer_are_not_listed(client: Client, variables: dict[str, str]) -> None:
    variables["MAX_CHUNK_SIZE"] = "900"
    client.post(f"{CONFIGS}sync-defaults", json={})
    config = client.create(name="gone")
    client.delete(CONFIGS + config["id"])
    assert names(client) == set()


def test_pages_are_linked_until_all_is_shown(client: Client) -> None:
    expected = {client.create(name=f"n-{number}", is_default=False)["id"] for number in range(5)}
    found, address, pages = [], f"{CONFIGS}?limit=2&scope=global", 0
    while address:
        answer = client.get(address)
        items, following = answer.json()["items"], answer.json()["next"]
        link = answer.links.get("next", {}).get("url")
        assert (link is None) == (following is None)
        found += [one["id"] for one in items]
        address, pages = link, pages + 1
    assert (pages, found, set(found)) == (3, sorted(found), expected)


def test_a_page_that_holds_the_rest_exactly_is_the_last(api: Client) -> None:
    for number in range(2):
        api.create(name=f"n-{number}", is_default=False)
    answer = api.get(CONFIGS, params={"limit": 2})
    assert (len(answer.json()["items"]), answer.json()["next"], "link" in answer.headers) == (2, None, False)
