from __future__ import annotations

from hashlib import sha256

import rfc8785

from domain.config_types.builtin import BUILTIN
from tests.api.conftest import CONFIGS, Client

NINE = {spec.name for spec in BUILTIN}
EFFECTIVE = f"{CONFIGS}effective"


def test_every_type_has_a_key_and_one_that_nothing_gives_is_null(client: Client) -> None:
    answer = client.effective()
    assert set(answer["resolution_path"]) == NINE <= set(answer)
    assert (answer["chunking"]["max_chunk_size"], answer["resolution_path"]["chunking"]) == (400, "default")
    assert (answer["llm"], answer["resolution_path"]["llm"], answer["degraded"]) == (None, "none", [])


def test_an_answer_says_whom_it_is_for_and_when_it_is_true(client: Client) -> None:
    answer = client.effective("u-1", collection_id="c-9", config_types="chunking")
    assert answer == {
        "chunking": answer["chunking"],
        "resolution_path": {"chunking": "default"},
        "environment": "production",
        "user_id": "u-1",
        "collection_id": "c-9",
        "position": client.newest_position,
        "epoch": 1,
        "as_of": None,
        "final": True,
        "digest": answer["digest"],
        "degraded": [],
    }


def test_the_strongest_layer_that_gives_a_field_wins(client: Client) -> None:
    client.create(data={"max_chunk_size": 600})
    client.create(data={"max_chunk_size": 700}, scope="user:u-1")
    client.create(data={"max_chunk_size": 800}, scope="collection:c-9")
    assert client.effective("u-2")["chunking"]["max_chunk_size"] == 600
    assert client.effective("u-1")["chunking"]["max_chunk_size"] == 700
    found = client.effective("u-1", collection_id="c-9", config_types=["chunking", "retrieval"])
    assert found["chunking"]["max_chunk_size"] == 800
    assert found["resolution_path"] == {"chunking": "collection:c-9", "retrieval": "default"}


def test_of_several_collections_the_first_named_is_the_strongest(client: Client) -> None:
    client.create("pipeline", {"timeout": 10, "concurrency": 8}, scope="collection:a")
    client.create("pipeline", {"timeout": 20, "cache_ttl_seconds": 5}, scope="collection:b")
    found = client.effective(collection_id=["a", "b"], config_types="pipeline")
    served = found["pipeline"]
    assert (served["timeout"], served["concurrency"], served["cache_ttl_seconds"]) == (10, 8, 5)
    assert (found["collection_id"], found["collection_ids"]) == ("a", ["a", "b"])
    assert client.effective(collection_id=["b", "a"])["pipeline"]["timeout"] == 20


def test_ids_may_be_named_as_scopes(client: Client) -> None:
    client.create(data={"max_chunk_size": 700}, scope="user:a/b c")
    expected = client.effective("a%2Fb%20c")
    assert expected["chunking"]["max_chunk_size"] == 700
    assert expected["user_id"] == "a/b c"
    assert client.effective(scope="user:a/b c") == client.effective(user_id="a/b c") == expected


def test_an_added_kind_of_scope_takes_part_at_its_rung(client: Client) -> None:
    client.put("/api/ladder", json={"kinds": ["global", "tenant", "user", "collection"]})
    client.create("pipeline", {"timeout": 10}, name="everybody")
    client.create("pipeline", {"timeout": 20, "concurrency": 8}, scope="tenant:acme", name="acme")
    client.create("pipeline", {"timeout": 30}, scope="user:u-1", name="mine")
    found = client.effective("u-1", scope="tenant:acme", config_types="pipeline")
    assert (found["pipeline"]["timeout"], found["pipeline"]["concurrency"]) == (30, 8)
    assert (found["scopes"], found["resolution_path"]) == (["tenant:acme"], {"pipeline": "user:u-1"})
    assert client.effective(scope="tenant:acme")["resolution_path"]["pipeline"] == "tenant:acme"
    client.put("/api/ladder", json={"kinds": ["global", "user", "tenant", "collection"]})
    assert client.effective("u-1", scope="tenant:acme")["pipeline"]["timeout"] == 20


def test_the_documents_below_the_answer_are_told_strongest_first(client: Client) -> None:
    shared = client.create(data={"max_chunk_size": 700})
    own = client.create(data={"max_chunk_size": 800}, scope="user:u-1")
    found = client.effective("u-1", collection_id="c-9", config_types=["chunking", "llm"], layers=True)
    told = [(one["layer"], one["config_id"], one["version"]) for one in found["layers"]["chunking"]]
    assert told == [("user:u-1", own["id"], 1), ("global", shared["id"], 1), ("default", None, None)]
    assert [one["value"]["max_chunk_size"] for one in found["layers"]["chunking"]] == [800, 700, 400]
    assert found["layers"]["chunking"][0]["value"] == found["chunking"]
    assert found["layers"]["llm"] == []


def test_environment_variables_are_a_layer_without_a_config(client: Client) -> None:
    client.post("/api/imports", json={"kind": "env", "variables": {"PIPELINE_TIMEOUT": "77"}})
    first, second = client.effective(config_types="pipeline", layers=True)["layers"]["pipeline"]
    assert (first["layer"], first["config_id"], first["version"]) == ("environment", None, None)
    assert (first["value"]["timeout"], second["layer"]) == (77, "default")


def test_an_answer_with_its_layers_tells_which_of_them_gave_which_fields(client: Client) -> None:
    shared = client.create("chunking", {"max_chunk_size": 400, "chunk_overlap": 7})
    own = client.create("chunking", {"chunk_overlap": 8}, scope="user:u-1", mode="overlay")
    found = client.effective("u-1", config_types=["chunking", "pipeline", "llm"], layers=True)
    assert found["origins"] == {
        "chunking": [
            {"layer": "user:u-1", "config_id": own["id"], "version": 1, "gives": ["/chunk_overlap"]},
            {
                "layer": "global",
                "config_id": shared["id"],
                "version": 1,
                "gives": ["/max_chunk_size"],
            },  # the default, too
        ],
        "llm": [],
        "pipeline": [],
    }
    assert "origins" not in client.effective("u-1")


def test_an_answer_with_its_layers_has_the_digest_of_the_plain_one_and_another_etag(client: Client) -> None:
    address = f"{EFFECTIVE}/u-1"
    plain, layered = client.get(address), client.get(address, params={"layers": True})
    assert layered.json()["digest"] == plain.json()["digest"]
    assert layered.headers["ETag"] != plain.headers["ETag"]
    assert client.get(address, params={"layers": True}).content == layered.content
    client.create(data={"max_chunk_size": 700})
    assert client.get(address, params={"layers": True}).json()["layers"]["chunking"][0]["layer"] == "global"


def test_the_layers_of_the_past_are_those_of_then(client: Client) -> None:
    config = client.create(data={"max_chunk_size": 700})
    then = client.newest_position
    client.change(config, config_data={"max_chunk_size": 900})
    first = client.effective(config_types="chunking", layers=True, position=then)["layers"]["chunking"][0]
    assert (first["layer"], first["version"], first["value"]["max_chunk_size"]) == ("global", 1, 700)


def test_each_field_says_who_gave_it_and_what_it_hides(client: Client, variables: dict[str, str]) -> None:
    variables["MAX_CHUNK_SIZE"] = "450"
    client.post(f"{CONFIGS}sync-defaults", json={})
    below = client.create(data={"max_chunk_size": 500})
    client.change(below, config_data={"max_chunk_size": 400})
    headers = {"Varve-Actor": "u-1"}
    body = {
        "config_type": "chunking",
        "name": "contracts",
        "scope": "collection:c-9",
        "config_data": {"max_chunk_size": 1500},
        "reason": "clauses were cut in half",
    }
    config = client.post(CONFIGS, json=body, headers=headers).json()
    found = client.effective("u-1", collection_id="c-9", config_types="chunking", explain=True)
    assert found["provenance"]["chunking"]["/max_chunk_size"] == {
        "value": 1500,
        "layer": "collection:c-9",
        "config_id": config["id"],
        "version": 1,
        "position": config["position"],
        "operation": "CREATE",
        "actor": "u-1",
        "at": config["updated_at"],
        "reason": "clauses were cut in half",
        "shadowed": [
            {"layer": "global", "value": 400, "config_id": below["id"], "version": 2},
            {"layer": "environment", "value": 450},
            {"layer": "default", "value": 400},
        ],
    }
    assert found["provenance"]["chunking"]["/strategy"]["layer"] == "default"
    assert set(found["provenance"]) == {"chunking"}


def test_a_type_that_lacks_a_field_is_not_served_and_says_what_is_missing(client: Client) -> None:
    client.post(
        CONFIGS,
        json={
            "config_type": "llm",
            "name": "half",
            "mode": "overlay",
            "config_data": {"provider_id": "p"},
            "is_default": True,
        },
    )
    found = client.effective(config_types="llm")
    assert (found["llm"], found["resolution_path"]) == (None, {"llm": "none"})
    assert [(one["rule"], one["pointers"]) for one in found["degraded"]] == [("required", ["/model_id"])]


def test_layers_that_are_invalid_together_are_healed_and_the_answer_says_so(client: Client) -> None:
    client.create("question_generation", {"min_question_length": 60}, scope="user:u")
    config = client.create("question_generation", {"max_question_length": 50}, scope="collection:c")
    found = client.effective("u", collection_id="c", config_types="question_generation")
    assert found["question_generation"]["max_question_length"] == 200
    assert [(one["layer"], one["pointers"], one["config_id"]) for one in found["degraded"]] == [
        ("collection:c", ["/max_question_length"], config["id"])
    ]


def test_the_digest_is_of_the_values_that_are_served(client: Client) -> None:
    found = client.effective(config_types=["chunking", "retrieval"])
    values = {name: found[name] for name in ("chunking", "retrieval")}
    assert found["digest"] == sha256(rfc8785.dumps(values)).hexdigest()
    assert client.effective("somebody", config_types=["retrieval", "chunking"])["digest"] == found["digest"]


def test_an_answer_that_has_not_changed_is_not_sent_again(client: Client) -> None:
    etag = client.get(EFFECTIVE).headers["ETag"]
    answers = [client.get(EFFECTIVE, headers={"If-None-Match": one}) for one in (etag, f'W/{etag}, "x"', "*")]
    assert [(one.status_code, one.content, one.headers["ETag"]) for one in answers] == [(304, b"", etag)] * 3
    explained = client.get(EFFECTIVE, params={"explain": True}, headers={"If-None-Match": etag})
    assert explained.status_code == 200
    client.create(data={"max_chunk_size": 900})
    assert client.get(EFFECTIVE, headers={"If-None-Match": etag}).status_code == 200


def test_the_etag_stays_while_only_the_position_moves(client: Client) -> None:
    before = client.get(f"{EFFECTIVE}/u-1")
    client.create(scope="user:u-2")
    after = client.get(f"{EFFECTIVE}/u-1")
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.json()["position"] == client.newest_position > before.json()["position"]


def test_environments_do_not_see_each_other(client: Client) -> None:
    client.post("/api/environments", json={"name": "staging"})
    client.create(data={"max_chunk_size": 900}, environment="staging")
    assert client.effective()["chunking"]["max_chunk_size"] == 400
    assert client.effective(environment="staging")["chunking"]["max_chunk_size"] == 900


def test_what_is_not_there_is_404_with_what_there_is(client: Client) -> None:
    for query in (
        {"config_types": "chunks"},
        {"config_types": ["chunking", ""]},
        {"environment": "nowhere"},
        {"environment": ""},
    ):
        answer = client.get(EFFECTIVE, params=query)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert "there are " in answer.json()["detail"]
