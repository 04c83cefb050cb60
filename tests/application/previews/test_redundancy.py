"""Configs that say what is said below them."""

from __future__ import annotations

from typing import Any

import pytest

from domain.configs.scope import Scope
from domain.errors import InvalidRequest, NotFound
from tests.application.previews.conftest import COLLECTION, USER, WHERE, Watched


def redundant(preview: Watched, **wanted: Any) -> list[tuple[str, str, str]]:
    found = preview.redundant(**{**WHERE, **wanted})
    return sorted((one.config_type, one.scope, one.same_as) for one in found.items)


def test_an_override_that_says_what_is_said_below_is_redundant(preview, stored):
    stored("retrieval", {"number_of_results": 9})
    stored("retrieval", {"number_of_results": 9}, USER)
    stored("retrieval", {"number_of_results": 9}, COLLECTION, mode="overlay")
    stored("retrieval", {"number_of_results": 8}, Scope("user", "u-2"))
    same = [("retrieval", "collection:c-9", "global"), ("retrieval", "user:u-1", "global")]
    assert redundant(preview) == same


def test_a_global_config_that_says_the_defaults_is_redundant(preview, stored):
    stored("retrieval", {"rerank": False})
    assert redundant(preview) == [("retrieval", "global", "default")]


def test_a_part_of_what_is_not_complete_is_not_redundant(preview, stored):
    stored("llm", {"temperature": 0.2}, mode="overlay")
    assert redundant(preview) == []


def test_an_override_that_is_not_in_force_is_not_told(preview, stored):
    stored("retrieval", {"rerank": False}, is_active=False)
    assert redundant(preview) == []


def test_all_are_counted_and_some_are_told(preview, stored):
    for number in range(5):
        stored("retrieval", {}, Scope("user", f"u-{number}"), mode="overlay")
    stored("chunking", {}, USER)
    found = preview.redundant(config_type="retrieval", limit=2, **WHERE)
    assert (found.count, len(found.items)) == (5, 2)
    assert len(redundant(preview, config_type="chunking")) == 1


@pytest.mark.parametrize("limit", [0, 501])
def test_a_limit_out_of_bounds_is_refused(preview, limit):
    with pytest.raises(InvalidRequest, match="limit is 1 to 500"):
        preview.redundant(limit=limit, **WHERE)


def test_redundant_configs_of_an_unknown_type_are_not_found(preview):
    with pytest.raises(NotFound):
        preview.redundant(config_type="nothing", **WHERE)
