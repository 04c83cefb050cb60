from __future__ import annotations

import json

import pytest

from tests.api.conftest import CONFIGS, Client
from tests.new_log import NEW_LOG


def test_the_log_is_read_page_by_page_to_its_end(client: Client) -> None:
    for number in range(3):
        client.create(name=f"n-{number}")
    found, address = [], "/api/events?limit=4"
    while address:
        answer = client.get(address)
        found += [one["position"] for one in answer.json()["items"]]
        address = answer.links.get("next", {}).get("url")
    assert found == list(range(1, client.newest_position + 1))


def test_only_events_of_the_types_named_are_told(client: Client) -> None:
    config = client.create()
    client.delete(CONFIGS + config["id"])
    answer = client.get("/api/events?types=config.deleted&types=config.created").json()
    assert [one["type"] for one in answer["items"]] == ["config.created", "config.deleted"]


def test_events_that_the_views_do_not_show_yet_are_told(stopped_views: Client) -> None:
    stopped_views.create()
    answer = stopped_views.get("/api/events")
    assert answer.json()["items"][-1]["position"] == stopped_views.newest_position
    assert answer.headers["Varve-Position"] == str(stopped_views.newest_position)


def test_views_that_are_built_anew_are_the_same(client: Client) -> None:
    client.create(data={"max_chunk_size": 900})
    before = client.effective()
    verified = client.post("/api/projections/verify").json()
    rebuilt = client.post("/api/projections/rebuild").json()
    assert (verified["equal"], verified["difference"]) == (True, None)
    assert (rebuilt["digest"], rebuilt["position"], rebuilt["events"]) == (
        verified["digest"],
        client.newest_position,
        client.newest_position,
    )
    assert client.effective() == before
    status = client.get("/api/projections").json()["items"][0]
    assert (status["generation"], status["behind"]) == (rebuilt["generation"], 0)


def positions(client: Client, **query: object) -> list[int]:
    return [one["position"] for one in client.get("/api/events", params={"after": NEW_LOG, **query}).json()["items"]]


def test_the_log_is_filtered_by_actor_subject_and_time(client: Client):
    first = client.create(scope="user:u-1")
    made_by_ann = client.put(f"/api/runtime-configs/{first['id']}", json={"name": "x"}, headers={"Varve-Actor": "ann"})
    second = client.create(scope="user:u-2")
    by_ann = positions(client, actor="ann")
    assert by_ann[-1] == made_by_ann.json()["position"]
    assert positions(client, subject=first["id"]) == [NEW_LOG + 1, by_ann[0]]
    at_u2 = positions(client, subject="user:u-2")
    assert at_u2[-1] == second["position"]
    assert positions(client, **{"from": second["created_at"]}) == at_u2
    assert positions(client, to=first["created_at"]) == list(range(NEW_LOG + 1, first["position"] + 1))
    assert positions(client, types="config.updated", actor="ann", subject="user:u-1") == [by_ann[0]]


def test_the_newest_are_told_first_page_by_page(client: Client):
    for number in range(3):
        client.create(name=f"n-{number}")
    found, address = [], "/api/events?order=newest&limit=4&types=config.created&types=slot.name_claimed"
    while address:
        answer = client.get(address)
        found += [one["position"] for one in answer.json()["items"]]
        address = answer.links.get("next", {}).get("url")
    assert found == positions(client, types=["config.created", "slot.name_claimed"])[::-1]
    assert positions(client, order="newest", before=found[1]) == list(range(found[1] - 1, NEW_LOG, -1))
    assert positions(client, before=found[1]) == list(range(NEW_LOG + 1, found[1]))


def test_the_newest_of_a_long_log_are_told_whole(api: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("application.inspect_log.EVENTS_A_READ", 3)
    for number in range(4):
        api.create(name=f"n-{number}")
    told = api.get("/api/events", params={"order": "newest", "limit": 500}).json()["items"]
    assert told == api.get("/api/events", params={"limit": 500}).json()["items"][::-1]


def test_the_log_is_filtered_by_environment_and_tag(client: Client):
    client.post("/api/environments", json={"name": "staging"})
    client.create()
    named = client.put("/api/tags/migrated", json={}).json()
    later = client.create(environment="staging")
    assert positions(client, environment="staging")[-1] == later["position"]
    types = {one["type"] for one in client.get("/api/events", params={"environment": "staging"}).json()["items"]}
    assert types == {"config.created", "slot.opened", "slot.name_claimed", "slot.default_assigned"}
    since = positions(client, **{"from": "tag:migrated"})
    assert since == list(range(named["position"] + 1, later["position"] + 1))
    assert positions(client, to="tag:migrated") == list(range(NEW_LOG + 1, named["position"] + 1))
    assert client.get("/api/events?from=tag:never").status_code == 404


def test_the_log_is_exported_line_by_line(client: Client):
    client.create()
    answer = client.get("/api/events", params={"format": "ndjson", "subject": "global"})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == client.get("/api/events", params={"subject": "global", "limit": 500}).json()["items"]
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("query", "rule"),
    [({"from": "yesterday"}, "time"), ({"to": "2026-11-20T10:00:00"}, "time"), ({"subject": "user:"}, "scope_form")],
)
def test_what_the_log_cannot_be_asked_is_refused(client: Client, query: dict[str, str], rule: str):
    answer = client.get("/api/events", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, rule)
