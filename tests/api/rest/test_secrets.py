"""Secret fields: sealed as they come in, a placeholder wherever they go out, opened for who asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from starlette.requests import Request

from api.callers import Callers
from api.request_digests import request_digests
from domain.configs.config import Config
from tests.api.conftest import CONFIGS, Client, opened
from tests.master_keys import key_file, lines_of

TEXT, OTHER = "sk-first-secret-1", "sk-other-secret-2"
OPEN = {"secrets": "true", "config_types": "provider"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return key_file(tmp_path / "keys", "m-1")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'varve.db'}"


@pytest.fixture
def every(store_url: str, keys: Path) -> Iterator[Client]:
    """On each store in turn."""
    with opened(store_url, secret_keys=keys) as client:
        yield client


@pytest.fixture
def api(keys: Path) -> Iterator[Client]:
    with opened("memory:", secret_keys=keys) as client:
        yield client


def of_user(client: Client, text: Any = TEXT, user: str = "u-1", **data: Any) -> dict[str, Any]:
    return client.create("provider", {"api_key": text, **data}, scope="user", user_id=user)


def put(client: Client, config: dict[str, Any], **data: Any) -> Any:
    return client.put(CONFIGS + config["id"], json={"config_data": data})


def read_open(client: Client, user: str = "u-1", **query: Any) -> Any:
    answer = client.get(f"{CONFIGS}effective/{user}", params={**OPEN, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["provider"]["api_key"]


def stored(client: Client) -> bytes:
    """The payloads of all events."""
    store = client.service.use_cases.store
    return b"\n".join(event.state for event in store.events(first=1, last=client.newest_position))


def rotate(client: Client, **how: Any) -> Any:
    return client.post("/api/secrets/rotations", json={}, **how)


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


def test_rollback_undo_and_an_environment_going_back_bring_the_old_secret(every: Client) -> None:
    config = of_user(every)
    then = every.newest_position
    put(every, config, api_key=OTHER)
    changed = every.newest_position
    history = f"{CONFIGS}{config['id']}/rollback"
    assert every.post(history, json={"to_version": 1}).status_code == 200
    assert read_open(every) == TEXT
    put(every, config, api_key=OTHER)
    assert every.post("/api/rollbacks", json={"position": then}).status_code == 200
    assert read_open(every) == TEXT
    assert put(every, config, api_key=OTHER).status_code == 200
    assert every.post(f"/api/events/{changed}/undo", json={}).status_code == 200
    assert read_open(every) == TEXT
    every.delete(CONFIGS + config["id"])
    assert every.post(history, json={"to_version": 1}).status_code == 200
    every.put(f"{CONFIGS}{config['id']}/default", json={"is_default": True})
    assert read_open(every) == TEXT


def test_an_export_comes_back_unchanged_where_the_secrets_are(api: Client) -> None:
    of_user(api)
    bundle = api.get("/api/exports").json()
    found = api.post("/api/imports", json={"kind": "bundle", "bundle": bundle})
    assert found.status_code == 200
    assert (found.json()["created"], found.json()["updated"]) == (0, 0)
    with opened("memory:") as elsewhere:
        found = elsewhere.post("/api/imports", json={"kind": "bundle", "bundle": bundle})
        assert found.status_code == 400
        assert "/configs/0/config_data/api_key" in found.text
        assert "give the secret again" in found.text


def test_a_bundle_with_texts_is_imported_once(api: Client) -> None:
    of_user(api)
    bundle = api.get("/api/exports").json()
    bundle["configs"][0]["config_data"]["api_key"] = OTHER
    bundle["environment_variables"] = {"production": {"provider": {"api_key": TEXT}}}
    ask = {"kind": "bundle", "bundle": bundle}
    first, again = api.post("/api/imports", json=ask).json(), api.post("/api/imports", json=ask).json()
    assert (first["updated"], first["variables_changed"]) == (1, 1)
    assert (again["updated"], again["variables_changed"]) == (0, 0)
    assert (read_open(api), read_open(api, user="u-2")) == (OTHER, TEXT)


def test_a_copy_of_the_process_layer_is_sealed_for_its_own_place(api: Client) -> None:
    bundle = {"varve_bundle": 1, "environment_variables": {"production": {"provider": {"api_key": TEXT}}}}
    api.post("/api/imports", json={"kind": "bundle", "bundle": bundle})
    layer = api.get("/api/exports").json()["environment_variables"]["production"]["provider"]
    copied = api.post("/api/imports", json={"kind": "env", "variables": {}, "materialize": True})
    assert copied.json()["materialized"] == ["provider"]
    config = api.get(CONFIGS, params={"config_type": "provider"}).json()["items"][0]
    assert config["config_data"] == layer
    assert read_open(api) == TEXT
    assert api.effective(config_types="provider")["resolution_path"] == {"provider": "global"}


def test_drafts_may_hold_secrets_and_show_none(api: Client) -> None:
    config = of_user(api)
    draft = {"config_type": "provider", "scope": "user:u-1", "config_data": {"api_key": OTHER}}
    tested = api.post(CONFIGS + "test", json=draft)
    impact = api.post(CONFIGS + "impact", json={"changes": [{"action": "put", **draft}]})
    contexts = [{"user_id": "u-1"}]
    imagined = api.post("/api/counterfactuals", json={"draft": draft, "contexts": contexts})
    for answer in (tested, impact, imagined):
        assert answer.status_code == 200, answer.text
        assert OTHER not in answer.text
        assert "ciphertext" not in answer.text
        assert "/api_key" in answer.text
    same = {**draft, "config_data": config["config_data"]}
    unchanged = api.post("/api/counterfactuals", json={"draft": same, "contexts": contexts})
    assert unchanged.json()["items"][0]["changes"] == {}


def test_the_same_key_and_body_gives_the_first_answer_again(every: Client) -> None:
    body = {"config_type": "provider", "name": "n", "config_data": {"api_key": "1234"}}
    first, again = (every.post(CONFIGS, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    guessed = every.post(CONFIGS, json={**body, "config_data": {"api_key": "1235"}}, headers={"Idempotency-Key": "k"})
    assert guessed.status_code == 422


def test_the_digest_of_a_request_cannot_be_checked_with_what_the_database_holds(every: Client) -> None:
    body = {"config_type": "provider", "name": "n", "config_data": {"api_key": "1234"}}
    every.post(CONFIGS, json=body, headers={"Idempotency-Key": "k"})
    store = every.service.use_cases.store
    commit = store.commit_of("anonymous", "k")
    scope = {"type": "http", "method": "POST", "path": CONFIGS, "query_string": b"", "headers": [], "scheme": "http",
             "server": ("testserver", 80), "state": {"varve_body": body}}  # fmt: skip
    under, from_the_database = request_digests(Request(scope), store)
    assert commit is not None
    assert commit.digest == under
    assert commit.digest != from_the_database


def test_a_key_that_is_made_of_a_file_is_not_recorded_as_it_is(every: Client) -> None:
    """It is a digest without a key: whoever has the log could try what the file may have held."""
    body = {"config_type": "provider", "name": "n", "config_data": {"api_key": "1234"}}
    headers = {"Idempotency-Key": f"import-{'ab' * 32}"}
    first, again = (every.post(CONFIGS, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, first.json())
    assert headers["Idempotency-Key"].encode() not in stored(every)
    assert every.service.use_cases.store.commit_of("anonymous", headers["Idempotency-Key"]) is None


def test_a_file_that_was_imported_before_there_were_keys_is_known(keys: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'varve.db'}"
    body = {"config_type": "chunking", "name": "n", "config_data": {}}
    headers = {"Idempotency-Key": f"import-{'ab' * 32}"}
    with opened(url) as client:
        first = client.post(CONFIGS, json=body, headers=headers)
    with opened(url, secret_keys=keys) as client:
        assert client.post(CONFIGS, json=body, headers=headers).json() == first.json()


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


def test_a_repeat_from_before_there_were_keys_is_known(keys: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'varve.db'}"
    body = {"config_type": "chunking", "name": "n", "config_data": {}}
    with opened(url) as client:
        first = client.post(CONFIGS, json=body, headers={"Idempotency-Key": "k"})
    with opened(url, secret_keys=keys) as client:
        assert client.post(CONFIGS, json=body, headers={"Idempotency-Key": "k"}).json() == first.json()


def test_a_rotation_changes_no_digest_no_answer_about_the_past_and_no_event(
    store_url: str, keys: Path, tmp_path: Path
) -> None:
    both = key_file(tmp_path / "both", "m-2", lines=lines_of(keys))
    alone = key_file(tmp_path / "alone", lines=lines_of(both)[:1])
    with opened(store_url, secret_keys=keys) as client:
        config = of_user(client)
        then, events = client.newest_position, stored(client)
        before = client.effective("u-1", explain=True), client.effective("u-1", position=then)
        if store_url == "memory:":
            assert rotate(client).status_code == 201
            assert client.effective("u-1", explain=True)["digest"] == before[0]["digest"]
            assert read_open(client) == TEXT
            return
    with opened(store_url, secret_keys=both) as client:
        done = rotate(client)
        assert done.status_code == 201
        assert (done.json()["master"], done.json()["rewrapped"]) == ("m-2", 2)
        assert stored(client) == events
        new = of_user(client, OTHER, user="u-2")
    with opened(store_url, secret_keys=alone) as client:
        now = client.effective("u-1", explain=True), client.effective("u-1", position=then)
        assert now[0] == {**before[0], "position": now[0]["position"]}
        assert now[1] == before[1]
        assert client.post("/api/audits/replay", json={"user_id": "u-1"}).json()["equal"]
        receipt = {"user_id": "u-1", "position": then, "digest": before[1]["digest"]}
        judged = client.post("/api/audits/receipts", json={"receipts": [receipt]}).json()["items"][0]
        assert judged["verdict"] == "genuine"
        assert (read_open(client), read_open(client, position=then), read_open(client, user="u-2")) == (
            TEXT,
            TEXT,
            OTHER,
        )
        assert put(client, config, api_key=TEXT).json()["version"] == 1
        assert done.json()["key"].encode() in stored(client)
        assert client.service.use_cases.rebuilder.verify().equal
        assert new["config_data"]["api_key"] == client.effective("u-2")["provider"]["api_key"]


def test_a_rotation_that_is_sent_again_is_done_once(every: Client) -> None:
    first = rotate(every, headers={"Idempotency-Key": "r"})
    again = rotate(every, headers={"Idempotency-Key": "r"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert rotate(every).json()["rewrapped"] == first.json()["rewrapped"] + 1
    other = every.post("/api/secrets/rotations", json={"reason": "x"}, headers={"Idempotency-Key": "r"})
    assert other.status_code == 422


def test_a_rotation_may_be_tried(every: Client) -> None:
    head = every.newest_position
    tried = every.post("/api/secrets/rotations?dry_run=true", json={})
    assert (tried.status_code, tried.json()["dry_run"], every.newest_position) == (200, True, head)
    assert rotate(every).json()["rewrapped"] == tried.json()["rewrapped"]


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
