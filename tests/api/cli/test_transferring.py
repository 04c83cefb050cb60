"""import and export: real files, and files of every bad kind."""

from __future__ import annotations

import json

import pytest

from api.cli.client import Api
from tests.api.cli.conftest import DATA, Varve

LLMSPELL = DATA / "llmspell"
PRESET = (
    "import",
    str(LLMSPELL / "presets" / "rag-prod.toml"),
    "--layers",
    str(LLMSPELL / "layers"),
    "--map-file",
    str(LLMSPELL / "varve-map.toml"),
    "--define",
)
TRIALS = (
    "import",
    str(DATA / "tuning" / "trials.jsonl"),
    "--map",
    "config=rag_tuning",
    "--define",
    "--time",
    "timestamp",
)


def effective(varve: Varve, *types: str) -> dict[str, dict[str, object]]:
    return varve("get", "--json", *(part for name in types for part in ("-t", name))).json


def test_a_real_env_file_becomes_the_process_layer(varve):
    done = varve("import", "env", str(DATA / "rag-modulo.env"))
    assert (done.code, "values in the process layer" in done.out) == (0, True)
    found = effective(varve, "chunking", "retrieval")
    assert found["resolution_path"] == {"chunking": "environment", "retrieval": "environment"}


def test_a_variable_that_does_not_parse_is_named_and_skipped(varve, folder):
    (folder / "settings.env").write_text("MAX_CHUNK_SIZE=many\nCHUNK_OVERLAP=20\n")
    done = varve("import", "env", "settings.env", "--json")
    assert done.code == 0
    assert [one["variable"] for one in done.json["problems"]] == ["MAX_CHUNK_SIZE"]
    assert effective(varve, "chunking")["chunking"]["chunk_overlap"] == 20


def test_variables_that_are_no_settings_are_not_sent(varve, folder, monkeypatch):
    sent = []

    async def command(self: object, method: str, path: str, body: dict[str, object], **_: object) -> dict[str, object]:
        sent.append(body["variables"])
        return {"values": {}, "problems": [], "hidden": [], "notes": []}

    monkeypatch.setattr(Api, "command", command)
    (folder / "settings.env").write_text("MAX_CHUNK_SIZE=900\nOPENAI_API_KEY=sk-1\n")
    assert varve("import", "env", "settings.env").code == 0
    assert sent == [{"MAX_CHUNK_SIZE": "900"}]


def test_variables_are_added_or_replace_the_layer(varve, folder):
    (folder / "a.env").write_text("CHUNK_OVERLAP=20\n")
    (folder / "b.env").write_text("MAX_CHUNK_SIZE=900\n")
    varve("import", "env", "a.env")
    varve("import", "env", "b.env")
    assert effective(varve, "chunking")["chunking"]["chunk_overlap"] == 20
    varve("import", "env", "b.env", "--replace")
    assert effective(varve, "chunking")["chunking"]["chunk_overlap"] == 10


def test_a_real_preset_is_imported_with_its_layers(varve):
    done = varve(*PRESET, "--json")
    assert done.code == 0
    (told,) = done.json["items"]
    assert {"hnsw_index", "rag_cache", "runtime_security"} <= set(told["types_defined"])
    assert "rag.embedding.cache_size" in told["dropped"]
    found = effective(varve, "chunking")
    assert (found["chunking"]["max_chunk_size"], found["resolution_path"]) == (512, {"chunking": "global"})
    assert {c["name"] for c in varve("list", "--json").json["items"]} == {"rag-prod"}


def test_the_same_preset_again_records_nothing(varve):
    varve(*PRESET)
    head = varve("projections", "status", "--json").json["items"][0]["head"]
    (again,) = varve(*PRESET, "--json").json["items"]
    assert (again["created"], again["updated"], again["types_defined"]) == (0, 0, [])
    assert varve("projections", "status", "--json").json["items"][0]["head"] == head


def test_a_log_of_trials_becomes_the_history_of_a_config(varve):
    assert varve(*TRIALS).code == 0
    (config,) = varve("list", "-t", "rag_tuning", "--json").json["items"]
    assert (config["version"], config["name"]) == (85, "trials")
    (again,) = varve(*TRIALS, "--json").json["items"]
    assert again["repeated"]
    (config,) = varve("list", "-t", "rag_tuning", "--json").json["items"]
    assert config["version"] == 85


def test_an_export_is_imported_elsewhere(varve, folder):
    varve("set", "user:u-1", "chunking", "max_chunk_size=1200")
    assert varve("export", "all.json").code == 0
    assert varve("import", "all.json", "--store", "sqlite:///two.db").code == 0
    assert varve("export", "--store", "sqlite:///two.db").out == (folder / "all.json").read_text()


def test_a_dry_run_records_nothing(varve):
    assert "would be created" in varve(*PRESET, "--dry-run").out
    assert varve("list", "--json").json["items"] == []


BAD_FILES = {
    "a.toml": ("a = [1,", "line 1"),
    "a.json": ('{"a": 1,\n "a": 2}', "a.json"),
    "a.yaml": ("a: [1\nb: 2", "line 2"),
    "a.txt": ("a", "must end in"),
    "list.json": ("[1]", "one object"),
    "circle.toml": ('extends = ["circle"]', "circle"),
    "lost.toml": ('extends = ["lost-layer"]', "lost-layer"),
    "b.jsonl": ('{"config": {"a": 1}, "timestamp": "2026-01-01"}\n{"config": ', "line 2"),
    "c.jsonl": ('{"config": {"a": 1}, "timestamp": "yesterday"}', "is not a time"),
    "d.jsonl": ('{"config": {"a": 1}}', "no field timestamp"),
    "e.jsonl": ("\n\n", "no line"),
    "f.jsonl": ('{"other": 1, "timestamp": "2026-01-01"}', "line 1: config"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_told_in_one_line_and_stores_nothing(varve, folder, name):
    text, told = BAD_FILES[name]
    (folder / name).write_text(text)
    time = ["--time", "timestamp"] if name.endswith("jsonl") else []
    done = varve("import", name, "--map", "config=made", "--define", *time)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("varve: ")
    assert (done.err.count("\n"), told in done.err) == (1, True), done.err
    assert varve("list", "--json").json["items"] == []


def test_a_file_that_is_not_there_is_told(varve):
    done = varve("import", "nowhere.toml", "--define")
    assert (done.code, done.err) == (1, "varve: nowhere.toml: there is no such file: check the path\n")


def test_a_bad_bundle_names_each_fault(varve, folder):
    place = {"environment": "production", "scope": "global", "config_type": "chunking"}
    configs = [{**place, "name": "a", "config_data": {"max_chunk_size": 1}}, {**place, "name": "b"}]
    (folder / "bundle.json").write_text(json.dumps({"varve_bundle": 1, "configs": configs[:1]}))
    done = varve("import", "bundle.json")
    assert (done.code, "/configs/0/config_data/max_chunk_size" in done.err) == (1, True)
    (folder / "bundle.json").write_text(json.dumps({"varve_bundle": 1, "configs": configs}))
    assert "/configs/1/config_data: config_data is required" in varve("import", "bundle.json").err


def test_a_bad_file_keeps_the_others_out(varve, folder):
    varve("set", "user:u-1", "chunking", "max_chunk_size=1200")
    varve("export", "good.json")
    (folder / "bad.json").write_text("{")
    assert varve("import", "good.json", "bad.json", "--store", "sqlite:///two.db").code == 1
    assert varve("list", "--json", "--store", "sqlite:///two.db").json["items"] == []


def test_a_line_that_cannot_be_stored_keeps_the_lines_before_it_out(varve, folder):
    (folder / "h.jsonl").write_text('{"c": {"max_chunk_size": 500}}\n{"c": {"max_chunk_size": 1}}\n')
    done = varve("import", "h.jsonl", "--map", "c=chunking")
    assert (done.code, "h.jsonl, line 2: " in done.err) == (1, True)
    assert varve("list", "--json").json["items"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "settings.env"],
        ["import", "env"],
        ["import", "a.json"],
        ["import", "a.json", "--define", "--time", "t"],
        ["import", "a.json", "--define", "--replace"],
        ["import", "a.jsonl", "--define", "--atomic"],
        ["export", "all.toml"],
    ],
)
def test_misuse_is_told_in_one_line(varve, folder, arguments):
    (folder / "a.json").write_text('{"a": {"b": 1}}')
    (folder / "a.jsonl").write_text('{"a": {"b": 1}}')
    done = varve(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_an_export_that_cannot_be_written_is_told(varve):
    done = varve("export", "nowhere/all.json")
    assert (done.code, done.err.startswith("varve: nowhere/all.json cannot be written")) == (1, True)


def test_what_ships_is_listed_and_loaded(varve):
    assert "builtin:platform/tuning/production" in varve("import", "builtin:").out
    done = varve("import", "builtin:platform")
    assert (done.code, "types defined: backup, cache" in done.err) == (0, True)
    assert varve("import", "builtin:platform", "--json").json["items"][0]["types_defined"] == []
    assert "hnsw/ef_construction" in varve("types", "vector_storage").out


def test_an_example_that_ships_becomes_a_config_where_the_options_say(varve):
    varve("import", "builtin:platform")
    done = varve("import", "builtin:platform/tuning/production", "--scope", "user:u-1", "--name", "ours", "--json")
    assert (done.code, done.json["items"][0]["created"]) == (0, 1)
    found = varve("get", "u-1", "-t", "tuning", "--json").json
    assert (found["tuning"]["cpu"]["worker_threads"], found["resolution_path"]["tuning"]) == (16, "user:u-1")


@pytest.mark.parametrize(
    "arguments",
    [
        ["builtin:platform/tuning/fastest"],
        ["builtin:platform/tuning/production"],  # its type is not loaded
        ["builtin:platform", "--define"],
    ],
)
def test_what_does_not_ship_is_told_in_one_line(varve, arguments):
    done = varve("import", *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_one_type_is_loaded_with_an_example_in_one_command(varve):
    done = varve("import", "builtin:platform/tuning", "builtin:platform/tuning/development", "--json")
    assert [one["types_defined"] for one in done.json["items"]] == [["tuning"], []]
    assert varve("list", "-t", "tuning", "--json").json["items"][0]["name"] == "development"


def test_a_real_preset_fits_the_types_that_ship(varve):
    varve("import", "builtin:platform")
    done = varve(*PRESET[:-2], str(LLMSPELL / "varve-platform-map.toml"), "--json")
    assert (done.code, done.json["items"][0]["types_defined"]) == (0, []), done.err
    found = effective(varve, "vector_storage", "cache", "multi_tenant", "backup", "security")
    assert (found["vector_storage"]["hnsw"]["ef_construction"], found["cache"]["search_cache_size"]) == (200, 1000)
    assert set(found["resolution_path"].values()) == {"global"}
