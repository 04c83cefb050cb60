"""Files as they are: the service reads them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from api.pages import EXAMPLE
from tests.api.conftest import Client

IMPORTS = "/api/imports"


def handed_in(api: Client, name: str, text: str, **more: Any) -> Any:
    return api.post(IMPORTS, json={"kind": "file", "name": name, "text": text, **more})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mine.toml", "[retrieval]\nnumber_of_results = 7\n"),
        ("mine.yaml", "retrieval:\n  number_of_results: 7\n"),
        ("MINE.JSON", '{"retrieval": {"number_of_results": 7}}'),
    ],
)
def test_sections_that_bear_the_name_of_a_type_are_for_it(api: Client, name: str, text: str) -> None:
    done = handed_in(api, name, text).json()
    assert (done["kind"], done["created"], done["unmapped"]) == ("document", 1, [])
    assert api.effective()["retrieval"]["number_of_results"] == 7
    (config,) = api.get("/api/runtime-configs/").json()["items"]
    assert config["name"] == name.rpartition(".")[0]


def test_other_sections_are_told_of_and_become_types_when_that_is_asked(api: Client) -> None:
    text = "[retrieval]\nnumber_of_results = 7\n[rerank]\ntop_n = 3\n"
    assert handed_in(api, "mine.toml", text).json()["unmapped"] == ["rerank"]
    assert handed_in(api, "mine.toml", text, define=True).json()["types_defined"] == ["rerank"]
    assert api.effective()["rerank"] == {"top_n": 3}


@pytest.mark.parametrize("name", [".env", "prod.env"])
def test_variables_go_to_their_layer_and_what_is_no_setting_is_not_told_again(api: Client, name: str) -> None:
    answer = handed_in(api, name, "NUMBER_OF_RESULTS=7\nJWT_SECRET_KEY=hush\n")
    assert (answer.status_code, answer.json()["kind"]) == (200, "env")
    assert api.effective()["retrieval"]["number_of_results"] == 7
    assert "hush" not in answer.text + api.get("/api/events").text


def test_a_bundle_is_known_by_what_it_holds(api: Client) -> None:
    assert handed_in(api, "bundle.json", EXAMPLE.read_text()).json()["kind"] == "bundle"
    assert api.effective("u-1", collection_id="contracts")["chunking"]["max_chunk_size"] == 1200


def test_a_dry_run_stores_nothing(api: Client) -> None:
    before = api.newest_position
    body = {"kind": "file", "name": "mine.toml", "text": "[retrieval]\nnumber_of_results = 7\n"}
    assert api.post(IMPORTS, params={"dry_run": True}, json=body).json()["created"] == 1
    assert api.newest_position == before


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("mine.toml", "[chunking]\nmax =", "mine.toml, line 2"),
        ("mine.yaml", "a: [1", "mine.yaml, line"),
        ("mine.json", '{"a": 1, "a": 2}', "mine.json, line 1"),
        (".env", "A B=1", ".env, line 1"),
        ("mine.txt", "", "the name must end in one of .toml"),
        ("mine", "", "the name must end in one of .toml"),
    ],
)
def test_a_fault_is_told_with_its_place(api: Client, name: str, text: str, told: str) -> None:
    answer = handed_in(api, name, text)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_file")
    assert told in answer.json()["detail"]


def test_the_example_is_what_an_export_would_write(api: Client) -> None:
    example = orjson.loads(EXAMPLE.read_bytes())
    api.post(IMPORTS, json={"kind": "bundle", "bundle": example}).raise_for_status()
    assert api.get("/api/exports").json() == example
