"""Who gave each field, and what it hides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.config_types.definition import TypeDefinition
from domain.configs.diff import equal
from domain.configs.healing import healed
from domain.configs.provenance import provenance
from domain.configs.resolution import Layer, Origin, resolve
from domain.documents import Document
from domain.pointers import MISSING, keys_of, leaves, value_at
from tests.domain.configs.made_layers import DEMANDING, LAWLESS, OPEN, layers, wild_documents

types = st.sampled_from([OPEN, DEMANDING, LAWLESS])
ENVIRONMENT_ORIGIN = Origin(None, None, 12, "UPDATE", "varve", 1_795_168_800_000_000, None)
GLOBAL_ORIGIN = Origin(UUID(int=7), 3, 900, "UPDATE", "u-2", 1_795_168_800_000_001, "longer clauses")


def built(sources: dict[str, Any]) -> Document:
    document: Document = {}
    for pointer, source in sources.items():
        *parents, last = keys_of(pointer)
        inner = document
        for key in parents:
            inner = inner.setdefault(key, {})
        inner[last] = source["value"]
    return document


@given(types, layers())
def test_the_document_can_be_built_from_its_sources(definition: TypeDefinition, chosen: tuple[Layer, ...]) -> None:
    resolved = resolve(definition, chosen)
    assert equal(built(provenance(definition, chosen, resolved)), resolved.value or {})


@given(types, layers(), layers(of=wild_documents))
def test_every_leaf_has_one_source_that_really_gave_it(
    definition: TypeDefinition, chosen: tuple[Layer, ...], wild: tuple[Layer, ...]
) -> None:
    for some in (chosen, wild):
        resolved = resolve(definition, some)
        sources = provenance(definition, some, resolved)
        left = {layer.label: layer for layer in healed(definition, some).layers}
        assert list(sources) == [pointer for pointer, _ in leaves(resolved.value or {})]
        for pointer, source in sources.items():
            giver = left.get(source["layer"], Layer("default", "overlay", definition.defaults))
            assert gives(giver, definition.defaults, pointer, source["value"])


def gives(layer: Layer, defaults: Document, pointer: str, value: Any) -> bool:
    for unset in layer.effective_unset:
        if pointer == unset or pointer.startswith(unset + "/"):
            return equal(value_at(defaults, pointer), value)
        if value == {} and unset.startswith(pointer + "/"):
            return True
    return equal(value_at(layer.data, pointer), value)


@given(types, layers())
def test_no_higher_layer_that_stands_says_anything_of_a_leaf(
    definition: TypeDefinition, chosen: tuple[Layer, ...]
) -> None:
    resolved, left = resolve(definition, chosen), healed(definition, chosen).layers
    labels = ["default", *(layer.label for layer in chosen)]
    for pointer, source in provenance(definition, chosen, resolved).items():
        above = left[max(labels.index(source["layer"]), resolved.start) :]
        assert all(value_at(layer.data, pointer) in (MISSING, {}) for layer in above if layer.label != source["layer"])


@given(types, layers())
def test_shadowed_values_are_those_of_lower_layers_strongest_first(
    definition: TypeDefinition, chosen: tuple[Layer, ...]
) -> None:
    labels = ["default", *(layer.label for layer in chosen)]
    resolved = resolve(definition, chosen)
    for source in provenance(definition, chosen, resolved).values():
        places = [labels.index(hidden["layer"]) for hidden in source["shadowed"]]
        assert places == sorted(set(places), reverse=True)
        assert labels.index(source["layer"]) not in places


def test_a_source_names_its_event_and_the_values_it_hides() -> None:
    chosen = [
        Layer("environment", "overlay", {"a": 8, "b": 3}, (), ENVIRONMENT_ORIGIN),
        Layer("global", "overlay", {"a": 9}, (), GLOBAL_ORIGIN),
        Layer("user:u-1", "overlay", {"a": 7}),
    ]
    sources = provenance(OPEN, chosen[:2], resolve(OPEN, chosen[:2]))
    assert sources["/a"] == {
        "value": 9,
        "layer": "global",
        "config_id": "00000000-0000-0000-0000-000000000007",
        "version": 3,
        "position": 900,
        "operation": "UPDATE",
        "actor": "u-2",
        "at": "2026-11-20T10:00:00.000001Z",
        "reason": "longer clauses",
        "shadowed": [{"layer": "environment", "value": 8}, {"layer": "default", "value": 10}],
    }
    assert provenance(OPEN, chosen, resolve(OPEN, chosen))["/a"]["shadowed"] == [
        {"layer": "global", "value": 9, "config_id": "00000000-0000-0000-0000-000000000007", "version": 3},
        {"layer": "environment", "value": 8},
        {"layer": "default", "value": 10},
    ]


def test_what_is_recorded_of_no_config_has_an_event_but_no_id() -> None:
    chosen = [Layer("environment", "overlay", {"b": 3}, (), ENVIRONMENT_ORIGIN)]
    source = provenance(OPEN, chosen, resolve(OPEN, chosen))["/b"]
    assert (source["config_id"], source["position"], source["at"]) == (None, 12, "2026-11-20T10:00:00.000000Z")


def test_a_default_has_no_event_behind_it() -> None:
    source = provenance(OPEN, [], resolve(OPEN, []))["/o/q"]
    assert source == dict.fromkeys(source) | {"value": 9, "layer": "default", "shadowed": []}


def test_a_default_that_a_replace_brought_back_hides_what_lies_below_the_replace() -> None:
    chosen = [
        Layer("environment", "overlay", {"a": 8}),
        Layer("global", "replace", {"a": 9}),
        Layer("user:u-1", "replace", {"b": 2}),
        Layer("collection:c-9", "overlay", {"c": "x"}),
    ]
    source = provenance(OPEN, chosen, resolve(OPEN, chosen))["/a"]
    assert (source["value"], source["layer"]) == (10, "default")
    assert source["shadowed"] == [{"layer": "global", "value": 9}, {"layer": "environment", "value": 8}]


def test_a_field_given_back_is_of_the_layer_that_gave_it_back() -> None:
    chosen = [
        Layer("environment", "overlay", {"a": 8}),
        Layer("global", "overlay", {}, ("/a",)),
        Layer("user:u-1", "overlay", {"a": 7}),
    ]
    below = provenance(OPEN, chosen[:2], resolve(OPEN, chosen[:2]))["/a"]
    assert (below["value"], below["layer"]) == (10, "global")
    above = provenance(OPEN, chosen, resolve(OPEN, chosen))["/a"]
    assert above["shadowed"] == [
        {"layer": "global", "value": 10},
        {"layer": "environment", "value": 8},
        {"layer": "default", "value": 10},
    ]


@pytest.mark.parametrize(
    ("below", "above", "pointer", "shadowed"),
    [
        ({"x": {"k": 1}}, {"x": 5}, "/x", [{"layer": "global", "value": {"k": 1}}]),
        ({"x": 5}, {"x": {"k": 1}}, "/x/k", []),
        ({"x": None}, {"x": 1}, "/x", [{"layer": "global", "value": None}]),
        ({"x": {"$ref": "env:A"}}, {"x": {"$ref": "s", "k": 1}}, "/x/$ref", []),
        ({"x": {"$ref": "env:A"}}, {"x": {"$ref": "env:B"}}, "/x", [{"layer": "global", "value": {"$ref": "env:A"}}]),
    ],
)
def test_a_shadowed_value_is_what_the_lower_layer_has_at_that_very_pointer(
    below: Document, above: Document, pointer: str, shadowed: list[Any]
) -> None:
    chosen = [Layer("global", "overlay", below), Layer("user:u-1", "overlay", above)]
    assert provenance(OPEN, chosen, resolve(OPEN, chosen))[pointer]["shadowed"] == shadowed


def test_a_leaf_that_healing_dropped_hides_nothing() -> None:
    chosen = [Layer("global", "overlay", {"a": 9}), Layer("user:u-1", "overlay", {"a": 99})]
    source = provenance(OPEN, chosen, resolve(OPEN, chosen))["/a"]
    assert (source["value"], source["layer"]) == (9, "global")
    assert source["shadowed"] == [{"layer": "default", "value": 10}]


def test_what_is_not_served_has_no_sources() -> None:
    chosen = [Layer("global", "overlay", {"a": 9})]
    assert provenance(DEMANDING, chosen, resolve(DEMANDING, chosen)) == {}
