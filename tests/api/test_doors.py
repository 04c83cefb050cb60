"""Where callers need not be known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bootstrap import service


@pytest.fixture(scope="module")
def local() -> Iterator[TestClient]:
    app = create_app(lambda: service("memory:", variables={}), is_local=True)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000"])
def test_a_request_that_names_this_machine_is_taken(local: TestClient, host: str) -> None:
    assert local.get("/api/config-types", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.7:8000", "", "[::2]:8000"])
def test_one_that_names_another_is_refused(local: TestClient, host: str) -> None:
    answer = local.get("/api/config-types", headers={"Host": host})
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, "host")


def test_a_refusal_at_the_door_is_before_the_body(local: TestClient) -> None:
    answer = local.post("/api/runtime-configs/", content=b"{" * 100_000, headers={"Host": "evil.example"})
    assert answer.json()["errors"][0]["rule"] == "host"
