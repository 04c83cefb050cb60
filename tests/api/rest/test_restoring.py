"""An environment goes back to a moment, whole or not at all; one event is undone over what is there today."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client

USERS = ("u-1", "u-2")


def answers(client: Client, **query: Any) -> list[Any]:
    found = [client.effective(user, collection_id="c-9", **query) for user in USERS]
    return [{key: one[key] for key in ("chunking", "retrieval", "resolution_path")} for one in found]


def put(client: Client, config: dict[str, Any], **fields: Any) -> None:
    """Change a config as it is by now."""
    client.change(config, **fields)


def rollback(client: Client, *, dry_run: bool = False, **body: Any) -> Any:
    answer = client.post("/api/rollbacks", json=body, params={"dry_run": dry_run})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def moved(client: Client) -> dict[str, Any]:
    """An environment in which much happened since `position`: changed, renamed, deleted, created, another default."""
    everybody = client.create(data={"max_chunk_size": 800}, name="one")
    other = client.create(data={"max_chunk_size": 700}, name="two", is_default=False)
    mine = client.create(scope="user:u-1", data={"chunk_overlap": 20}, name="mine")
    of_c9 = client.create("retrieval", scope="collection", collection_id="c-9", data={"number_of_results": 7})
    then = {"position": client.newest_position, "answers": answers(client)}
    put(client, everybody, name="aside")
    put(client, other, name="one", is_default=True, config_data={"max_chunk_size": 600})
    put(client, everybody, name="two")
    client.delete(CONFIGS + mine["id"])
    client.create(scope="user:u-1", data={"chunk_overlap": 30}, name="mine")
    client.delete(CONFIGS + of_c9["id"])
    client.create("retrieval", scope="collection", collection_id="c-9", data={"number_of_results": 9})
    client.create(scope="user:u-2", data={"chunk_overlap": 40})
    assert answers(client) != then["answers"]
    return then


def test_a_whole_environment_goes_back_in_one_commit(client: Client, moved: dict[str, Any]):
    before = client.newest_position
    done = rollback(client, position=moved["position"], reason="worse recall")
    assert answers(client) == moved["answers"]
    assert {one["operation"] for one in done["configs"]} == {"UPDATE", "RESTORE", "DELETE"}
    events = client.get("/api/events", params={"after": before}).json()["items"]
    assert {(one["commit"]["first"], one["commit"]["last"]) for one in events} == {(before + 1, client.newest_position)}
    assert {one["reason"] for one in events} == {"worse recall"}
    names = {one["name"]: one["config_data"] for one in client.get(CONFIGS, params={"scope": "global"}).json()["items"]}
    assert names == {"one": {"max_chunk_size": 800}, "two": {"max_chunk_size": 700}}


def test_once_back_there_is_nothing_more_to_do(client: Client, moved: dict[str, Any]):
    rollback(client, position=moved["position"])
    assert rollback(client, position=moved["position"])["configs"] == []


def test_a_dry_run_lists_each_config_and_field_and_records_nothing(client: Client, moved: dict[str, Any]):
    before = client.newest_position
    told = rollback(client, dry_run=True, position=moved["position"])
    assert client.newest_position == before
    done = rollback(client, position=moved["position"])
    key = lambda one: one["id"]  # noqa: E731
    assert sorted(told["configs"], key=key) == sorted(done["configs"], key=key)
    fields = {change["pointer"]: change for one in told["configs"] for change in one["changes"]}
    assert (fields["/config_data/max_chunk_size"]["before"], fields["/config_data/max_chunk_size"]["after"]) == (
        600,
        700,
    )


def test_only_the_scopes_and_types_that_are_named_go_back(client: Client, moved: dict[str, Any]):
    rollback(client, position=moved["position"], scopes=["user:u-2"])
    assert client.effective("u-2")["chunking"]["chunk_overlap"] == 10
    assert client.effective("u-1")["chunking"]["chunk_overlap"] == 30
    rollback(client, position=moved["position"], types=["retrieval"])
    assert client.effective(collection_id="c-9")["retrieval"]["number_of_results"] == 7
    assert client.effective()["chunking"]["max_chunk_size"] == 600


def test_a_rollback_can_be_rolled_back(client: Client, moved: dict[str, Any]):
    before, was = client.newest_position, answers(client)
    rollback(client, position=moved["position"])
    rollback(client, position=before)
    assert answers(client) == was


def test_a_type_that_was_narrowed_refuses_with_every_fault(client: Client):
    schema = {"type": "object", "properties": {"level": {"type": "integer", "maximum": 100}}}
    client.put("/api/config-types/level", json={"schema": schema}).raise_for_status()
    made = [client.create("level", scope=f"user:u-{n}", data={"level": 90 + n}) for n in range(3)]
    then = client.newest_position
    for one in made:
        client.change(one, config_data={"level": 1})
    schema["properties"]["level"]["maximum"] = 50
    client.put("/api/config-types/level", json={"schema": schema}).raise_for_status()
    before = client.newest_position
    answer = client.post("/api/rollbacks", json={"position": then})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_config")
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {
        f"/configs/{one['id']}/config_data/level" for one in made
    }
    assert client.newest_position == before


def test_if_match_names_the_position_that_was_read(client: Client, moved: dict[str, Any]):
    body = {"position": moved["position"]}
    stale = client.post("/api/rollbacks", json=body, headers={"If-Match": f'"{moved["position"]}"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    fresh = client.post("/api/rollbacks", json=body, headers={"If-Match": f'"{client.newest_position}"'})
    assert fresh.status_code == 200


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({}, "one_moment"),
        ({"position": 10**12}, "beyond_the_log"),
        ({"as_of": "2020-01-01T00:00:00Z"}, "before_the_log"),
        ({"as_of": "2020-01-01T00:00:00"}, "time"),
        ({"position": 12, "types": ["nosuch"]}, "type"),
        ({"position": 12, "scopes": ["user:"]}, "scope_form"),
    ],
)
def test_what_names_no_moment_or_part_is_refused(client: Client, body: dict[str, Any], rule: str):
    answer = client.post("/api/rollbacks", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, rule)


def test_a_repeated_rollback_answers_as_the_first(client: Client, moved: dict[str, Any]):
    body, headers = {"position": moved["position"]}, {"Idempotency-Key": "back"}
    first = client.post("/api/rollbacks", json=body, headers=headers)
    client.create(scope="user:u-5")
    again = client.post("/api/rollbacks", json=body, headers=headers)
    assert again.json() == first.json()


def undo(client: Client, position: int, **body: Any) -> Any:
    return client.post(f"/api/events/{position}/undo", json=body)


def event(client: Client, topic: str, nth: int = -1) -> int:
    found = client.get("/api/events", params={"types": topic, "limit": 500}).json()["items"]
    position: int = found[nth]["position"]
    return position


def test_one_change_is_undone_and_later_ones_of_other_fields_stay(client: Client):
    made = client.create(data={"max_chunk_size": 800, "chunk_overlap": 20})
    client.change(made, config_data={"max_chunk_size": 900, "chunk_overlap": 20})
    client.change(made, config_data={"max_chunk_size": 900, "chunk_overlap": 30})
    done = undo(client, event(client, "config.updated", 0), reason="too long")
    assert (done.status_code, done.json()["config_data"]) == (200, {"max_chunk_size": 800, "chunk_overlap": 30})


def test_a_field_that_changed_since_is_a_conflict_unless_forced(client: Client):
    made = client.create(data={"max_chunk_size": 800})
    client.change(made, config_data={"max_chunk_size": 900, "chunk_overlap": 5})
    client.change(made, config_data={"max_chunk_size": 1000, "chunk_overlap": 5})
    position = event(client, "config.updated", 0)
    refused = undo(client, position)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/config_data/max_chunk_size"]
    forced = undo(client, position, force=["/config_data/max_chunk_size"])
    assert forced.json()["config_data"] == {"max_chunk_size": 800}


def test_a_creation_is_undone_by_deleting_and_a_deletion_by_bringing_back(client: Client):
    made = client.create(data={"max_chunk_size": 800})
    assert undo(client, event(client, "config.created")).status_code == 200
    assert client.effective()["chunking"]["max_chunk_size"] == 400
    assert undo(client, event(client, "config.deleted")).json()["is_default"] is True
    assert client.effective()["chunking"]["max_chunk_size"] == 800
    assert client.get(CONFIGS + made["id"]).json()["version"] == 4


def test_a_changed_default_goes_back_to_the_one_that_gave_way(client: Client):
    client.create(data={"max_chunk_size": 800})
    second = client.create(data={"max_chunk_size": 900}, is_default=False)
    client.put(f"{CONFIGS}{second['id']}/default", json={"is_default": True})
    assert undo(client, event(client, "config.default_changed", 1)).status_code == 200
    assert client.effective()["chunking"]["max_chunk_size"] == 800
    assert undo(client, event(client, "config.default_changed", -1)).status_code == 200
    assert client.effective()["chunking"]["max_chunk_size"] == 900


def test_the_creation_of_a_default_gives_it_back_when_undone(client: Client):
    client.create(data={"max_chunk_size": 800})
    client.create(data={"max_chunk_size": 900})
    assert undo(client, event(client, "config.created")).status_code == 200
    assert client.effective()["chunking"]["max_chunk_size"] == 800


def test_what_was_changed_since_its_creation_is_not_lost_without_a_word(client: Client):
    made = client.create(data={"max_chunk_size": 800})
    client.change(made, config_data={"max_chunk_size": 900}, name="kept")
    refused = undo(client, event(client, "config.created"))
    assert {fault["pointer"] for fault in refused.json()["errors"]} == {"/config_data/max_chunk_size", "/name"}
    assert undo(client, event(client, "config.created"), force=["/config_data/max_chunk_size", "/name"]).is_success


def test_what_has_no_opposite_says_what_to_do_instead(client: Client):
    client.create()
    for topic in ("slot.opened", "config_type.defined", "environment.created"):
        answer = undo(client, event(client, topic))
        assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, "no_opposite")
    assert undo(client, 10**6).status_code == 404


def test_an_undo_can_be_tried_and_is_refused_to_a_stale_reader(client: Client):
    made = client.create(data={"max_chunk_size": 800})
    client.change(made, config_data={"max_chunk_size": 900})
    address = f"/api/events/{event(client, 'config.updated')}/undo"
    tried = client.post(address, json={}, params={"dry_run": True}).json()
    assert [one["type"] for one in tried["events"]] == ["config.updated"]
    assert client.post(address, json={}, headers={"If-Match": '"1"'}).status_code == 412
    assert client.effective()["chunking"]["max_chunk_size"] == 900
