"""Embedding models and their other names."""

from __future__ import annotations

import pytest

from domain.errors import Conflict, InvalidRequest
from domain.releases.embedders import EMBEDDERS_ID, Embedders
from domain.stamp import Stamp

STAMP = Stamp("u-1", "c-1")
BGE = "BAAI/bge-large-en-v1.5"


@pytest.fixture
def embedders() -> Embedders:
    found = Embedders(EMBEDDERS_ID)
    found.declare(BGE, dimensions=None, aliases=["gateway/bge", "bge-large"], stamp=STAMP)
    return found


def test_every_name_of_a_model_means_the_same(embedders: Embedders):
    assert embedders.same_as("bge-large") == embedders.same_as(BGE) == {BGE, "gateway/bge", "bge-large"}
    assert embedders.same_as("another") == {"another"}


def test_the_dimensions_of_a_model_go_by_any_of_its_names(embedders: Embedders):
    assert embedders.dimensions("gateway/bge") == 1024
    embedders.declare(BGE, dimensions=512, aliases=["gateway/bge"], stamp=STAMP)
    assert embedders.dimensions("gateway/bge") == 512
    assert embedders.dimensions("another") is None


def test_the_same_again_records_nothing(embedders: Embedders):
    embedders.declare(BGE, dimensions=None, aliases=["bge-large", "gateway/bge", BGE], stamp=STAMP)
    assert embedders.version == 1


def test_a_name_is_of_one_model(embedders: Embedders):
    with pytest.raises(Conflict, match="bge-large is a name of BAAI"):
        embedders.declare("other", dimensions=8, aliases=["bge-large"], stamp=STAMP)


@pytest.mark.parametrize("name", ["", " x", "x\n", "x" * 256])
def test_a_name_that_cannot_be_one_is_refused(embedders: Embedders, name: str):
    with pytest.raises(InvalidRequest):
        embedders.declare("other", dimensions=8, aliases=[name], stamp=STAMP)
