"""The OpenAPI document is valid, complete, and true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core import NotSet
from schemathesis.specs.openapi import definitions

from api.rest.examples import CONFIG_ID
from infrastructure.checkpoints import Checkpoints
from tests.api.conftest import CONFIGS, NOWHERE, Client, opened
from tests.api.openapi_furniture import DOCUMENT, MADE_FOR, OPERATIONS, body_of
from tests.master_keys import key_file

operations = pytest.mark.parametrize("name", OPERATIONS)


def test_the_document_is_valid_openapi_3_1() -> None:
    meta: Any = definitions.OPENAPI_31
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [error.message for error in jsonschema_rs.Draft202012Validator(meta).iter_errors(DOCUMENT)] == []


def test_every_operation_has_an_id_of_its_own() -> None:
    named = [operation.get("operationId") for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert None not in named
    assert len(set(named)) == len(named)


@operations
def test_every_answer_is_documented_and_has_an_example(name: str) -> None:
    _, _, operation = OPERATIONS[name]
    for status, answer in operation["responses"].items():
        assert answer["description"]
        if status not in {"204", "304"}:
            for content in answer["content"].values():
                assert "example" in content


@operations
def test_every_problem_is_documented_as_it_is_served(name: str) -> None:
    _, _, operation = OPERATIONS[name]
    for status, answer in operation["responses"].items():
        if status >= "400":
            (problem,) = answer["content"].values()
            is_ofrep = operation["tags"] == ["openfeature"] and status != "431"
            assert list(answer["content"]) == ["application/json" if is_ofrep else "application/problem+json"]
            assert is_ofrep or problem["example"]["status"] == int(status)
            assert jsonschema_rs.is_valid(problem["schema"], problem["example"])


@operations
def test_what_any_request_can_be_refused_with_is_documented(name: str) -> None:
    """An unknown parameter, a body that is no JSON or too large, a store that is away."""
    method, _, operation = OPERATIONS[name]
    takes_problems = method in {"post", "put", "delete"} and operation["tags"] != ["openfeature"]  # there it is all 400
    expected = {"400"} | ({"413", "415"} if takes_problems else set())
    assert expected <= set(operation["responses"])


# What each operation is asked for its example; what is not here has the example of its body, or needs nothing.
C9 = {"user_id": "u-1", "collection_id": "c-9"}


GIVEN: dict[str, dict[str, Any]] = {
    "effective_of_user": {"path": {"user_id": "u-1"}, "params": {"config_types": "chunking", "collection_id": "c-9"}},
    "effective_without_user": {"params": {"config_types": "chunking", "user_id": "u-1", "collection_id": "c-9"}},
    "evaluate_flag": {"path": {"key": "chunking.max_chunk_size"}},
    "stream": {"params": {"seconds": 0}},
    "flag_events": {"params": {"seconds": 0, "scope": "user:u-1"}},
    "effective_of_each": {"json": {"contexts": [C9], "config_types": ["chunking"]}},
    "update_config": {"json": {"name": "contracts"}},
    "set_default": {"json": {"is_default": True}},
    "set_active": {"json": {"is_active": True}},
    "change_ladder": {"json": {"kinds": ["global", "user", "collection"]}},
    "add_environment": {"json": {"name": "staging"}},
    "read_serving": {"path": {"name": "drill"}},
    "switch_serving": {"path": {"name": "drill"}},
    "read_environment": {"path": {"name": "production"}},
    "check_go_live": {"path": {"name": "production"}},
    "revise_environment": {"path": {"name": "production"}, "json": {"require_reason": False}},
    "retire_environment": {"path": {"name": "spare"}},
    "freeze_environment": {"path": {"name": "frozen"}, "json": {"reason": "the holidays"}},
    "list_policies": {"path": {"name": "production"}},
    "set_policy": {"path": {"name": "aside", "policy": "steady"}},
    "read_policy": {"path": {"name": "aside", "policy": "steady"}},
    "delete_policy": {"path": {"name": "testing", "policy": "steady"}},
    "thaw_environment": {"path": {"name": "frozen"}, "json": {}},
    "sync_defaults": {"json": {}},
    "define_config_type": {"path": {"name": "rerank"}},
    "read_config_type": {"path": {"name": "rerank"}},
    "verify_config_type": {"path": {"name": "chunking"}, "json": {"schema": {"type": "object", "properties": {}}}},
    "rollback_config": {"json": {"to_version": 1}},
    "import_settings": {"json": {"kind": "bundle"}},
    "timeline_without_user": {"params": {"config_types": "chunking", "collection_id": "c-9", "from": "position:13"}},
    "timeline": {
        "path": {"user_id": "u-1"},
        "params": {"config_types": "chunking", "collection_id": "c-9", "from": "position:13"},
    },
    "diff": {"json": {"left": {**C9, "position": 13}, "right": C9, "config_types": ["chunking"]}},
    "blame": {"json": {"context": C9, "config_type": "chunking", "pointer": "/max_chunk_size"}},
    "audit_replay": {"json": {**C9, "config_types": ["chunking"], "explain": True}},
    "audit_receipts": {"json": {"receipts": [{**C9, "position": 17, "digest": "0" * 64}]}},
    "rebuild_projection": {"path": {"name": "configs"}},
    "verify_log": {"json": {}},
    "issue_key": {"json": {"label": "answering service", "role": "reader", "environments": ["production"]}},
    "assign_owner": {"path": {"collection_id": "c-9"}, "json": {"user_id": "u-1"}},
    "prove_event": {"path": {"position": 14}},
    "prove_consistency": {"params": {"first": 3}},
    "name_position": {"path": {"name": "before-the-migration"}, "json": {}},
    "rollback_environment": {"json": {"position": 13, "types": ["llm"]}},
    "undo_event": {"json": {}},
    "rotate_secrets": {"json": {}},
    "counterfactual": {"json": {"contexts": [C9], "without": 14, "position": 17}},
    "bisect": {
        "json": {
            "context": C9,
            "good": "position:13",
            "bad": "position:17",
            "verdict": {"config_type": "chunking", "pointer": "/max_chunk_size", "at_most": 400},
        }
    },
}


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, str]]:
    keys = key_file(tmp_path_factory.mktemp("keys") / "keys", "m-1")
    with opened(
        "memory:", checkpoints=Checkpoints(key=Ed25519PrivateKey.generate()), secret_keys=keys, webhooks=NOWHERE
    ) as client:
        answer = client.post(CONFIGS, json=body_of("create_config"))
        assert answer.status_code == 201
        client.put("/api/config-types/rerank", json=rerank())
        for name in ("testing", "aside", "spare", "frozen"):
            client.post("/api/environments", json={"name": name})
            client.put(f"/api/environments/{name}/policies/steady", json={"config_type": "llm", "rules": []})
        client.post("/api/experiments", json=body_of("create_experiment"))
        client.post("/api/environments", json={"name": "drill"})
        client.put("/api/environments/drill/serving", json=body_of("switch_serving"))
        yield client, answer.json()["id"]


def rerank() -> dict[str, Any]:
    example = OPERATIONS["read_config_type"][2]["responses"]["200"]["content"]["application/json"]["example"]
    return {key: example[key] for key in ("description", "mode", "schema", "rules")}


def shape(value: Any) -> Any:
    """Names and kinds of values, as far as an example can promise them."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


SETTINGS = {"settings", "values", "config_data", "data", "schema", "effective", "fields", "environment_variables"}


def differences(live: Any, example: Any, at: str = "") -> Iterator[str]:
    """What the example promises and the answer does not have, or has of another kind, and the other way round.

    The keys of settings, which differ from type to type, are left to themselves, as is what is null in either.
    """
    if isinstance(live, dict) and isinstance(example, dict):
        if at.rpartition("/")[2] in SETTINGS:
            return
        for key in live.keys() ^ example.keys():
            yield f"{at}/{key}"
        for key in live.keys() & example.keys():
            yield from differences(live[key], example[key], f"{at}/{key}")
    elif isinstance(live, list) and isinstance(example, list):
        if live and example:
            yield from differences(like(example[0], live), example[0], f"{at}/0")
    elif live is not None and example is not None and shape(live) != shape(example):
        yield at


def like(example: Any, live: list[Any]) -> Any:
    """Which of a list an example is about: where they have keys, the one of the same key."""
    key = example.get("key") if isinstance(example, dict) else None
    return next((one for one in live if key is not None and one.get("key") == key), live[0])


"""What there must be before an operation is asked for, by a word in its name."""


@operations
def test_the_example_of_an_operation_has_the_shape_of_its_answer(furnished: tuple[Client, str], name: str) -> None:
    client, config_id = furnished
    method, path, operation = OPERATIONS[name]
    body = json.loads(json.dumps(body_of(name)).replace(CONFIG_ID, config_id))
    given = {"json": body, **GIVEN.get(name, {})}
    if name == "create_config":
        given["json"] = {"config_type": "chunking", "name": "of the example", "config_data": {}}
    elif name == "delete_config":
        config_id = client.create(is_default=False)["id"]
    elif name in {"read_key", "revoke_key"}:
        given["path"] = {"key_id": client.post("/api/keys", **GIVEN["issue_key"]).json()["id"]}
    elif furnish := next((made for word, made in MADE_FOR.items() if word in name), None):
        given = {**given, **furnish(client, name)}
    elif name == "undo_event":
        changed = client.change(client.create(is_default=False), description="another")
        given["path"] = {"position": changed["position"]}
    elif name == "define_config_type":
        given["json"] = rerank()
    elif name == "import_settings":
        given["json"] = {"kind": "bundle", "bundle": client.get("/api/exports").json()}
    address = path.format(**{"config_id": config_id, **given.pop("path", {})})
    answer = client.request(method, address, **given)
    documented = operation["responses"][str(answer.status_code)]
    assert answer.status_code < 300, answer.text
    if answer.headers.get("Content-Type") == "application/json":
        example = documented["content"]["application/json"]["example"]
        assert list(differences(answer.json(), example)) == []


def test_requests_made_up_from_the_document_are_answered_as_it_says() -> None:
    """No fault of the server's, and no status that the document does not name."""
    with opened("memory:") as client:
        schema = schemathesis.openapi.from_dict(DOCUMENT)
        seen: set[int] = set()

        def check(case: Any) -> None:
            address = case.formatted_path
            query = case.query or {}
            if case.operation.definition.raw["operationId"] in {"stream", "flag_events"}:
                query = {**query, "seconds": 0}  # otherwise it would not end
            headers = {str(k): str(v) for k, v in (case.headers or {}).items()}
            headers = {
                k: v for k, v in headers.items() if k.lower() != "varve-min-position"
            }  # would wait for it to come
            content = None if isinstance(case.body, NotSet) else case.body
            if content is not None and not isinstance(content, bytes):
                content = json.dumps(content).encode()
            if content is not None:
                headers["Content-Type"] = "application/json"
            answer = client.request(case.method, address, params=query, headers=headers, content=content)
            documented = case.operation.definition.raw["responses"]
            told = f"{case.method} {address} {query} {case.body!r:.300} -> {answer.status_code} {answer.text[:300]}"
            assert answer.status_code < 500, told
            assert str(answer.status_code) in documented or answer.status_code == 405, told
            seen.add(answer.status_code)

        for result in schema.get_all_operations():
            operation = result.ok()
            for mode in schemathesis.GenerationMode:

                @given(operation.as_strategy(generation_mode=mode))
                @settings(
                    max_examples=10,
                    phases=[Phase.generate],
                    derandomize=True,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                )
                def run(case: Any) -> None:
                    check(case)

                with suppress(Unsatisfiable):  # an operation that takes nothing cannot be asked wrongly
                    run()
        assert {200, 400, 404} <= seen
