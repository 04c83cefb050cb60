"""Positions have names."""

from __future__ import annotations

import pytest

from tests.api.conftest import Client


def test_a_tag_is_a_moment(client: Client):
    made = client.create(data={"max_chunk_size": 800})
    named = client.put("/api/tags/before", json={"reason": "the migration"})
    assert (named.status_code, named.json()) == (200, {"name": "before", "position": made["position"]})
    client.change(made, config_data={"max_chunk_size": 900})
    assert client.effective(as_of="tag:before")["chunking"]["max_chunk_size"] == 800
    assert client.get("/api/tags").json()["items"] == [{"name": "before", "position": made["position"]}]


def test_a_position_inside_a_commit_is_rounded_down(client: Client):
    first = client.create()
    second = client.create(scope="user:u-1")
    assert second["position"] - first["position"] > 1
    named = client.put("/api/tags/inside", json={"position": second["position"] - 1}).json()
    assert named["position"] == first["position"]


def test_a_name_may_go_to_another_position_and_a_repeat_answers_the_first(client: Client):
    made = client.create()
    first = client.put("/api/tags/here", json={"position": 5}, headers={"Idempotency-Key": "k"}).json()
    client.put("/api/tags/here", json={"position": made["position"]})
    again = client.put("/api/tags/here", json={"position": 5}, headers={"Idempotency-Key": "k"}).json()
    assert again == first
    assert client.get("/api/tags").json()["items"][0]["position"] == made["position"]


@pytest.mark.parametrize(
    ("name", "body", "rule"),
    [("Upper", {}, "tag_name"), ("a" * 64, {}, "tag_name"), ("ok", {"position": 10**9}, "beyond_the_log")],
)
def test_what_cannot_be_a_tag_is_refused(client: Client, name: str, body: dict[str, int], rule: str):
    answer = client.put(f"/api/tags/{name}", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, rule)
    assert client.get("/api/tags").json()["items"] == []
