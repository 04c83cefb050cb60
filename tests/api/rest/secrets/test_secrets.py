"""Secret fields: sealed as they come in, a placeholder wherever they go out, opened for who asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.callers import Callers
from domain.configs.config import Config
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.secrets.sealing import OPEN, OTHER, TEXT, of_user, put, read_open, rotate, stored


def test_a_text_is_sealed_and_shown_as_a_placeholder(every: Client) -> None:
    config = of_user(every)
    assert config["config_data"]["api_key"].keys() == {"$secret"}
    assert config["config_data"]["api_key"]["$secret"].keys() == {"commitment"}
    assert TEXT.encode() not in stored(every)
    assert b'"ciphertext"' in stored(every)
    assert every.effective("u-1")["provider"]["api_key"] == config["config_data"]["api_key"]
    assert every.effective("u-1")["degraded"] == []


def test_a_secret_is_opened_for_who_asks_for_it_now_and_as_of_a_moment(every: Client) -> None:
    config = of_user(every)
    then = every.newest_position
    put(every, config, api_key=OTHER)
    assert read_open(every) == OTHER
    assert read_open(every, position=then) == TEXT
    assert every.effective("u-1", position=then)["provider"]["api_key"] == config["config_data"]["api_key"]


def test_an_opened_answer_is_kept_by_nobody_and_has_a_tag_of_its_own(api: Client) -> None:
    of_user(api)
    address = f"{CONFIGS}effective/u-1"
    shown = api.get(address, params={"config_types": "provider"})
    for _ in range(2):  # the second would come from what is kept
        answer = api.get(address, params=OPEN)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json()["provider"]["api_key"] == TEXT
        assert answer.json()["digest"] == shown.json()["digest"]
    kept: Any = api.service.kept
    assert kept.kept
    assert TEXT.encode() not in repr(kept.kept).encode()
    tag = answer.headers["ETag"]
    assert tag != shown.headers["ETag"]
    assert api.get(address, params=OPEN, headers={"If-None-Match": tag}).status_code == 304
    assert api.get(address, params=OPEN, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 200


def test_provenance_shows_the_placeholder_also_of_an_opened_answer(api: Client) -> None:
    of_user(api)
    answer = api.get(f"{CONFIGS}effective/u-1", params={**OPEN, "explain": "true"})
    assert answer.text.count(TEXT) == 1


def test_the_highest_layer_that_gives_a_secret_is_opened(api: Client) -> None:
    bundle = {"varve_bundle": 1, "environment_variables": {"production": {"provider": {"api_key": "sk-process"}}}}
    assert api.post("/api/imports", json={"kind": "bundle", "bundle": bundle}).status_code == 200
    assert read_open(api) == "sk-process"
    api.create("provider", {"api_key": OTHER}, scope="global")
    assert read_open(api) == OTHER
    of_user(api)
    assert (read_open(api), read_open(api, user="u-2")) == (TEXT, OTHER)


def test_a_placeholder_that_comes_back_keeps_the_secret(every: Client) -> None:
    config = of_user(every)
    changed = put(every, config, **config["config_data"], timeout=77)
    assert changed.status_code == 200
    assert changed.json()["config_data"] == {**config["config_data"], "timeout": 77}
    assert read_open(every) == TEXT
    assert every.put(CONFIGS + config["id"], json={"name": "renamed"}).status_code == 200
    assert read_open(every) == TEXT


def test_the_same_text_again_records_nothing(every: Client) -> None:
    config = of_user(every)
    assert put(every, config, api_key=TEXT).json()["version"] == config["version"]
    assert put(every, config, api_key=OTHER).json()["version"] == config["version"] + 1


def test_a_placeholder_of_another_secret_is_refused_and_says_what_to_do(api: Client) -> None:
    config, other = of_user(api), of_user(api, OTHER, user="u-2")
    found = put(api, config, api_key=other["config_data"]["api_key"])
    assert found.status_code == 400
    assert found.json()["errors"][0]["pointer"] == "/config_data/api_key"
    assert "give the secret again" in found.json()["detail"]
    body = {"config_type": "provider", "name": "copy", "config_data": config["config_data"]}
    assert "give the secret again" in api.post(CONFIGS, json=body).json()["detail"]


def planted(api: Client) -> dict[str, Any]:
    """The envelope of u-1's secret, as only the store has it."""
    config = of_user(api)
    envelope: dict[str, Any] = api.service.use_cases.store.load(Config, UUID(config["id"])).data["api_key"]
    return envelope


def test_an_envelope_cannot_be_planted(api: Client) -> None:
    envelope, other = planted(api), of_user(api, OTHER, user="u-2")
    for made_up in (envelope, {"$secret": {**envelope["$secret"], "version": 2}}, {"$secret": "x"}, {"$secret": {}}):
        found = put(api, other, api_key=made_up)
        assert found.status_code == 400, made_up
        assert "give the secret again" in found.json()["detail"]
    assert read_open(api, user="u-2") == OTHER


@pytest.mark.parametrize(
    ("config_type", "data", "pointer"),
    [
        ("pipeline", {"more": {"$secret": {"commitment": "c"}}}, "/config_data/more"),
        ("pipeline", {"more": [{"$secret": 1}]}, "/config_data/more/0"),
        ("pipeline", {"$secret": {"commitment": "c"}}, "/config_data"),
        ("provider", {"headers": {"a": {"$secret": {}, "b": 1}}}, "/config_data/headers/a"),
    ],
)
def test_what_says_secret_where_none_is_is_refused(api: Client, config_type: str, data: Any, pointer: str) -> None:
    body = {"config_type": config_type, "name": "n", "config_data": data}
    found = api.post(CONFIGS, json=body)
    assert found.status_code == 400
    assert pointer in [fault["pointer"] for fault in found.json()["errors"]]
    assert "stands for secrets only" in found.json()["detail"]


def test_without_keys_a_text_is_refused_and_told_what_to_set() -> None:
    with opened("memory:") as client:
        body = {"config_type": "provider", "name": "n", "config_data": {"api_key": TEXT, "timeout": 0}}
        found = client.post(CONFIGS, json=body)
        assert found.status_code == 400
        assert {fault["pointer"] for fault in found.json()["errors"]} == {
            "/config_data/api_key",
            "/config_data/timeout",
        }
        assert "VARVE_SECRET_KEYS" in found.json()["detail"]
        assert TEXT not in found.text
        reference = {"api_key": {"$ref": "env:OPENAI_KEY"}}
        assert client.create("provider", reference)["config_data"] == reference
        assert rotate(client).json()["code"] == "keys_missing"


def test_without_keys_what_was_sealed_is_shown_kept_and_not_opened(keys: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'varve.db'}"
    with opened(url, secret_keys=keys) as client:
        config = of_user(client)
    with opened(url) as client:
        assert client.effective("u-1")["provider"]["api_key"] == config["config_data"]["api_key"]
        answer = client.get(f"{CONFIGS}effective/u-1", params=OPEN)
        assert (answer.status_code, answer.json()["code"]) == (409, "keys_missing")
        assert put(client, config, **config["config_data"], timeout=9).status_code == 200
    with opened(url, secret_keys=keys) as client:
        assert read_open(client) == TEXT


def test_messages_never_repeat_a_secret(api: Client) -> None:
    schema = {
        "type": "object",
        "properties": {"token": {"type": "string", "x-secret": True, "minLength": 40, "pattern": "^tk-"}},
        "additionalProperties": False,
    }
    rules = [
        {"name": "r", "expression": "this.token.endsWith('!')", "message": "token ends badly", "fields": ["/token"]}
    ]
    assert api.put("/api/config-types/vault", json={"schema": schema, "rules": rules}).status_code == 200
    for given in (TEXT, [TEXT], {"a": TEXT}, {"$ref": TEXT}, {"$secret": TEXT}, {"$secret": {"commitment": TEXT}}):
        for address in (CONFIGS, CONFIGS + "test"):
            config = {"config_type": "vault", "config_data": {"token": given}}
            body = {**config, "name": "n"} if address == CONFIGS else config
            found = api.post(address, json=body)
            assert found.status_code == 400
            assert TEXT not in found.text
    long = "tk-" + "x" * 40
    found = api.post(CONFIGS, json={"config_type": "vault", "name": "n", "config_data": {"token": long}})
    assert [fault["rule"] for fault in found.json()["errors"]] == ["r"]
    assert api.create("vault", {"token": long + "!"}, scope="global")["in_force"]
    assert api.effective()["degraded"] == []


def test_a_document_holds_only_so_many_secrets_and_they_are_sealed_in_time(api: Client) -> None:
    text = {"type": "string", "x-secret": True, "minLength": 3}
    schema = {"type": "object", "properties": {}, "additionalProperties": text}
    assert api.put("/api/config-types/vault", json={"schema": schema}).status_code == 200

    def send(count: int) -> Any:
        data = {f"k{n}": f"{TEXT}{n}" for n in range(count)}
        return api.post(CONFIGS, json={"config_type": "vault", "name": f"n{count}", "config_data": data})

    most, more, far_more = send(100), send(101), send(5_000)
    assert most.status_code == 201
    assert (more.status_code, far_more.status_code) == (400, 400)
    assert "may hold 100 secrets" in more.json()["detail"]
    assert TEXT not in more.text + far_more.text
    assert most.elapsed.total_seconds() < 2
    assert far_more.elapsed.total_seconds() < 2
    references = {f"k{n}": {"$ref": "env:KEY"} for n in range(300)}
    assert api.create("vault", references, scope="global")["in_force"]


@pytest.mark.parametrize(
    ("role", "shown", "opened_"),
    [("reader", 200, 200), ("viewer", 200, 403), ("editor", 200, 403), ("maintainer", 200, 403), ("admin", 200, 200)],
)
def test_secrets_are_for_readers_and_admins(keys: Path, role: str, shown: int, opened_: int) -> None:
    with opened("memory:", secret_keys=keys, callers=Callers()) as client:
        client.show(client.admit())
        client.create("provider", {"api_key": TEXT}, scope="global")
        issued = client.post("/api/keys", json={"label": "x", "role": role, "environments": ["production"]}).json()
        client.show(issued["api_key"])
        address = f"{CONFIGS}effective"
        bound = {"config_types": "provider"}
        answer = client.get(address, params=bound), client.get(address, params={**bound, "secrets": "true"})
        assert [one.status_code for one in answer] == [shown, opened_]
        assert [TEXT in one.text for one in answer] == [False, opened_ == 200]


def test_views_hold_no_envelope(every: Client) -> None:
    of_user(every)
    views: Any = every.service.use_cases.views
    pages = [row.data for _, row in views.in_force(None, "provider")]
    assert any("$secret" in data for data in pages)
    assert not any("ciphertext" in data for data in pages)


def test_an_event_that_holds_a_secret_is_proved_without_its_bytes(api: Client) -> None:
    config = of_user(api)
    events = api.get("/api/events", params={"subject": config["id"]}).json()["items"]
    proof = api.get(f"/api/audits/proof/{events[0]['position']}").json()
    assert proof["leaf"] is None
    assert len(proof["leaf_hash"]) == 64
