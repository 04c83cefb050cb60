"""Which layer gave which fields."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.config_types.definition import TypeDefinition
from domain.configs.gifts import gifts
from domain.configs.provenance import provenance
from domain.configs.resolution import Layer, resolve
from tests.domain.configs.made_layers import DEMANDING, LAWLESS, OPEN, layers


@given(st.sampled_from([OPEN, DEMANDING, LAWLESS]), layers())
def test_gifts_are_what_provenance_tells_of_layers(definition: TypeDefinition, chosen: tuple[Layer, ...]) -> None:
    resolved = resolve(definition, chosen)
    found = {pointer: gift.label for gift in gifts(chosen, resolved) for pointer in gift.pointers}
    told = {pointer: one["layer"] for pointer, one in provenance(definition, chosen, resolved).items()}
    assert found == {pointer: layer for pointer, layer in told.items() if layer != "default"}


@given(layers())
def test_the_strongest_comes_first(chosen: tuple[Layer, ...]) -> None:
    order = [layer.label for layer in reversed(chosen)]
    labels = [gift.label for gift in gifts(chosen, resolve(OPEN, chosen))]
    assert labels == sorted(labels, key=order.index)
