"""New keys for secrets: nothing that was said changes."""

from __future__ import annotations

from pathlib import Path

from tests.api.conftest import Client, opened
from tests.api.rest.secrets.sealing import OTHER, TEXT, of_user, put, read_open, rotate, stored
from tests.master_keys import key_file, lines_of


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
