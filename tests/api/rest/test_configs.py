from __future__ import annotations

import pytest

from tests.api.conftest import CONFIGS, Client

CONTRACTS = {
    "environment": "production",
    "scope": "collection",
    "collection_id": "c-9",
    "config_type": "chunking",
    "name": "contracts",
    "description": "long clauses",
    "mode": "replace",
    "config_data": {"strategy": "semantic", "min_chunk_size": 200, "max_chunk_size": 1500, "chunk_overlap": 150},
    "is_default": True,
    "reason": "clauses were cut in half",
}


def test_a_created_config_is_answered_whole_with_its_address_and_version(client: Client) -> None:
    answer = client.post(CONFIGS, json=CONTRACTS, headers={"Varve-Actor": "u-1"})
    config = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == CONFIGS + config["id"]
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Varve-Position"] == str(client.newest_position) == str(config["position"])
    assert config["created_at"] == config["updated_at"]
    assert config | {"id": "…", "created_at": "…", "updated_at": "…", "position": 0} == {
        "id": "…",
        "environment": "production",
        "scope": "collection",
        "user_id": None,
        "collection_id": "c-9",
        "scope_kind": "collection",
        "scope_id": "c-9",
        "config_type": "chunking",
        "type_version": 1,
        "name": "contracts",
        "description": "long clauses",
        "mode": "replace",
        "config_data": CONTRACTS["config_data"],
        "unset": [],
        "is_default": True,
        "is_global": False,
        "is_active": True,
        "in_force": True,
        "in_force_reason": None,
        "version": 1,
        "parent_version": None,
        "created_at": "…",
        "created_by": "u-1",
        "updated_at": "…",
        "updated_by": "u-1",
        "position": 0,
    }


def test_a_created_config_is_read_back_the_same(client: Client) -> None:
    created = client.post(CONFIGS, json=CONTRACTS)
    read = client.get(created.headers["Location"])
    assert read.json() == created.json()
    assert read.headers["ETag"] == created.headers["ETag"]


def test_a_config_that_has_not_changed_is_not_sent_again(client: Client) -> None:
    config = client.create()
    address = CONFIGS + config["id"]
    answers = [client.get(address, headers={"If-None-Match": etag}) for etag in ('"1"', 'W/"1"', '"0", "1"', "*")]
    assert [(one.status_code, one.content) for one in answers] == [(304, b"")] * 4
    assert {one.headers["ETag"] for one in answers} == {'"1"'}
    client.change(config, name="other")
    assert client.get(address, headers={"If-None-Match": '"1"'}).status_code == 200


def test_a_change_names_only_what_changes(client: Client) -> None:
    config = client.create(data={"max_chunk_size": 900}, description="as it was", name="kept")
    changed = client.put(CONFIGS + config["id"], json={"config_data": {"max_chunk_size": 800}})
    assert changed.headers["ETag"] == '"2"'
    found = changed.json()
    assert (found["name"], found["description"], found["is_default"]) == ("kept", "as it was", True)
    assert (found["config_data"], found["version"], found["parent_version"]) == ({"max_chunk_size": 800}, 2, 1)


def test_a_description_can_be_taken_away(api: Client) -> None:
    config = api.create(description="too much said")
    assert api.change(config, description=None)["description"] is None


def test_a_change_that_changes_nothing_makes_no_version(client: Client) -> None:
    config = client.create(data={"max_chunk_size": 900}, name="same")
    head = client.newest_position
    for body in ({}, {"name": "same"}, {"config_data": {"max_chunk_size": 900.0}}, {"is_default": True}):
        assert client.change(config, **body) == config
    assert client.newest_position == head


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_change_of_a_version_that_is_gone_is_refused(client: Client, method: str) -> None:
    config = client.create()
    client.change(config, name="newer")
    head = client.newest_position
    body = {"name": "newest"} if method == "PUT" else None
    answer = client.request(method, CONFIGS + config["id"], json=body, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
    assert client.newest_position == head


def test_a_change_of_the_version_that_was_read_is_made(client: Client) -> None:
    config = client.create()
    address = CONFIGS + config["id"]
    assert client.put(address, json={"name": "b"}, headers={"If-Match": '"1"'}).status_code == 200
    assert client.put(f"{address}/active", json={"is_active": False}, headers={"If-Match": '"2"'}).status_code == 200
    assert client.delete(address, headers={"If-Match": '"3"'}).status_code == 204


def test_a_deleted_config_is_gone_and_its_name_is_free(client: Client) -> None:
    config = client.create(name="Short", data={"max_chunk_size": 900})
    answer = client.delete(CONFIGS + config["id"], params={"reason": "unused"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Varve-Position"] == str(client.newest_position)
    assert client.get(CONFIGS + config["id"]).status_code == 404
    assert client.put(CONFIGS + config["id"], json={"name": "x"}).status_code == 404
    assert client.delete(CONFIGS + config["id"]).status_code == 404
    assert client.effective(config_types="chunking")["resolution_path"] == {"chunking": "default"}
    assert client.create(name="short")["name"] == "short"


def test_making_one_the_default_takes_it_from_the_other_in_the_same_commit(client: Client) -> None:
    first = client.create(data={"max_chunk_size": 900})
    second = client.create(data={"max_chunk_size": 800}, is_default=False)
    answer = client.put(f"{CONFIGS}{second['id']}/default", json={"is_default": True, "reason": "measured"})
    assert (answer.status_code, answer.json()["in_force"]) == (200, True)
    other = client.get(CONFIGS + first["id"]).json()
    assert (other["is_default"], other["in_force_reason"]) == (False, "not the default of its slot")
    assert other["position"] == answer.json()["position"]
    assert client.effective()["chunking"]["max_chunk_size"] == 800


def test_a_default_can_be_unmade(client: Client) -> None:
    config = client.create(data={"max_chunk_size": 900})
    assert client.put(f"{CONFIGS}{config['id']}/default", json={"is_default": False}).json()["in_force"] is False
    assert client.effective(config_types="chunking")["resolution_path"] == {"chunking": "default"}


def test_an_inactive_default_stays_the_default_and_is_passed_over(client: Client) -> None:
    config = client.create(data={"max_chunk_size": 900})
    off = client.put(f"{CONFIGS}{config['id']}/active", json={"is_active": False, "reason": "off"}).json()
    assert (off["is_default"], off["in_force"], off["in_force_reason"]) == (True, False, "inactive")
    assert client.effective()["chunking"]["max_chunk_size"] == 400
    assert client.put(f"{CONFIGS}{config['id']}/active", json={"is_active": True}).json()["in_force"] is True
    assert client.effective()["chunking"]["max_chunk_size"] == 900


def test_a_config_of_a_collection_is_its_default_unasked(client: Client) -> None:
    config = client.create(scope="collection", collection_id="c-9", is_default=None)
    assert config["is_default"] is True


@pytest.mark.parametrize(
    ("given", "kind", "id_"),
    [
        ({}, "global", None),
        ({"scope": "global"}, "global", None),
        ({"scope": "user", "user_id": "u-1"}, "user", "u-1"),
        ({"scope": "user:u-1"}, "user", "u-1"),
        ({"scope": "user:a:b/c"}, "user", "a:b/c"),
        ({"scope": "user", "scope_id": "u-1"}, "user", "u-1"),
        ({"scope": "collection:c", "collection_id": "c"}, "collection", "c"),
    ],
)
def test_a_scope_may_be_written_in_every_form(api: Client, given: dict[str, str], kind: str, id_: str | None) -> None:
    config = api.create(**given)
    assert (config["scope_kind"], config["scope_id"]) == (kind, id_)


def test_null_is_a_value_and_unset_gives_a_field_back(client: Client) -> None:
    client.create("query_rewriting", {"model_id": "m-1", "max_rewrites": 7, "temperature": 1})
    client.create("query_rewriting", {"model_id": None}, unset=["/max_rewrites"], scope="user:u-1")
    served = client.effective("u-1")["query_rewriting"]
    assert (served["model_id"], served["max_rewrites"], served["temperature"]) == (None, 3, 1)


def test_an_overlay_that_becomes_a_replace_gives_up_its_unset(api: Client) -> None:
    config = api.create("query_rewriting", {"timeout": 5}, unset=["/max_rewrites"], scope="user:u-1")
    refused = api.put(CONFIGS + config["id"], json={"mode": "replace"})
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/unset"]
    assert api.change(config, mode="replace", unset=[])["unset"] == []


def test_every_fault_of_a_document_is_named_in_one_answer(client: Client) -> None:
    data = {"min_chunk_size": 300, "max_chunk_size": 200, "chunk_overlap": 9000, "colour": "red"}
    answer = client.post(CONFIGS, json={"config_type": "chunking", "name": "n", "config_data": data})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_config")
    assert [(one["pointer"], one["rule"]) for one in answer.json()["errors"]] == [
        ("/config_data/chunk_overlap", "maximum"),
        ("/config_data/colour", "additionalProperties"),
        ("/config_data/max_chunk_size", "max_above_min"),
    ]


def test_faults_of_an_overlay_alone_and_over_what_is_below_are_named_together(api: Client) -> None:
    api.create("question_generation", {"max_question_length": 20})
    data = {"min_question_length": 30, "enabled": "yes"}
    body = {"config_type": "question_generation", "name": "n", "config_data": data, "scope": "user:u"}
    errors = api.post(CONFIGS, json=body).json()["errors"]
    assert [one["rule"] for one in errors] == ["type", "max_above_min"]
