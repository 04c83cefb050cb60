"""Repeated requests that hold secrets, or keys that are secrets."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request

from api.request_digests import request_digests
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.secrets.sealing import stored


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


def test_a_repeat_from_before_there_were_keys_is_known(keys: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'varve.db'}"
    body = {"config_type": "chunking", "name": "n", "config_data": {}}
    with opened(url) as client:
        first = client.post(CONFIGS, json=body, headers={"Idempotency-Key": "k"})
    with opened(url, secret_keys=keys) as client:
        assert client.post(CONFIGS, json=body, headers={"Idempotency-Key": "k"}).json() == first.json()
