"""What makes another index, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from domain.documents import Document
from domain.releases.fingerprint import fingerprint, fingerprints, shape_of

VALUES: dict[str, Document | None] = {
    "chunking": {"strategy": "fixed", "min_chunk_size": 100, "max_chunk_size": 400, "chunk_overlap": 10},
    "chunk_index": None,
    "embedding": {"provider_id": "p", "model_id": "bge", "embedding_dim": 1024, "batch_size": 100, "timeout": 30},
}


def of(config_type: str = "chunking", **fields: Any) -> str:
    values = {**VALUES, config_type: {**(VALUES[config_type] or {}), **fields}}
    return fingerprint(shape_of(lambda name: values[name]))


@pytest.mark.parametrize("fields", [{"provider_id": "q"}, {"batch_size": 1}, {"timeout": 5}])
def test_how_the_model_is_called_makes_no_other_index(fields: dict[str, Any]):
    assert of("embedding", **fields) == of()


@pytest.mark.parametrize(
    ("config_type", "fields"),
    [
        ("chunking", {"chunk_overlap": 11}),
        ("chunking", {"strategy": "semantic"}),
        ("chunk_index", {"chunk_size": 450}),
        ("embedding", {"model_id": "e5"}),
        ("embedding", {"embedding_dim": 384}),
    ],
)
def test_what_is_cut_or_embedded_otherwise_is_another_index(config_type: str, fields: dict[str, Any]):
    assert of(config_type, **fields) != of()


def test_an_index_under_any_name_of_its_model_fits():
    shape = shape_of(lambda name: VALUES[name])
    assert fingerprints(shape, models={"bge", "gateway/bge"}) == {of(), of("embedding", model_id="gateway/bge")}


def test_where_nothing_is_embedded_yet_there_is_one():
    shape = shape_of(lambda name: None if name == "embedding" else VALUES[name])
    assert fingerprints(shape, models=()) == {fingerprint(shape)}
