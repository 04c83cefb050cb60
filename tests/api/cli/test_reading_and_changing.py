"""get, set, delete, list, types, define, projections: on a store in a file."""

from __future__ import annotations

import json

import pytest

from tests.api.cli.conftest import Varve


def value(varve: Varve, field: str, *context: str) -> object:
    return varve("get", *context, "-t", "chunking", "--json").json["chunking"][field]


def test_what_was_set_is_in_force(varve):
    done = varve(
        "set", "collection:c-9", "chunking", "max_chunk_size=1200", "--reason", "cut in half", "--actor", "u-1"
    )
    assert (done.code, done.err) == (0, "")
    assert "at version 1, in force" in done.out
    assert value(varve, "max_chunk_size", "u-1", "-c", "c-9") == 1200
    assert value(varve, "max_chunk_size", "u-1") == 400


def test_setting_more_fields_keeps_the_others(varve):
    varve("set", "user:u-1", "chunking", "max_chunk_size=1200")
    done = varve("set", "user:u-1", "chunking", "chunk_overlap=20", "strategy=semantic", "--json").json
    assert done["config_data"] == {"max_chunk_size": 1200, "chunk_overlap": 20, "strategy": "semantic"}
    assert (done["version"], done["mode"], done["name"]) == (2, "overlay", "default")


def test_an_unset_field_goes_back_to_the_default(varve):
    varve("set", "global", "chunking", "chunk_overlap=20")
    varve("set", "user:u-1", "chunking", "chunk_overlap=30", "max_chunk_size=800")
    varve("set", "user:u-1", "chunking", "--unset", "chunk_overlap")
    assert value(varve, "chunk_overlap", "u-1") == 10
    varve("set", "user:u-1", "chunking", "chunk_overlap=40")
    assert value(varve, "chunk_overlap", "u-1") == 40


def test_a_value_is_json_or_else_text_and_a_pointer_goes_inside(varve, folder):
    (folder / "fusion.json").write_text('{"type": "object", "properties": {"weights": {"type": "object"}}}')
    assert varve("define", "fusion", "fusion.json").code == 0
    varve("set", "global", "fusion", "/weights/a=0.5", "/weights/b=[1,2]", "label=plain text", "on=true", "none=null")
    found = varve("get", "-t", "fusion", "--json").json["fusion"]
    assert found == {"weights": {"a": 0.5, "b": [1, 2]}, "label": "plain text", "on": True, "none": None}


def test_a_named_config_is_changed_apart_from_the_default(varve):
    varve("set", "global", "chunking", "max_chunk_size=800")
    changed = varve("set", "global", "chunking", "max_chunk_size=900", "--name", "Default", "--json").json
    assert (changed["name"], changed["version"]) == ("default", 2)


def test_the_table_tells_the_layer_of_each_field_and_explains_it(varve):
    varve("set", "global", "chunking", "max_chunk_size=800", "--reason", "long clauses", "--actor", "Ünï")
    line = next(line for line in varve("get", "-t", "chunking", "--explain").out.splitlines() if "max_chunk" in line)
    told = [part.strip() for part in line.split("   ") if part.strip()]
    assert told[:4] == ["chunking", "max_chunk_size", "800", "global"]
    assert (told[4], *told[6:]) == ("Ünï", "long clauses", "default: 400")


def test_a_type_that_is_not_complete_is_told(varve):
    varve("set", "global", "llm", "temperature=0.2")
    done = varve("get", "-t", "llm")
    assert (done.code, "not complete" in done.out) == (0, True)
    assert "provider_id" in done.err


def test_a_deleted_config_is_gone(varve):
    varve("set", "user:u-1", "chunking", "max_chunk_size=1200")
    assert varve("delete", "user:u-1", "chunking", "--reason", "no more").code == 0
    assert value(varve, "max_chunk_size", "u-1") == 400
    again = varve("delete", "user:u-1", "chunking")
    assert (again.code, again.err) == (
        1,
        "varve: there is no default of chunking at user:u-1: varve list shows what there is\n",
    )


def test_configs_are_listed_and_filtered(varve):
    varve("set", "user:u-1", "chunking", "max_chunk_size=1200")
    varve("set", "global", "llm", "temperature=0.2")
    assert [c["config_type"] for c in varve("list", "--json").json["items"]] == ["chunking", "llm"]
    assert [c["config_type"] for c in varve("list", "-s", "user:u-1", "--json").json["items"]] == ["chunking"]
    assert "user:u-1" in varve("list", "-t", "chunking").out


def test_types_are_listed_and_told(varve):
    assert {"chunking", "llm"} <= {one["name"] for one in varve("types", "--json").json["items"]}
    told = varve("types", "llm").out
    assert "required" in told
    assert "provider_id" in told
    assert varve("types", "nonsense").code == 1


def test_a_definition_that_breaks_live_configs_is_refused_unless_forced(varve, folder):
    (folder / "r.json").write_text('{"type": "object", "properties": {"n": {"type": "integer"}}}')
    narrow = {"schema": {"type": "object", "properties": {"n": {"type": "integer", "maximum": 5}}}, "description": "d"}
    (folder / "narrow.json").write_text(json.dumps(narrow))
    varve("define", "ranks", "r.json")
    varve("set", "global", "ranks", "n=9")
    refused = varve("define", "ranks", "narrow.json")
    assert (refused.code, refused.err.startswith("varve: 1 live configs of ranks")) == (1, True)
    assert varve("define", "ranks", "narrow.json", "--force").code == 0


def test_a_refused_change_names_each_fault_by_pointer(varve):
    done = varve("set", "global", "chunking", "max_chunk_size=1", "foo=2")
    assert done.code == 1
    assert done.err.splitlines() == [
        "varve: chunking is not valid: foo is not a field of chunking; max_chunk_size must be at least 100",
        "  /config_data/foo: foo is not a field of chunking",
        "  /config_data/max_chunk_size: max_chunk_size must be at least 100",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["get", "--nonsense"],
        ["set", "global"],
        ["set", "global", "chunking"],
        ["set", "global", "chunking", "max_chunk_size"],
        ["set", "global", "chunking", "=1"],
        ["get", "--server", "http://127.0.0.1:1", "--store", "sqlite:///a.db"],
        ["get", "--store", "a.db"],
        ["serve", "--host", "192.0.2.1"],
        ["serve", "--workers", "2"],
        ["serve", "--port", "70000"],
    ],
)
def test_misuse_is_told_in_one_line(varve, arguments):
    done = varve(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("varve: ")
    assert done.err.count("\n") == 1


def test_views_are_rebuilt_verified_and_told_of(varve):
    varve("set", "global", "chunking", "max_chunk_size=800")
    assert varve("projections", "rebuild", "--json").json["events"] > 0
    assert varve("projections", "verify").code == 0
    items = varve("projections", "status", "--json").json["items"]
    assert {(one["generation"], one["behind"]) for one in items} == {(2, 0)}
    assert varve("projections", "rebuild", items[0]["name"]).code == 0
    assert varve("projections", "rebuild", "nosuch").code == 1
    assert "generation" in varve("projections", "status").out


def test_a_new_store_is_made_by_migrate(varve, folder):
    assert varve("migrate", "--store", "sqlite:///new.db", "--json").json["schema"]
    assert (folder / "new.db").exists()


def test_a_fault_of_varve_itself_is_one_line(varve, monkeypatch):
    monkeypatch.setattr("api.cli.wiring.settings", lambda **_: 1 / 0)
    done = varve("get")
    assert (done.code, done.err.count("\n")) == (70, 1)
    with pytest.raises(ZeroDivisionError):
        varve("get", "--debug")


def test_an_interrupted_command_says_so(varve, monkeypatch):
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("api.cli.wiring.settings", interrupted)
    done = varve("get")
    assert (done.code, done.err) == (130, "varve: interrupted\n")
