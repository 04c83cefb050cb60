"""Who counts for an experiment: the same users, whichever variant they are in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.assemble import Effective, Unmetered
from application.exposure import ExposingAssembler
from application.views import LayerRow
from domain.config_types.spec import Mode
from domain.configs.scope import GLOBAL, Context, Scope
from domain.experiments.experiment import variant_scope
from tests.api.conftest import Client, opened
from tests.api.rest.test_experiments import did, planned
from tests.api.rest.test_profiles import profile

NAMES = ("control", "a", "b")
USER = Scope("user", "u-1")
LIMITS = ("min_chunk_size", "max_chunk_size", "chunk_overlap")  # rules hold between them: layers are healed
FIELDS = st.dictionaries(st.sampled_from(LIMITS), st.integers(min_value=50, max_value=900), max_size=3)
VARIANTS = st.fixed_dictionaries(dict.fromkeys(NAMES, FIELDS))
MODES = st.sampled_from(("overlay", "replace"))


@pytest.fixture(scope="module")
def running() -> Any:
    """A service in which an experiment of three variants runs."""
    with opened("memory:") as client:
        profile(client, "a")
        variants = [{"name": name, "weight": 1, "is_control": name == "control"} for name in NAMES]
        did(client, planned(client, variants=variants), "start")
        yield client


def row(scope: Scope, data: dict[str, Any], *, mode: Mode = "overlay") -> LayerRow:
    id_ = str(scope).encode().hex().zfill(32)[:32]
    return LayerRow(
        scope.kind, scope.id, "chunking", id_, 1, mode, json.dumps(data), "[]", 0, "test", "CREATE", None, 1
    )


def answers(client: Client, rows: list[LayerRow]) -> dict[str, Effective]:
    """What the same user would be answered in each variant."""
    catalog = client.service.use_cases.catalogs.current()
    assembler = ExposingAssembler(Unmetered())
    context = Context("production", "u-1")
    scopes = {name: context.scopes(catalog.ladder, variants=[variant_scope("e-1", name)]) for name in NAMES}
    return {
        name: assembler.assembled(context, found, rows, catalog, types=["chunking"], position=1)
        for name, found in scopes.items()
    }


@given(VARIANTS, FIELDS, FIELDS, MODES)
def test_whether_a_user_counts_does_not_depend_on_its_variant(
    running: Client, variants: dict[str, dict[str, int]], everybody: dict[str, int], own: dict[str, int], mode: Mode
) -> None:
    rows = [row(variant_scope("e-1", name), data) for name, data in variants.items()]
    found = answers(running, [row(GLOBAL, everybody), *rows, row(USER, own, mode=mode)])
    told = [one.exposed for one in found.values()]
    assert told[0] == told[1] == told[2]
    gives = set().union(*(found[name].types["chunking"].gives(f"experiment:e-1/{name}") for name in NAMES))
    assert told[0].get("chunking", {}).get("e-1", set()) == gives


@pytest.mark.parametrize(
    ("own", "mode", "pointers"),
    [
        ({}, "overlay", {"/min_chunk_size", "/chunk_overlap"}),
        ({"chunk_overlap": 10}, "overlay", {"/min_chunk_size"}),
        ({"chunk_overlap": 10, "min_chunk_size": 90}, "overlay", None),
        ({"max_chunk_size": 800}, "replace", None),
    ],
)
def test_a_field_that_no_higher_layer_hides_makes_a_user_count(
    running: Client, own: dict[str, int], mode: Mode, pointers: set[str] | None
) -> None:
    variants = {"a": {"chunk_overlap": 20}, "b": {"min_chunk_size": 120}}
    rows = [row(variant_scope("e-1", name), data) for name, data in variants.items()]
    expected = {} if pointers is None else {"chunking": {"e-1": pointers}}
    for one in answers(running, [*rows, row(USER, own, mode=mode)]).values():
        assert one.exposed == expected
