"""OFREP 0.3 to the field name: what every answer must look like, and which layer is told of."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from api.callers import Callers
from tests.api.conftest import Client, opened
from tests.api.rest.test_experiments import did, planned
from tests.api.rest.test_profiles import profile
from tests.master_keys import key_file

FLAGS = "/ofrep/v1/evaluate/flags"
SCALARS = {"type": ["boolean", "string", "number"]}
METADATA = {"type": "object", "additionalProperties": SCALARS}
DETAILS = {"key": {"type": "string"}, "errorDetails": {"type": "string", "minLength": 1}}
SUCCESS = {
    "required": ["key", "reason", "variant", "metadata"],
    "additionalProperties": False,
    "properties": {
        "key": {"type": "string"},
        "value": {"type": ["boolean", "string", "integer", "number", "object"]},
        "reason": {"enum": ["STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN"]},
        "variant": {"type": "string"},
        "metadata": METADATA,
    },
}
BULK = {
    "required": ["flags"],
    "properties": {"flags": {"type": "array", "items": SUCCESS}, "metadata": METADATA},
}
FAILURE = {
    "required": ["key", "errorCode", "errorDetails"],
    "additionalProperties": False,
    "properties": {
        **DETAILS,
        "errorCode": {"enum": ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL", "FLAG_NOT_FOUND"]},
    },
}
OPEN_ENDED = {
    "schema": {
        "type": "object",
        "properties": {
            "api_key": {"type": ["string", "null"], "default": None, "x-secret": True},
            "limits": {"type": "object", "properties": {"seconds": {"type": "number", "default": 2}}},
            "words": {"type": "array", "items": {"type": "string"}, "default": ["a"]},
            "note": {"type": "string"},
        },
    }
}


def evaluated(api: Client, key: str, **context: Any) -> dict[str, Any]:
    answer = api.post(f"{FLAGS}/{key}", json={"context": context})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    jsonschema_rs.validate(SUCCESS, found)
    return found


def failed(api: Client, key: str, **request: Any) -> tuple[int, str]:
    answer = api.post(f"{FLAGS}/{key}", **request)
    assert answer.headers["Content-Type"] == "application/json"
    found = answer.json()
    jsonschema_rs.validate(FAILURE, found)
    assert found["key"] == key
    return answer.status_code, found["errorCode"]


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("process", "STATIC"),
        ("global", "STATIC"),
        ("user:u-1", "TARGETING_MATCH"),
        ("collection:c-9", "TARGETING_MATCH"),
        ("tenant:t-1", "TARGETING_MATCH"),
    ],
)
def test_a_flag_tells_the_layer_that_gave_it(api: Client, scope: str, reason: str) -> None:
    api.put("/api/ladder", json={"kinds": ["global", "tenant", "user", "collection"]})
    label, about = ("environment", {}) if scope == "process" else (scope, None)
    if about is None:
        config = api.create("retrieval", {"number_of_results": 9}, scope=scope)
        about = {"config_id": config["id"], "version": 1}
    else:
        variables = {"NUMBER_OF_RESULTS": "9"}
        assert api.post("/api/imports", json={"kind": "env", "variables": variables}).status_code == 200
    context = {"targetingKey": "u-1", "collection_id": "c-9", "tenant": "t-1"}
    found = evaluated(api, "retrieval.number_of_results", **context)
    assert (found["value"], found["reason"], found["variant"]) == (9, reason, label)
    there = api.effective("u-1", collection_id="c-9", scope="tenant:t-1", config_types="retrieval")
    expected = {"layer": label, "environment": "production", "position": there["position"], "digest": there["digest"]}
    assert found["metadata"] == expected | about


def test_a_field_is_told_by_its_own_layer_and_a_type_by_the_highest(api: Client) -> None:
    api.create("chunking", {"max_chunk_size": 900})
    api.create("chunking", {"chunk_overlap": 7}, scope="user:u-1", mode="overlay")
    variants = {
        key: evaluated(api, key, targetingKey="u-1")["variant"]
        for key in ("chunking", "chunking.max_chunk_size", "chunking.chunk_overlap", "chunking.strategy")
    }
    assert list(variants.values()) == ["user:u-1", "global", "user:u-1", "default"]


def test_an_object_in_a_type_is_a_flag_of_the_strongest_layer_in_it(api: Client) -> None:
    api.put("/api/config-types/tools", json=OPEN_ENDED)
    api.create("tools", {"limits": {"seconds": 3, "calls": 4}})
    api.create("tools", {"limits": {"calls": 5}}, scope="user:u-1", mode="overlay")
    found = evaluated(api, "tools.limits", targetingKey="u-1")
    assert (found["value"], found["variant"]) == ({"seconds": 3.0, "calls": 5}, "user:u-1")
    assert evaluated(api, "tools.limits.seconds", targetingKey="u-1")["variant"] == "global"


def test_a_number_stays_a_float_however_it_was_written(api: Client) -> None:
    api.create("llm", {"provider_id": "p", "model_id": "m", "temperature": 1})
    text = api.post(f"{FLAGS}/llm.temperature", json={}).text
    assert '"value":1.0,' in text
    assert type(evaluated(api, "llm")["value"]["temperature"]) is float
    assert type(evaluated(api, "llm.top_k")["value"]) is int


def test_what_nobody_set_is_left_to_the_application(api: Client) -> None:
    for key in ("llm", "llm.model_id", "llm.temperature", "template.context_strategy"):
        found = evaluated(api, key)
        assert ("value" in found, found["reason"], found["variant"]) == (False, "UNKNOWN", "none")


def test_null_is_left_to_the_application_and_told_of(api: Client) -> None:
    config = api.create("template", {"template_type": "t", "system_prompt": "s", "template_format": "f"} | VARIABLES)
    found = evaluated(api, "template.max_context_length")
    assert ("value" in found, found["reason"], found["variant"]) == (False, "STATIC", "default")
    assert config["in_force"]


VARIABLES = {"input_variables": {}}


def test_what_is_not_there_and_what_no_flag_can_be_is_not_found(api: Client) -> None:
    api.put("/api/config-types/tools", json=OPEN_ENDED)
    for key in ("nothing", "chunking.nothing", "chunking.strategy.deeper", "tools.words", "tools.api_key"):
        assert failed(api, key, json={}) == (404, "FLAG_NOT_FOUND")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, "PARSE_ERROR"),
        ({"content": b'{"context":{}}', "headers": {"Content-Type": "text/plain"}}, "PARSE_ERROR"),
        ({"content": b" " * 2**20 + b"{}", "headers": {"Content-Type": "application/json"}}, "PARSE_ERROR"),
        ({"json": []}, "PARSE_ERROR"),
        ({}, "PARSE_ERROR"),
        ({"json": {"context": "u-1"}}, "INVALID_CONTEXT"),
        ({"json": {"context": {"targetingKey": 1}}}, "INVALID_CONTEXT"),
        ({"json": {"context": {"targetingKey": "a\nb"}}}, "INVALID_CONTEXT"),
        ({"json": {"context": {"collection_ids": "c-9"}}}, "INVALID_CONTEXT"),
        ({"json": {"context": {"scopes": ["c-9:"]}}}, "INVALID_CONTEXT"),
        ({"json": {"context": {"targetingKey": "u-1", "user": "u-2"}}}, "INVALID_CONTEXT"),
        ({"json": {"context": {"environment": "prodution"}}}, "INVALID_CONTEXT"),
    ],
)
def test_a_request_that_is_at_fault_is_400_in_the_protocols_form(
    api: Client, request_: dict[str, Any], code: str
) -> None:
    assert failed(api, "chunking", **request_) == (400, code)
    assert api.post(FLAGS, **request_).json()["errorCode"] == code


def test_nobody_need_be_named_and_other_attributes_are_left_alone(api: Client) -> None:
    for context in ({}, {"targetingKey": ""}, {"targetingKey": None, "email": "a@b.c", "plan": {"name": "free"}}):
        assert evaluated(api, "chunking", **context)["variant"] == "default"


def test_collections_are_named_alone_as_a_list_or_as_scopes(api: Client) -> None:
    api.create("chunking", {"max_chunk_size": 900}, scope="collection:c-1")
    api.create("chunking", {"max_chunk_size": 800}, scope="collection:c-2")
    for context in (
        {"collection_id": "c-1"},
        {"collection_ids": ["c-1", "c-2"]},
        {"collection_id": "c-1", "collection_ids": ["c-2"]},
        {"scopes": ["collection:c-1"]},
        {"collection": "c-1"},
    ):
        assert evaluated(api, "chunking.max_chunk_size", **context)["variant"] == "collection:c-1"


def test_all_flags_at_once_are_those_that_one_gets_one_by_one(api: Client) -> None:
    api.create("chunking", {"max_chunk_size": 900}, scope="user:u-1")
    context = {"context": {"targetingKey": "u-1"}}
    bulk = api.post(FLAGS, json=context).json()
    jsonschema_rs.validate(BULK, bulk)
    assert len({flag["key"] for flag in bulk["flags"]}) == len(bulk["flags"]) > 40
    effective = api.effective("u-1")
    assert bulk["metadata"] == {"environment": "production"} | {key: effective[key] for key in ("digest", "position")}
    for flag in bulk["flags"]:
        alone = evaluated(api, flag["key"], **context["context"])
        assert alone["metadata"].pop("digest") != flag["metadata"].pop("digest")  # of one type, and of all
        assert alone == flag


def test_all_flags_are_304_until_one_of_them_changes(api: Client) -> None:
    etag = api.post(FLAGS, json={}).headers["ETag"]
    api.create("chunking", {"max_chunk_size": 900}, scope="user:u-2")
    unchanged = api.post(FLAGS, json={}, headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", etag)
    api.create("chunking", {})  # the same values, from another layer
    changed = api.post(FLAGS, json={}, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.headers["ETag"] == etag) == (200, False)


def test_an_event_of_another_server_is_waited_for(stopped_views: Client) -> None:
    there = stopped_views.newest_position
    assert stopped_views.post(FLAGS, json={}, params={"flagConfigEtag": str(there)}).status_code == 200
    late = stopped_views.post(FLAGS, json={}, params={"flagConfigEtag": str(there + 1)})
    assert (late.status_code, late.json()["errorCode"]) == (503, "GENERAL")
    assert int(late.headers["Retry-After"]) >= 1
    for etag in ("", "abc"):
        params = {"flagConfigEtag": etag, "flagConfigLastModified": "1771622898"}
        assert stopped_views.post(FLAGS, json={}, params=params).status_code == 200
    assert stopped_views.post(FLAGS, json={}, params={"flagConfigEtag": "9" * 400}).status_code == 503


def test_secrets_are_never_told(tmp_path: Any) -> None:
    with opened("memory:", secret_keys=key_file(tmp_path / "keys", "m-1")) as api:
        api.put("/api/config-types/tools", json=OPEN_ENDED)
        api.create("tools", {"api_key": "hunter2", "note": "n"})
        assert evaluated(api, "tools")["value"]["api_key"]["$secret"].keys() == {"commitment"}
        assert "hunter2" not in api.post(FLAGS, json={}).text
        keys = [flag["key"] for flag in api.post(FLAGS, json={}).json()["flags"]]
        assert "tools.note" in keys
        assert "tools.api_key" not in keys


def test_who_is_not_known_or_may_not_is_told_in_the_protocols_form() -> None:
    with opened("memory:", callers=Callers()) as api:
        assert failed(api, "chunking", json={}) == (401, "GENERAL")
        api.show(api.admit("reader", ["production"], user_id="u-1"))
        assert evaluated(api, "chunking", targetingKey="u-1")["variant"] == "default"
        assert failed(api, "chunking", json={"context": {"targetingKey": "u-2"}}) == (404, "FLAG_NOT_FOUND")
        assert failed(api, "chunking", json={"context": {"environment": "unheard-of"}}) == (404, "FLAG_NOT_FOUND")


def test_what_an_experiment_gives_is_split_and_names_its_variant(api: Client) -> None:
    profile(api, "deep")
    did(api, planned(api), "start")
    found = [evaluated(api, "retrieval.number_of_results", targetingKey=f"u-{number}") for number in range(20)]
    given = [one for one in found if one["value"] == 25]
    assert {(one["reason"], one["variant"], one["metadata"]["experiment"]) for one in given} == {
        ("SPLIT", "deep", "e-1")
    }
    others = [one for one in found if one["value"] == 5]
    assert {(one["reason"], one["variant"], "experiment" in one["metadata"]) for one in others} == {
        ("STATIC", "default", False)
    }


def test_flags_name_the_experiments_that_a_user_counts_for(api: Client) -> None:
    profile(api, "deep")
    did(api, planned(api), "start")
    found = {}
    for number in range(20):
        whole = evaluated(api, "retrieval", targetingKey=f"u-{number}")
        field = evaluated(api, "retrieval.number_of_results", targetingKey=f"u-{number}")
        other = evaluated(api, "retrieval.retrieval_type", targetingKey=f"u-{number}")
        found[field["value"]] = (
            whole["metadata"]["exposed"],
            field["metadata"]["exposed"],
            "exposed" in other["metadata"],
        )
    assert found == {25: ("e-1/deep", "e-1/deep", False), 5: ("e-1/control", "e-1/control", False)}
