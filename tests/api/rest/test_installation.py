from __future__ import annotations

from typing import Any

from tests.api.conftest import CONFIGS, Client, opened

WITH_TENANT = ["global", "tenant", "user", "collection"]
SYNC = f"{CONFIGS}sync-defaults"


def test_the_ladder_is_read_with_its_version(client: Client) -> None:
    first = client.get("/api/ladder")
    assert first.json() == {"kinds": ["global", "user", "collection"]}
    assert client.put("/api/ladder", json={"kinds": WITH_TENANT}).json() == {"kinds": WITH_TENANT}
    second = client.get("/api/ladder")
    assert second.json() == {"kinds": WITH_TENANT}
    assert second.headers["ETag"] != first.headers["ETag"]


def test_a_ladder_that_was_changed_by_another_is_not_overwritten(client: Client) -> None:
    etag = client.get("/api/ladder").headers["ETag"]
    assert client.put("/api/ladder", json={"kinds": WITH_TENANT}, headers={"If-Match": etag}).status_code == 200
    stale = client.put("/api/ladder", json={"kinds": ["global", "user", "collection"]}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")


def test_a_kind_in_use_cannot_be_dropped(client: Client) -> None:
    client.put("/api/ladder", json={"kinds": WITH_TENANT})
    config = client.create(scope="tenant", scope_id="acme")
    bare = {"kinds": ["global", "user", "collection"]}
    refused = client.put("/api/ladder", json=bare)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    client.delete(CONFIGS + config["id"])
    assert client.put("/api/ladder", json=bare).status_code == 200
    assert client.get(f"{CONFIGS}effective?scope=tenant:acme").status_code == 400


def test_a_kind_that_has_just_come_into_use_cannot_be_dropped_while_views_lag(
    api: Client, stopped_views: Client
) -> None:
    assert api.put("/api/ladder", json={"kinds": WITH_TENANT}).status_code == 200
    follower: Any = api.service.use_cases.progress
    type(follower)._step(follower)  # the ladder is seen, what comes after it is not
    api.create(scope="tenant:acme")
    refused = api.put("/api/ladder", json={"kinds": ["global", "user", "collection"]})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")


def test_an_environment_that_is_there_already_stays_as_it_is(client: Client) -> None:
    first = client.post("/api/environments", json={"name": "staging"})
    assert (first.status_code, first.json()["name"]) == (201, "staging")
    head = client.newest_position
    assert client.post("/api/environments", json={"name": "staging"}).status_code == 201
    assert client.newest_position == head
    found = client.get("/api/environments").json()["items"]
    assert [one["name"] for one in found] == ["production", "staging"]


def test_environment_variables_are_the_layer_below_global(client: Client, variables: dict[str, str]) -> None:
    variables |= {"MAX_CHUNK_SIZE": "900", "CHUNK_OVERLAP": "20"}
    assert client.post(SYNC, json={}).json()["values"] == {"chunking": {"max_chunk_size": 900, "chunk_overlap": 20}}
    found = client.effective(config_types="chunking", explain=True)
    assert (found["chunking"]["max_chunk_size"], found["resolution_path"]) == (900, {"chunking": "environment"})
    source = found["provenance"]["chunking"]["/max_chunk_size"]
    assert (source["layer"], source["config_id"], source["actor"]) == ("environment", None, "anonymous")


def test_a_sync_takes_out_what_no_variable_gives_any_more(client: Client, variables: dict[str, str]) -> None:
    variables |= {"MAX_CHUNK_SIZE": "900", "CHUNK_OVERLAP": "20"}
    client.post(SYNC, json={})
    del variables["MAX_CHUNK_SIZE"]
    client.post(SYNC, json={})
    served = client.effective()["chunking"]
    assert (served["max_chunk_size"], served["chunk_overlap"]) == (400, 20)


def test_the_same_variables_again_record_nothing(client: Client, variables: dict[str, str]) -> None:
    variables["MAX_CHUNK_SIZE"] = "900"
    client.post(SYNC, json={})
    head = client.newest_position
    assert client.post(SYNC, json={}).status_code == 200
    assert client.newest_position == head


def test_variables_that_cannot_be_read_are_named_and_passed_over(api: Client, variables: dict[str, str]) -> None:
    variables |= {"TOP_K": "many", "MAX_CHUNK_SIZE": "7", "CHUNK_OVERLAP": "20"}
    answer = api.post(SYNC, json={}).json()
    assert {one["variable"] for one in answer["problems"]} == {"TOP_K", "MAX_CHUNK_SIZE"}
    assert answer["values"] == {"chunking": {"chunk_overlap": 20}}


def test_values_that_a_higher_layer_hides_are_named(api: Client, variables: dict[str, str]) -> None:
    config = api.create(data={"max_chunk_size": 800})
    variables["MAX_CHUNK_SIZE"] = "900"
    assert api.post(SYNC, json={}).json()["hidden"] == [
        {
            "config_type": "chunking",
            "pointer": "/max_chunk_size",
            "value": 900,
            "hidden_by": "global",
            "config_id": config["id"],
            "hidden_value": 800,
        }
    ]


def test_materialize_copies_the_layer_where_there_is_no_global_default(
    client: Client, variables: dict[str, str]
) -> None:
    client.create("retrieval", {"number_of_results": 7})
    variables |= {"MAX_CHUNK_SIZE": "900", "NUMBER_OF_RESULTS": "9", "TOP_K": "5"}
    answer = client.post(SYNC, json={"materialize": True}).json()
    assert answer["materialized"] == ["chunking"]
    assert [one["config_type"] for one in answer["not_materialized"]] == ["llm"]
    assert "hides later changes" in answer["notes"][0]
    found = client.effective(config_types="chunking")
    assert (found["chunking"]["max_chunk_size"], found["resolution_path"]) == (900, {"chunking": "global"})
    assert client.post(SYNC, json={"materialize": True}).json()["materialized"] == []


def test_a_server_that_starts_adds_what_the_layer_lacks() -> None:
    with opened("memory:", variables={"MAX_CHUNK_SIZE": "900", "TOP_K": "many"}) as client:
        assert client.effective()["chunking"]["max_chunk_size"] == 900
