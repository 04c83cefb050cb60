from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from api.parsing import text_of
from tests.api.conftest import CONFIGS, Client, opened
from tests.api.rest.bad_input import ADDRESSES, DOCUMENTS, FIELDS, HEADERS, HEAVY, ROWS, Row

SECRET = "hunter2"


@pytest.fixture(scope="module")
def furnished() -> Iterator[tuple[Client, dict[str, str]]]:
    """One service for all rows, since none of them may change it; and the ids of what is there."""
    with opened("memory:") as client:
        yield client, furnish(client)


def furnish(client: Client) -> dict[str, str]:
    client.create(name="taken")
    return {
        "spare": client.create(name="spare", is_default=False)["id"],
        "collection": client.create(name="c", scope="collection:c-9")["id"],
    }


def refused(client: Client, ids: dict[str, str], row: Row) -> None:
    head, listed = client.newest_position, client.get(CONFIGS).content
    answer = client.request(row.method, filled(row.path, ids), content=row.content, headers=row.headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (row.status, "application/problem+json"), answer.text
    problem = answer.json()
    named = [one["pointer"] for one in problem.get("errors", [])]
    assert (problem["code"], problem["status"]) == (row.code, row.status)
    assert named[:1] == ([] if row.pointer is None else [row.pointer]), problem
    assert problem["type"] == f"https://varve.dev/errors/{row.code.replace('_', '-')}"
    assert 0 < len(problem["detail"]) < 8_000
    assert SECRET not in answer.text
    assert (client.newest_position, client.get(CONFIGS).content) == (head, listed)


def filled(path: str, ids: dict[str, str]) -> str:
    for name, id_ in ids.items():
        path = path.replace(f"{{{name}}}", id_)
    return path


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method}-{row.what}"[:60].replace(" ", "-"))
def test_bad_input_is_refused_by_name_and_nothing_is_stored(furnished: tuple[Client, dict[str, str]], row: Row) -> None:
    client, ids = furnished
    refused(client, ids, row)


def test_bad_input_is_refused_alike_on_postgresql(postgres_url: str) -> None:
    with opened(postgres_url) as client:
        ids = furnish(client)
        for row in (*FIELDS, *DOCUMENTS, *ADDRESSES, *HEADERS):
            refused(client, ids, row)
        assert client.create(name="still at work")["version"] == 1


@pytest.mark.parametrize("row", HEAVY, ids=lambda row: row.what)
def test_bad_input_costs_little(furnished: tuple[Client, dict[str, str]], row: Row) -> None:
    client, _ = furnished
    began = time.process_time()
    client.request(row.method, row.path, content=row.content, headers=row.headers)
    assert time.process_time() - began < 0.3


@pytest.mark.parametrize("encoded", [b"caf\xc3\xa9", b"caf%e9", b"%00", b"%ed%a0%80", b"%c0%af"])
def test_an_address_that_could_be_read_in_two_ways_is_no_text(encoded: bytes) -> None:
    assert text_of(encoded) is None


@pytest.mark.parametrize(("encoded", "text"), [(b"caf%C3%A9", "café"), (b"a%2Fb", "a/b"), (b"100%", "100%"), (b"", "")])
def test_percent_encoding_is_undone(encoded: bytes, text: str) -> None:
    assert text_of(encoded) == text
