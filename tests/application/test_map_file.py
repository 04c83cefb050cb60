"""A mapping from options or from a map file."""

import pytest

from application.file_mapping import Mapping, Section
from application.map_file import mapping_from_document, mapping_from_options
from domain.errors import InvalidFile, InvalidRequest


def test_options_name_paths_and_types():
    assert mapping_from_options(["rag.chunking=chunking", 'a."b.c" = x', ".=whole", "runtime.security"]) == Mapping(
        (
            Section(("rag", "chunking"), "chunking"),
            Section(("a", "b.c"), "x"),
            Section((), "whole"),
            Section(("runtime", "security"), "runtime_security"),
        )
    )


@pytest.mark.parametrize("option", ["", "=x", "a..b=x", ".a=x", "a.=x", '"a"b=x', 'a"b=x'])
def test_an_option_that_is_no_mapping_is_refused(option):
    with pytest.raises(InvalidRequest, match=r"is not a mapping: write PATH=TYPE, such as rag\.chunking=chunking"):
        mapping_from_options([option])


def test_a_path_stands_in_one_option():
    with pytest.raises(InvalidRequest, match=r"names a\.b twice"):
        mapping_from_options(["a.b=x", 'a."b"=y'])


def test_a_map_file_renames_drops_and_ignores():
    document = {
        "ignore": ["metadata", "rag.cache"],
        "map": {
            "rag.embedding": {"type": "embedding", "rename": {"timeout_seconds": "timeout"}, "drop": ["cache"]},
            "rag.index": {},
        },
    }
    assert mapping_from_document(document, name="map.toml") == Mapping(
        (
            Section(("rag", "embedding"), "embedding", {"timeout_seconds": "timeout"}, ("cache",)),
            Section(("rag", "index"), "rag_index"),
        ),
        (("metadata",), ("rag", "cache")),
    )


@pytest.mark.parametrize(
    ("document", "place", "pointer"),
    [
        ({"maps": {}}, "at maps", "/maps"),
        ({"map": []}, "at map", "/map"),
        ({"map": {"a.b": "x"}}, 'at map."a.b"', "/map/a.b"),
        ({"map": {"a": {"typ": "x"}}}, "at map.a.typ", "/map/a/typ"),
        ({"map": {"a": {"type": 1}}}, "at map.a.type", "/map/a/type"),
        ({"map": {"a": {"rename": {"b": 1}}}}, "at map.a.rename.b", "/map/a/rename/b"),
        ({"map": {"a": {"drop": "b"}}}, "at map.a.drop", "/map/a/drop"),
        ({"map": {"a..b": {}}}, 'at map."a..b"', "/map/a..b"),
        ({"ignore": "a"}, "at ignore", "/ignore"),
        ({"ignore": ["a", "b."]}, "at ignore", "/ignore"),
    ],
)
def test_an_entry_that_means_nothing_is_named(document, place, pointer):
    with pytest.raises(InvalidFile) as refused:
        mapping_from_document(document, name="map.toml")
    assert refused.value.detail.startswith(f"map.toml, {place}: ")
    assert refused.value.faults[0].pointer == pointer
