"""Sections of a nested file become config documents."""

from pathlib import Path

import pytest

from application.file_mapping import Mapped, Mapping, Section, apply, dotted, is_bundle, type_name
from application.map_file import mapping_from_document, mapping_from_options
from domain.errors import InvalidRequest
from infrastructure.files import read_file, read_layered

REAL = Path(__file__).parents[1] / "data" / "llmspell"
TYPES = ("chunking", "embedding", "llm")
FILE = {
    "name": "mine",
    "rag": {"enabled": True, "chunking": {"size": 512, "overlap": 50}, "cache": {"size": 10, "limits": {"age": 60}}},
    "runtime": {"security": {"open": False}},
    "empty": {},
}


def mapped(*options: str, define: bool = False, ignore: tuple[str, ...] = ()) -> Mapped:
    mapping = Mapping(mapping_from_options(options).sections, tuple((name,) for name in ignore))
    return apply(FILE, mapping, known_types=TYPES, define=define)


def refusal_of(*options: str, define: bool = False) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as refused:
        mapped(*options, define=define)
    return refused.value


def test_a_section_becomes_a_config_and_the_rest_is_told():
    result = mapped("rag.chunking=chunking")
    assert result.configs == {"chunking": {"size": 512, "overlap": 50}}
    assert result.unmapped == ("name", "rag", "runtime", "empty")
    assert result.defined == {}
    assert result.dropped == ()


def test_the_longest_path_takes_its_section_out_of_its_parent():
    result = mapped("rag=llm", "rag.cache.limits=embedding", "rag.chunking=chunking")
    assert result.configs == {
        "llm": {"enabled": True, "cache": {"size": 10}},
        "embedding": {"age": 60},
        "chunking": {"size": 512, "overlap": 50},
    }


def test_a_table_that_is_wholly_mapped_is_not_left_over():
    assert mapped("runtime.security=llm").unmapped == ("name", "rag", "empty")


def test_a_table_without_its_mapped_sections_may_be_mapped_though_nothing_is_left_in_it():
    assert mapped("runtime.security=llm", "runtime=embedding").configs == {"llm": {"open": False}, "embedding": {}}


def test_the_whole_file_may_be_one_section():
    result = mapped(".=llm", "rag=embedding")
    assert result.configs["llm"] == {"name": "mine", "runtime": {"security": {"open": False}}, "empty": {}}
    assert result.unmapped == ()


def test_of_two_sections_for_one_type_the_later_wins_field_by_field():
    assert mapped("rag.chunking=llm", "rag.cache=llm").configs["llm"] == {
        "size": 10,
        "overlap": 50,
        "limits": {"age": 60},
    }
    assert mapped("rag.cache=llm", "rag.chunking=llm").configs["llm"]["size"] == 512


def test_fields_are_renamed_and_dropped_and_what_is_dropped_is_told():
    section = Section(("rag", "cache"), "llm", rename={"limits": "bounds"}, drop=("size", "not there"))
    result = apply(FILE, Mapping((section,), ignore=(("rag", "chunking"), ("nowhere",))), known_types=TYPES)
    assert result.configs == {"llm": {"bounds": {"age": 60}}}
    assert result.dropped == ("rag.chunking", "rag.cache.size")


def test_two_fields_may_change_names():
    section = Section(("rag", "chunking"), "chunking", rename={"size": "overlap", "overlap": "size"})
    assert apply(FILE, Mapping((section,)), known_types=TYPES).configs == {"chunking": {"size": 50, "overlap": 512}}


def test_with_define_what_is_left_becomes_types_of_its_own():
    result = mapped("rag.chunking=chunking", "runtime.security", define=True, ignore=("empty",))
    assert result.configs == {"chunking": {"size": 512, "overlap": 50}}
    assert result.defined == {
        "runtime_security": {"open": False},
        "rag": {"enabled": True, "cache": {"size": 10, "limits": {"age": 60}}},
    }
    assert result.unmapped == ("name",)
    assert result.dropped == ("empty",)


def test_the_file_itself_is_left_as_it_was():
    before = repr(FILE)
    mapped("rag.chunking=chunking", "rag.cache=llm", define=True)
    assert repr(FILE) == before


@pytest.mark.parametrize(
    ("option", "words", "pointer"),
    [
        ("rag.nothing=llm", "rag.nothing: it is not in the file", "/rag/nothing"),
        ("name.inner=llm", "name.inner: it is not in the file", "/name/inner"),
        ("name=llm", "name: it is one value, not a table", "/name"),
        ("rag.cache=unknown", "rag.cache: unknown is not a type: name one of chunking, embedding, llm", "/rag/cache"),
        ("runtime.security", "runtime_security is not a type", "/runtime/security"),
    ],
)
def test_a_section_that_cannot_be_mapped_is_named(option, words, pointer):
    refused = refusal_of(option)
    assert words in refused.detail
    assert refused.faults[0].pointer == pointer


@pytest.mark.parametrize(
    ("rename", "words"),
    [
        ({"width": "height"}, "rag.chunking: it has no field width to rename"),
        ({"size": "overlap"}, "rag.chunking: size cannot be renamed to overlap"),
        ({"size": "x", "overlap": "x"}, "rag.chunking: overlap cannot be renamed to x"),
    ],
)
def test_a_rename_that_cannot_be_done_is_named(rename, words):
    with pytest.raises(InvalidRequest, match=words):
        apply(FILE, Mapping((Section(("rag", "chunking"), "chunking", rename),)), known_types=TYPES)


@pytest.mark.parametrize("key", ["llm", "LLM", "-", "ünk"])
def test_a_type_is_not_made_where_it_would_hide_another_or_have_no_name(key):
    document = {key: {"a": 1}, "nk": {"b": 2}}
    with pytest.raises(InvalidRequest, match="cannot be made from it: map it, with --map"):
        apply(document, Mapping(), known_types=TYPES, define=True)


def test_a_mapping_goes_over_another_section_by_section():
    mapping = mapping_from_options(["b=llm"]).over(mapping_from_options(["a=chunking", "b=chunking"]))
    assert [(dotted(section.source), section.config_type) for section in mapping.sections] == [
        ("a", "chunking"),
        ("b", "llm"),
    ]


def test_a_bundle_tells_itself():
    assert is_bundle({"varve_bundle": 1, "configs": []})
    assert not is_bundle(FILE)


def test_names_are_made_from_paths():
    assert type_name(("Runtime", "security-v2")) == "runtime_security_v2"
    assert dotted(("a", "b.c", "d-e")) == 'a."b.c".d-e'
    assert dotted(()) == "."


def test_a_real_preset_is_mapped_by_its_map_file():
    preset = read_layered(REAL / "presets" / "rag-prod.toml", layers_dir=REAL / "layers")
    map_file = read_file(REAL / "varve-map.toml")
    result = apply(preset, mapping_from_document(map_file, name="varve-map.toml"), known_types=TYPES, define=True)
    assert result.configs == {
        "chunking": {"strategy": "semantic", "max_chunk_size": 512, "chunk_overlap": 50, "min_chunk_size": 100},
        "embedding": {"provider_id": "openai", "batch_size": 100, "timeout": 60, "embedding_dim": 384},
    }
    assert set(result.defined) == {"hnsw_index", "rag_cache", "runtime_security", "rag", "runtime"}
    assert result.dropped[-6:] == (
        "rag.embedding.cache_enabled",
        "rag.embedding.cache_size",
        "rag.embedding.cache_ttl_seconds",
        "rag.embedding.max_retries",
        "rag.vector_storage.backend",
        "rag.vector_storage.max_memory_mb",
    )
    assert result.unmapped == ()
