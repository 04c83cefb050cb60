"""Previews over HTTP: what is asked, what is answered, and that nothing is stored."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import CONFIGS, Client

DRAFT = {"config_type": "chunking", "config_data": {"max_chunk_size": 600}}
PUT = {"action": "put", **DRAFT}


def ask(client: Client, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
    """A preview, after which the log is as it was: POST with a body, GET without."""
    before = client.newest_position
    url = CONFIGS + path
    answer = client.get(url, params=query) if body is None else client.post(url, json=body)
    assert client.newest_position == before
    return answer


def faults(answer: Any) -> dict[str, str]:
    """The rules broken, by pointer."""
    assert answer.status_code == 400, answer.text
    return {fault["pointer"]: fault["rule"] for fault in answer.json()["errors"]}


def test_a_draft_is_tested(client: Client):
    client.create(data={"max_chunk_size": 500}, scope="user", user_id="u-1", mode="overlay")
    contexts = [{"user_id": "u-1", "collection_id": "c-9"}, {}]
    answer = ask(client, "test", {**DRAFT, "sample": "Some text.", "contexts": contexts})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Varve-Position"] == str(client.newest_position)
    body = answer.json()
    size = {"pointer": "/max_chunk_size", "before": 500, "after": 500, "hidden_by": "user:u-1"}
    changed = {"pointer": "/max_chunk_size", "before": 400, "after": 600, "hidden_by": None}
    assert [one["changes"] for one in body["contexts"]] == [[size], [changed]]
    assert (body["scope"], body["config_data"], body["mode"]) == ("global", {"max_chunk_size": 600}, "replace")
    assert body["sample"]["draft"]["chunks"] == [{"start": 0, "end": 10, "text": "Some text."}]


def test_a_draft_is_tested_over_environment_variables(client: Client):
    client.post("/api/imports", json={"kind": "env", "variables": {"MAX_CHUNK_SIZE": "700"}})
    answer = ask(client, "test", {**DRAFT, "scope": "user", "user_id": "u-1"})
    (one,) = answer.json()["contexts"]
    assert one["changes"] == [{"pointer": "/max_chunk_size", "before": 700, "after": 600, "hidden_by": None}]


def test_the_blast_radius_is_told(client: Client):
    client.create(data={"max_chunk_size": 500}, scope="collection", collection_id="c-9")
    answer = ask(client, "impact", {"changes": [PUT]})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["scopes"] == {
        "global": {"affected": 1, "unaffected": 0},
        "collection": {"affected": 0, "unaffected": 1},
    }
    assert body["fields"] == {"/chunking/max_chunk_size": 1}
    (example,) = body["hidden"]["examples"]
    assert (example["scope"], example["changes"][0]["hidden_by"]) == ("collection:c-9", "collection:c-9")


def test_redundant_configs_are_listed(client: Client):
    config = client.create(data={"max_chunk_size": 400}, scope="user", user_id="u-1")
    answer = ask(client, "redundant", config_type="chunking")
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    assert (item["id"], item["scope"], item["same_as"]) == (config["id"], "user:u-1", "default")


def test_every_action_is_taken(api: Client):
    config = api.create(data={"max_chunk_size": 500})
    changes = [
        {"action": "update", "config_id": config["id"], "config_data": {"max_chunk_size": 700}, "is_active": True},
        {"action": "put", "scope": "user:u-1", "config_type": "chunking", "config_data": {}, "mode": "overlay"},
        {"action": "variables", "config_type": "chunking", "config_data": {"chunk_overlap": 7}},
        {"action": "delete", "config_id": config["id"]},
    ]
    answer = ask(api, "impact", {"changes": changes})
    assert answer.status_code == 200, answer.text
    assert answer.json()["fields"] == {"/chunking/chunk_overlap": 2, "/chunking/max_chunk_size": 2}


def test_a_change_of_a_config_is_tested(api: Client):
    config = api.create(data={"max_chunk_size": 500}, scope="user", user_id="u-1")
    body = {"config_id": config["id"], "config_data": {"max_chunk_size": 600}}
    (context,) = ask(api, "test", body).json()["contexts"]
    assert (context["user_id"], context["changes"][0]["after"]) == ("u-1", 600)


def test_what_a_draft_lacks_is_named(api: Client):
    assert faults(ask(api, "test", {})) == {"/config_type": "missing", "/config_data": "missing"}


def test_a_config_names_its_place_so_a_second_one_is_refused(api: Client):
    body = {"config_id": str(uuid4()), "scope": "global", "config_type": "chunking"}
    assert faults(ask(api, "test", body)) == {
        "/scope": "extra_forbidden",
        "/config_type": "extra_forbidden",
    }


def test_faults_name_the_change_or_context_that_they_are_in(api: Client):
    changes = [PUT, {"action": "delete"}]
    assert faults(ask(api, "impact", {"changes": changes})) == {"/changes/1/config_id": "missing"}
    changes = [PUT, {**PUT, "scope": "user:"}]
    assert faults(ask(api, "impact", {"changes": changes})) == {"/changes/1/scope": "scope_form"}
    contexts = [{}, {"user_id": ""}]
    answer = ask(api, "test", {**DRAFT, "contexts": contexts})
    assert faults(answer) == {"/contexts/1/user_id": "scope_id"}


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("test", {**DRAFT, "name": "n"}, "/name"),
        ("test", {**DRAFT, "config_id": "no"}, "/config_id"),
        ("test", {**DRAFT, "sample": 7}, "/sample"),
        ("impact", {"changes": []}, "/changes"),
        ("impact", {"changes": [{**PUT, "action": "drop"}]}, "/changes/0/action"),
    ],
)
def test_a_body_that_does_not_fit_is_refused(api: Client, path, body, pointer):
    answer = ask(api, path, body)
    assert any(found.startswith(pointer) for found in faults(answer))


@pytest.mark.parametrize("path", ["test", "impact"])
def test_an_unknown_environment_is_not_found(api: Client, path):
    body = {**DRAFT} if path == "test" else {"changes": [PUT]}
    assert ask(api, path, {**body, "environment": "nowhere"}).status_code == 404


def test_a_config_that_is_not_there_is_not_found(api: Client):
    body = {"changes": [{"action": "delete", "config_id": str(uuid4())}]}
    assert ask(api, "impact", body).status_code == 404


@pytest.mark.parametrize("limit", [0, 501])
def test_a_limit_out_of_bounds_is_refused(api: Client, limit):
    assert ask(api, "redundant", limit=limit).status_code == 400
