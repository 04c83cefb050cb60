"""A file over the layers that it extends."""

import json
from pathlib import Path

import pytest

from domain.errors import InvalidFile
from infrastructure.files import read_layered

REAL = Path(__file__).parents[2] / "data" / "llmspell"


@pytest.fixture
def written(tmp_path):
    """Writes files: name → document; answers the folder."""

    def write(**documents: object) -> Path:
        for name, document in documents.items():
            path = tmp_path / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document))
        return tmp_path

    return write


def test_a_real_preset_is_folded_from_its_four_layers():
    document = read_layered(REAL / "presets" / "rag-prod.toml", layers_dir=REAL / "layers")
    assert document["profile"] == {"name": "RAG Production", "description": "RAG optimized for production use"}
    assert document["rag"]["chunking"] == {
        "strategy": "semantic",
        "max_chunk_size": 512,
        "chunk_overlap": 50,
        "min_chunk_size": 100,
    }
    assert document["runtime"]["max_concurrent_scripts"] == 100
    assert document["runtime"]["state_persistence"]["backend_type"] == "sqlite"
    assert document["metadata"]["name"] == "sqlite"


def test_another_preset_differs_where_its_layers_do():
    document = read_layered(REAL / "presets" / "rag-dev.toml", layers_dir=REAL / "layers")
    assert document["debug"]["level"] == "debug"
    assert document["debug"]["output"] == {"stdout": True, "colored": True, "format": "text"}


def test_the_last_named_layer_is_stronger_and_the_file_is_the_strongest(written):
    folder = written(
        one={"a": 1, "b": 1, "c": {"x": 1, "y": 1}, "d": [1]},
        two={"b": 2, "c": {"y": 2}, "d": [2, 2]},
        file={"extends": ["one", "two"], "c": {"z": 3}},
    )
    assert read_layered(folder / "file.json") == {"a": 1, "b": 2, "c": {"x": 1, "y": 2, "z": 3}, "d": [2, 2]}


def test_an_object_replaces_a_value_and_a_value_an_object(written):
    folder = written(one={"a": 1, "b": {"x": 1}, "c": None}, file={"extends": ["one"], "a": {"y": 2}, "b": 2, "c": {}})
    assert read_layered(folder / "file.json") == {"a": {"y": 2}, "b": 2, "c": {}}


def test_a_reference_to_a_secret_is_replaced_whole(written):
    folder = written(one={"key": {"$ref": "env:A"}}, file={"extends": ["one"], "key": {"$ref": "env:B"}})
    assert read_layered(folder / "file.json") == {"key": {"$ref": "env:B"}}


def test_both_places_of_extends_are_read_and_neither_is_in_the_result(written):
    folder = written(
        one={"a": 1, "b": 1}, two={"b": 2}, file={"extends": ["one"], "profile": {"name": "x", "extends": ["two"]}}
    )
    assert read_layered(folder / "file.json") == {"a": 1, "b": 2, "profile": {"name": "x"}}


def test_layers_extend_layers(written):
    folder = written(one={"a": 1, "b": 1}, two={"extends": ["one"], "b": 2}, file={"extends": ["two"]})
    assert read_layered(folder / "file.json") == {"a": 1, "b": 2}


def test_a_layer_may_be_reached_on_two_ways(written):
    folder = written(
        one={"a": 1}, left={"extends": ["one"]}, right={"extends": ["one"], "b": 2}, file={"extends": ["left", "right"]}
    )
    assert read_layered(folder / "file.json") == {"a": 1, "b": 2}


def test_a_layer_beside_the_file_goes_before_one_in_the_folder_of_layers(written):
    folder = written(**{"file": {"extends": ["x", "y"]}, "x": {"x": "beside"}, "l/x": {"x": "layers"}, "l/y": {"y": 1}})
    assert read_layered(folder / "file.json", layers_dir=folder / "l") == {"x": "beside", "y": 1}


def test_a_name_may_hold_dots(written):
    folder = written(**{"file": {"extends": ["envs/prod.v2"]}, "envs/prod.v2": {"a": 1}})
    assert read_layered(folder / "file.json") == {"a": 1}


def test_layers_in_a_circle_are_refused_naming_it(written):
    folder = written(a={"extends": ["b"]}, b={"extends": ["c"]}, c={"extends": ["a"]})
    with pytest.raises(InvalidFile, match=r"in a circle: .*a\.json → .*b\.json → .*c\.json → .*a\.json"):
        read_layered(folder / "a.json")


def test_a_file_that_extends_itself_is_a_circle(written):
    with pytest.raises(InvalidFile, match="in a circle"):
        read_layered(written(a={"extends": ["a"]}) / "a.json")


def test_a_missing_layer_is_refused_naming_where_it_was_looked_for(written):
    folder = written(file={"extends": ["envs/prod"]})
    with pytest.raises(InvalidFile) as refused:
        read_layered(folder / "file.json", layers_dir=folder / "layers")
    assert f"{folder}/envs/prod and {folder}/layers/envs/prod" in refused.value.detail
    assert "file.json" in refused.value.detail


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/etc/x", "", ".", "a//b", "a/./b", "a\\b", "a/"])
def test_a_name_that_leads_elsewhere_is_refused(written, name):
    folder = written(**{"out": {"a": 1}, "in/file": {"extends": [name]}})
    with pytest.raises(InvalidFile, match="is not the name of a layer"):
        read_layered(folder / "in" / "file.json", layers_dir=folder / "in")


def test_a_link_that_leads_out_of_the_folder_is_refused(written):
    folder = written(**{"secret": {"a": 1}, "in/file": {"extends": ["linked"]}})
    (folder / "in" / "linked.json").symlink_to(folder / "secret.json")
    with pytest.raises(InvalidFile, match="leads out of its folder"):
        read_layered(folder / "in" / "file.json")


def test_a_folder_that_is_a_link_is_refused_too(written):
    folder = written(**{"elsewhere/secret": {"a": 1}, "in/file": {"extends": ["sub/secret"]}})
    (folder / "in" / "sub").symlink_to(folder / "elsewhere")
    with pytest.raises(InvalidFile, match="leads out of its folder"):
        read_layered(folder / "in" / "file.json")


@pytest.mark.parametrize("extends", ["one", [1], {"a": 1}, None])
def test_extends_must_be_a_list_of_names(written, extends):
    with pytest.raises(InvalidFile, match="extends must be a list of names"):
        read_layered(written(file={"extends": extends}, one={}) / "file.json")


def test_a_fault_in_a_layer_names_the_layer(written):
    folder = written(file={"extends": ["one"]})
    (folder / "one.toml").write_text("a = 1\na = 2\n")
    with pytest.raises(InvalidFile, match=r"one\.toml, line 2"):
        read_layered(folder / "file.json")


def test_no_more_than_a_hundred_files_are_read(written):
    doubling = {f"l{level}": {"extends": [f"l{level + 1}", f"l{level + 1}"]} for level in range(20)}
    folder = written(**doubling, l20={})
    with pytest.raises(InvalidFile, match="more than 100 layers"):
        read_layered(folder / "l0.json")
