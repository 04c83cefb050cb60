"""Which settings are in force. Golden cases freeze the resolver; properties say what holds for any layers."""

from __future__ import annotations

import copy
import json
from functools import reduce
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.config_types.definition import TypeDefinition
from domain.configs.diff import equal
from domain.configs.fold import folded
from domain.configs.merge import given_back, merged
from domain.configs.provenance import provenance
from domain.configs.resolution import RESOLVER_VERSION, Layer, resolve
from domain.documents import Document
from tests.domain.configs.made_layers import DEMANDING, LAWLESS, OPEN, layers, made_type, wild_documents

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "resolution_v1.json").read_text(encoding="utf-8"))
TYPES = {one["name"]: TypeDefinition.from_data(one, version=1) for one in GOLDEN["types"]}

NESTED = made_type("nested", {"k": {"default": {"l": {"k": 1}}}})


def layer_of(data: dict[str, Any]) -> Layer:
    return Layer(data["label"], data["mode"], data["data"], tuple(data.get("unset", ())))


def shuffled(value: Any, seed: int) -> Any:
    """The same JSON value with its keys in another order."""
    if not isinstance(value, dict):
        return value
    items = [(key, shuffled(inner, seed)) for key, inner in value.items()]
    Random(seed).shuffle(items)
    return dict(items)


def fold_by_definition(definition: TypeDefinition, chosen: tuple[Layer, ...]) -> Document:
    """The precedence rule as it is written: from the lowest layer up, a `replace` starting again from the defaults."""

    def step(below: Document, layer: Layer) -> Document:
        if layer.mode == "replace":
            return merged(definition.defaults, layer.data)
        return given_back(merged(below, layer.data), definition.defaults, layer.unset)

    return reduce(step, chosen, definition.defaults)


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["title"])
def test_resolver_version_1_answers_as_it_always_did(case: dict[str, Any]) -> None:
    definition, chosen = TYPES[case["type"]], [layer_of(one) for one in case["layers"]]
    resolved = resolve(definition, chosen)
    assert equal(resolved.value, case["value"])
    assert resolved.path == case["path"]
    assert [[one.layer, list(one.pointers), one.rule] for one in resolved.degraded] == case["degraded"]
    sources = provenance(definition, chosen, resolved)
    assert {pointer: source["layer"] for pointer, source in sources.items()} == case["sources"]


def test_the_golden_cases_are_those_of_the_version_in_the_code() -> None:
    assert RESOLVER_VERSION == 1
    titles = [case["title"] for case in GOLDEN["cases"]]
    assert len(set(titles)) == len(titles) >= 30


@given(st.sampled_from([OPEN, DEMANDING]), layers(), st.integers())
def test_the_order_of_keys_changes_no_answer(definition: TypeDefinition, chosen: tuple[Layer, ...], seed: int) -> None:
    other = [Layer(one.label, one.mode, shuffled(one.data, seed), one.unset, one.origin) for one in chosen]
    first, second = resolve(definition, chosen), resolve(definition, other)
    assert (first.value, first.path, first.degraded) == (second.value, second.path, second.degraded)
    assert provenance(definition, chosen, first) == provenance(definition, other, second)


@given(layers(), layers(of=wild_documents))
def test_the_fold_is_the_precedence_rule(chosen: tuple[Layer, ...], wild: tuple[Layer, ...]) -> None:
    assert equal(folded(OPEN.defaults, chosen).value, fold_by_definition(OPEN, chosen))
    assert equal(folded(NESTED.defaults, wild).value, fold_by_definition(NESTED, wild))


@given(layers())
def test_resolution_changes_neither_layers_nor_defaults(chosen: tuple[Layer, ...]) -> None:
    before = copy.deepcopy((OPEN.defaults, [one.data for one in chosen]))
    resolve(OPEN, chosen)
    assert (OPEN.defaults, [one.data for one in chosen]) == before


@given(layers())
def test_an_empty_overlay_anywhere_changes_nothing(chosen: tuple[Layer, ...]) -> None:
    resolved = resolve(OPEN, chosen)
    for place in range(len(chosen) + 1):
        more = resolve(OPEN, [*chosen[:place], Layer("tenant:acme", "overlay", {}), *chosen[place:]])
        assert (more.value, more.path, more.degraded) == (resolved.value, resolved.path, resolved.degraded)


@given(layers())
def test_the_path_is_the_highest_layer_that_gives_a_leaf_or_higher(chosen: tuple[Layer, ...]) -> None:
    resolved = resolve(OPEN, chosen)
    rungs = ["none", "default", *(layer.label for layer in chosen)]
    sources = {source["layer"] for source in provenance(OPEN, chosen, resolved).values()}
    assert all(rungs.index(source) <= rungs.index(resolved.path) for source in sources)
    assert (resolved.path == "none") is (resolved.value is None)


@given(layers())
def test_what_is_known_to_be_valid_answers_the_same_without_a_check(chosen: tuple[Layer, ...]) -> None:
    resolved = resolve(OPEN, chosen)
    if not resolved.degraded:
        assert resolve(OPEN, chosen, validated=True) == resolved


@given(layers())
def test_a_type_without_rules_or_required_fields_always_answers_the_fold(chosen: tuple[Layer, ...]) -> None:
    resolved = resolve(LAWLESS, chosen)
    assert equal(resolved.value, fold_by_definition(LAWLESS, chosen))
    assert resolved.degraded == ()


def test_a_document_given_back_whole_is_the_defaults_which_stay_as_they_are() -> None:
    whole = Layer("user:u-1", "overlay", {"a": 11, "x": 1}, ("",))
    chosen = [Layer("global", "overlay", {"o": {"p": 3}}), whole, Layer("collection:c-9", "overlay", {"b": 1})]
    resolved = resolve(OPEN, chosen)
    assert resolved.value == {**OPEN.defaults, "b": 1}
    assert {source["layer"] for source in provenance(OPEN, chosen, resolved).values()} == {"user:u-1", "collection:c-9"}
    assert resolve(OPEN, []).value == {"a": 10, "b": 5, "c": None, "o": {"p": 1, "q": 9}}


def test_what_is_missing_is_named_in_words() -> None:
    definition = TYPES["llm"]
    (lack,) = resolve(definition, [Layer("global", "overlay", {"temperature": 0.1})]).degraded
    assert lack.message == (
        "llm is not complete: no layer in force gives model_id, provider_id; add what is missing to a config"
    )
