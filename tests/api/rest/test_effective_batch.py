"""Many contexts at once: what is true still, what is not, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.callers import Callers
from tests.api.conftest import CONFIGS, Client, opened
from tests.master_keys import key_file

EFFECTIVE = f"{CONFIGS}effective"
C9 = {"user_id": "u-1", "collection_id": "c-9"}
TEXT = "sk-first-secret-1"


def asked(client: Client, *contexts: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = client.post(EFFECTIVE, json={"contexts": contexts, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["Varve-Position"] == str(found["position"])
    return found


def test_each_context_has_the_answer_that_it_would_get_by_itself(client: Client) -> None:
    client.put("/api/ladder", json={"kinds": ["global", "tenant", "user", "collection"]})
    for scope, size in (("global", 600), ("user:u-1", 700), ("tenant:t-1", 800), ("collection:c-9", 900)):
        client.create(data={"max_chunk_size": size}, scope=scope)
    contexts: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
        ({}, EFFECTIVE, {}),
        ({"user_id": "u-1"}, f"{EFFECTIVE}/u-1", {}),
        (C9, f"{EFFECTIVE}/u-1", {"collection_id": "c-9"}),
        ({"scopes": ["tenant:t-1"], "collection_ids": ["a", "c-9"]}, EFFECTIVE, {"scope": "tenant:t-1"}),
    ]
    contexts[3][2]["collection_id"] = ["a", "c-9"]
    for layers in (False, True):
        answer = asked(client, *(context for context, _, _ in contexts), layers=layers, config_types=["chunking"])
        assert (answer["position"], answer["epoch"]) == (client.newest_position, 1)
        assert answer["log"] == str(client.service.use_cases.store.identity.log_id)
        for item, (_, address, query) in zip(answer["items"], contexts, strict=True):
            alone = client.get(address, params={**query, "config_types": "chunking", "layers": layers})
            assert item == {**alone.json(), "etag": alone.headers["ETag"]}
            assert item["position"] == answer["position"]


def test_what_is_true_still_is_not_sent_again(client: Client) -> None:
    client.create(data={"max_chunk_size": 700}, scope="user:u-1")
    first, second = asked(client, C9, {"user_id": "u-2"})["items"]
    by_digest, by_etag = {**C9, "digest": first["digest"]}, {"user_id": "u-2", "etag": second["etag"]}
    assert asked(client, by_digest, by_etag)["items"] == [{"unchanged": True}, {"unchanged": True}]
    client.create(data={"max_chunk_size": 900}, scope="collection:c-9")
    changed, same = asked(client, by_digest, by_etag)["items"]
    assert (changed["chunking"]["max_chunk_size"], same) == (900, {"unchanged": True})


def test_equal_values_of_another_config_have_another_etag_and_the_etag_decides(api: Client) -> None:
    config = api.create(data={"max_chunk_size": 700}, scope="user:u-1")
    held = asked(api, C9, layers=True)["items"][0]
    assert api.delete(CONFIGS + config["id"]).status_code < 300
    api.create(data={"max_chunk_size": 700}, scope="user:u-1")
    context = {**C9, "digest": held["digest"]}
    assert asked(api, context, layers=True)["items"] == [{"unchanged": True}]
    item = asked(api, {**context, "etag": held["etag"]}, layers=True)["items"][0]
    assert (item["digest"], item["etag"] == held["etag"]) == (held["digest"], False)


def test_a_context_that_is_refused_has_its_problem_and_spoils_no_other(api: Client) -> None:
    bad, good, other = asked(api, {"user_id": ""}, C9, {"scopes": ["tenant:t-1"]})["items"]
    assert good["user_id"] == "u-1"
    alone = api.get(EFFECTIVE, params={"scope": "tenant:t-1"})
    assert other == {"problem": alone.json()}
    assert (bad["problem"]["status"], bad["problem"]["errors"][0]["pointer"]) == (400, "/user_id")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"contexts": [C9], "environment": "nowhere"}, 404),
        ({"contexts": [C9], "config_types": ["nothing"]}, 404),
        ({"contexts": [{}] * 1001}, 400),
        ({"contexts": [{"collection_ids": [f"c-{n}" for n in range(26)]}] * 400}, 400),
        ({"contexts": [{"environment": "production"}]}, 400),
        ({}, 400),
    ],
)
def test_what_is_wrong_for_all_is_refused_as_a_whole(api: Client, body: dict[str, Any], status: int) -> None:
    assert api.post(EFFECTIVE, json=body).status_code == status


def test_a_batch_may_be_empty_or_have_a_thousand_contexts(api: Client) -> None:
    assert asked(api)["items"] == []
    items = asked(api, *({"user_id": f"u-{n}"} for n in range(1000)), config_types=["chunking"])["items"]
    assert [item["user_id"] for item in items] == [f"u-{n}" for n in range(1000)]


def test_a_batch_is_never_older_than_the_position_that_is_asked_for(stopped_views: Client) -> None:
    beyond = {"Varve-Min-Position": str(stopped_views.newest_position + 1)}
    answer = stopped_views.post(EFFECTIVE, json={"contexts": [C9]}, headers=beyond)
    assert (answer.status_code, answer.json()["code"]) == (503, "behind")


def test_a_bound_key_gets_its_own_contexts_and_a_problem_for_others() -> None:
    with opened("memory:", callers=Callers()) as client:
        client.show(client.admit("reader", user_id="u-1"))
        own, foreign, everybody = asked(client, {"user_id": "u-1"}, {"user_id": "u-2"}, {})["items"]
        assert (own["user_id"], everybody["user_id"]) == ("u-1", None)
        assert (foreign["problem"]["status"], foreign.keys()) == (404, {"problem"})


def test_secrets_are_placeholders_until_they_are_asked_for(tmp_path: Path) -> None:
    with opened("memory:", secret_keys=key_file(tmp_path / "keys", "m-1")) as client:
        client.create("provider", {"api_key": TEXT}, scope="global")
        client.create("provider", {"timeout": 9}, scope="user:u-1")
        only = {"config_types": ["provider"], "layers": True}
        closed, open_ = asked(client, C9, **only)["items"][0], asked(client, C9, **only, secrets=True)["items"][0]
        alone = client.get(f"{EFFECTIVE}/u-1", params={"collection_id": "c-9", "secrets": True, **only})
        assert open_ == {**alone.json(), "etag": alone.headers["ETag"]}
        assert [one["value"]["api_key"] for one in open_["layers"]["provider"]] == [TEXT, TEXT, None]
        assert TEXT not in str(closed)
        assert closed["etag"] != open_["etag"]
        assert asked(client, {**C9, "etag": open_["etag"]}, **only, secrets=True)["items"] == [{"unchanged": True}]


def test_secrets_are_for_who_may_read_them() -> None:
    with opened("memory:", callers=Callers()) as client:
        client.show(client.admit("viewer"))
        assert client.post(EFFECTIVE, json={"contexts": [C9], "secrets": True}).status_code == 403
        assert client.post(EFFECTIVE, json={"contexts": [C9]}).status_code == 200
