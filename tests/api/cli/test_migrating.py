"""migrate-legacy: real sources, and rows of every bad kind."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.api.cli.conftest import Ran, Server, Varve
from tests.api.cli.legacy import LegacySystem

UUID_ONE = "00000000-0000-4000-8000-000000000001"
PROMPT: dict[str, Any] = {
    "user_id": "u-1",
    "template_type": "RAG_QUERY",
    "system_prompt": "Be short.",
    "template_format": "{question} in {context}",
    "input_variables": {"question": "what is asked", "context": "what was found"},
}


@pytest.fixture(params=["sqlite", "postgresql"])
def legacy(request: pytest.FixtureRequest, tmp_path: Path) -> LegacySystem:
    if request.param == "sqlite":
        return LegacySystem(f"sqlite:///{tmp_path}/older system.db")
    return LegacySystem(request.getfixturevalue("postgres_url"))


@pytest.fixture
def sqlite_legacy(tmp_path: Path) -> LegacySystem:
    return LegacySystem(f"sqlite:///{tmp_path}/older.db")


def migrate(varve: Varve, legacy: LegacySystem, *options: str) -> Ran:
    return varve("migrate-legacy", "--source", legacy.url, "--json", *options)


def configs(varve: Varve, *options: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in varve("list", "--json", *options).json["items"]}


def head(varve: Varve) -> int:
    position: int = varve("projections", "status", "--json").json["items"][0]["head"]
    return position


def reasons(done: Ran) -> dict[str, str]:
    return {one["id"]: one["reason"] for one in done.json["skipped"]}


def test_parameters_of_a_model_become_what_their_user_gets(varve, legacy):
    row = {"max_new_tokens": 512, "temperature": 0.2, "top_k": 40, "top_p": 0.95, "repetition_penalty": 1.1}
    legacy.add_llm(7, "u-1", "careful", is_default=True, provider="watsonx", model_name="granite-3", color="red", **row)
    done = migrate(varve, legacy)
    assert (done.code, done.json["created"], done.json["dropped"]) == (0, 1, ["llm_parameters.color"])
    given = varve("get", "u-1", "-t", "llm", "--json").json
    assert given["llm"] == {
        "provider_id": "watsonx",
        "model_id": "granite-3",
        "timeout": 30,
        "max_retries": 3,
        **row,
    }
    assert configs(varve)["careful"]["mode"] == "replace"


def test_a_row_without_a_model_is_laid_over_what_others_give_and_says_nothing_where_it_has_nulls(varve, legacy):
    varve("set", "global", "llm", "provider_id=openai", "model_id=gpt", "top_k=9")
    legacy.add_llm(1, "u-1", "warm", is_default=True, temperature=1.5)
    assert migrate(varve, legacy).code == 0
    given = varve("get", "u-1", "-t", "llm", "--json").json["llm"]
    assert (given["model_id"], given["top_k"], given["temperature"]) == ("gpt", 9, 1.5)
    assert configs(varve)["warm"]["config_data"] == {"temperature": 1.5}


def test_templates_are_taken_with_their_json(varve, legacy):
    more = {"stop_sequences": ["END"], "context_strategy": {"method": "truncate"}, "max_context_length": 2000}
    legacy.add("prompt_templates", {"id": UUID_ONE, "name": "rag", "is_default": "1", **PROMPT, **more})
    assert migrate(varve, legacy).code == 0
    expected = {name: value for name, value in (PROMPT | more).items() if name != "user_id"}
    assert varve("get", "u-1", "-t", "template", "--json").json["template"] == expected


def test_variables_that_are_a_list_of_names_are_declared(varve, legacy):
    row = {**PROMPT, "input_variables": ["question", "context"]}
    legacy.add("prompt_templates", {"id": UUID_ONE, "name": "rag", **row})
    assert migrate(varve, legacy).code == 0
    assert configs(varve)["rag"]["config_data"]["input_variables"] == {"question": "", "context": ""}


def test_the_second_run_records_nothing(varve, legacy):
    legacy.add_llm(1, "u-1", "a", is_default=True, temperature=0.1)
    legacy.add_llm(2, "u-1", "b", is_default=True, temperature=0.2)
    legacy.add("prompt_templates", {"id": UUID_ONE, "name": "rag", **PROMPT})
    assert migrate(varve, legacy).json["created"] == 3
    before = head(varve)
    again = migrate(varve, legacy)
    assert (again.code, again.json["created"], again.json["updated"], again.json["unchanged"]) == (0, 0, 0, 3)
    assert head(varve) == before


def test_what_changed_at_the_source_is_changed_by_the_next_run(varve, sqlite_legacy, tmp_path):
    sqlite_legacy.add_llm(1, "u-1", "a", temperature=0.1)
    migrate(varve, sqlite_legacy)
    with sqlite3.connect(tmp_path / "older.db") as source:
        source.execute("update llm_parameters set temperature = 0.9")
    source.close()
    assert migrate(varve, sqlite_legacy).json["updated"] == 1
    assert configs(varve)["a"]["config_data"] == {"temperature": 0.9}


def test_of_two_defaults_the_later_wins_and_is_told(varve, legacy):
    legacy.add_llm(1, "u-1", "new", is_default=True, temperature=0.1, updated_at="2026-02-01 00:00:00")
    legacy.add_llm(2, "u-1", "old", is_default=True, temperature=0.2, updated_at="2025-02-01 00:00:00")
    done = migrate(varve, legacy)
    assert done.code == 0
    assert {name: one["is_default"] for name, one in configs(varve).items()} == {"new": True, "old": False}
    (note,) = done.json["notes"]
    assert (note["id"], "llm_parameters 1" in note["reason"]) == ("2", True)


def test_a_default_that_is_refused_leaves_it_to_the_one_before(varve, legacy):
    legacy.add_llm(1, "u-1", "good", is_default=True, temperature=0.1)
    legacy.add_llm(2, "u-1", "bad", is_default=True, temperature=7.0)
    done = migrate(varve, legacy)
    assert (done.code, list(reasons(done)), done.json["notes"]) == (1, ["2"], [])
    assert configs(varve)["good"]["is_default"]


def test_rows_that_cannot_be_taken_are_told_and_the_others_are_taken(varve, legacy):
    legacy.add_llm(1, "u-1", "good", temperature=0.5)
    legacy.add_llm(2, "u-1", "hot", temperature=2.5, top_k=0)
    legacy.add_llm(3, "u-1", None)
    legacy.add_llm(4, None, "nobody's")
    legacy.add_llm(5, "u-2", "Fast", temperature=0.5)
    legacy.add_llm(6, "u-2", "FAST", temperature=0.6)
    legacy.add_llm(7, "u-3", " spaced ", temperature=0.6)
    legacy.add_llm(8, "u-3", "endless", temperature=float("inf"))
    done = migrate(varve, legacy)
    told = reasons(done)
    assert (done.code, done.json["rows"], sorted(configs(varve))) == (1, 8, ["FAST", "good"])
    assert sorted(told) == ["2", "3", "4", "5", "7", "8"]
    assert "temperature" in told["2"]
    assert "top_k" in told["2"]
    assert (told["3"], told["4"]) == ("name is missing", "user_id is missing")
    assert "llm_parameters 6" in told["5"]
    assert "no space at either end" in told["7"]
    assert told["8"] == "temperature is inf, and no number"


def test_what_only_a_loose_database_holds_is_told_too(varve, sqlite_legacy):
    sqlite_legacy.add("prompt_templates", {"id": "broken", "name": "a", **PROMPT, "context_strategy": '{"method": '})
    sqlite_legacy.add("prompt_templates", {"id": "no text", "name": b"\xff", **PROMPT})
    sqlite_legacy.add("prompt_templates", {"id": "undeclared", "name": "c", **PROMPT, "input_variables": {}})
    sqlite_legacy.add("prompt_templates", {"id": "maybe", "name": "d", "is_default": "maybe", **PROMPT})
    sqlite_legacy.add("llm_parameters", {"id": 5, "user_id": "u-1", "name": "e", "temperature": "warm"})
    sqlite_legacy.add("llm_parameters", {"id": 6, "user_id": "u-1", "name": "f", "max_new_tokens": 2**60})
    told = reasons(migrate(varve, sqlite_legacy))
    expected = {
        "broken": "context_strategy is not JSON",
        "no text": "name is neither a text nor a number",
        "undeclared": "must be declared in input_variables",
        "maybe": "is_default is 'maybe'",
        "5": "temperature",
        "6": "max_new_tokens",
    }
    assert told.keys() == expected.keys()
    assert [part for row, part in expected.items() if part not in told[row]] == []


def test_commits_are_small_and_a_fault_in_one_leaves_the_others(varve, sqlite_legacy):
    for number in range(250):
        sqlite_legacy.add_llm(number, f"u-{number}", "mine", temperature=9.0 if number == 120 else 0.5)
    done = migrate(varve, sqlite_legacy)
    assert (done.json["created"], list(reasons(done))) == (249, ["120"])


def test_a_dry_run_tells_the_same_and_records_nothing(varve, sqlite_legacy):
    sqlite_legacy.add_llm(1, "u-1", "good", temperature=0.5)
    sqlite_legacy.add_llm(2, "u-1", "hot", temperature=2.5)
    done = migrate(varve, sqlite_legacy, "--dry-run")
    assert (done.code, done.json["created"], list(reasons(done))) == (1, 1, ["2"])
    assert configs(varve) == {}


def test_people_are_told_in_lines(varve, sqlite_legacy):
    sqlite_legacy.add_llm(1, "u-1", "good", temperature=0.5)
    sqlite_legacy.add_llm(2, None, "hot")
    done = varve("migrate-legacy", "--source", sqlite_legacy.url)
    assert done.out == "2 rows: 1 created, 0 updated, 0 unchanged, 1 skipped\n"
    assert "skipped llm_parameters 2: user_id is missing\n" in done.err
    assert "varve: 1 of 2 rows were skipped: mend them at the source and run this again\n" in done.err


def test_rows_are_taken_into_a_server_and_an_environment(varve, server: Server, sqlite_legacy):
    sqlite_legacy.add_llm(1, "u-1", "good", temperature=0.5)
    assert migrate(varve, sqlite_legacy, "--server", server.address).code == 0
    assert list(configs(varve, "--server", server.address)) == ["good"]
    elsewhere = migrate(varve, sqlite_legacy, "--server", server.address, "-e", "nowhere")
    assert (elsewhere.code, "nowhere" in elsewhere.err) == (1, True)


def test_the_source_is_not_written(varve, sqlite_legacy, tmp_path):
    sqlite_legacy.add_llm(1, "u-1", "good", temperature=0.5)
    before = (tmp_path / "older.db").read_bytes()
    migrate(varve, sqlite_legacy)
    assert (tmp_path / "older.db").read_bytes() == before
    assert not list(tmp_path.glob("older.db-*"))


def test_what_would_write_to_the_source_is_not_carried_out(varve, postgres_url):
    with psycopg.connect(postgres_url) as source:
        source.execute("create sequence asked")
        source.execute("create view llm_parameters as select nextval('asked') as id, 'u-1' as user_id, 'n' as name")
    done = varve("migrate-legacy", "--source", postgres_url)
    assert (done.code, "read-only transaction" in done.err) == (3, True)


BAD_SOURCES = {
    "postgresql://u:s3cret@127.0.0.1:1/old": 3,
    "postgresql+psycopg2://u:s3cret@127.0.0.1:1/old": 3,
    "postgresql://u:s3cret@127.0.0.1:port/old": 2,
    "mysql://u:s3cret@host/old": 2,
    "u:s3cret@host": 2,
    "sqlite:///nowhere.db": 3,
    "sqlite://": 2,
}


@pytest.mark.parametrize("url", BAD_SOURCES)
def test_a_source_that_cannot_be_read_is_told_without_its_password(varve, url):
    done = varve("migrate-legacy", "--source", url, "--debug")
    assert (done.code, "source" in done.err, "s3cret" in done.err + done.out) == (BAD_SOURCES[url], True, False)


@pytest.mark.parametrize(("table", "part"), [("x (id integer)", "neither"), ("llm_parameters (id integer)", "user_id")])
def test_a_source_without_the_tables_is_told(varve, tmp_path, table, part):
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute(f"create table {table}")
    other.close()
    done = varve("migrate-legacy", "--source", f"sqlite:///{tmp_path}/other.db")
    assert (done.code, part in done.err) == (2, True)
