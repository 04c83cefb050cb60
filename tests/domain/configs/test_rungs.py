"""The documents that are left when layers are taken away, strongest first."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.config_types.definition import TypeDefinition
from domain.configs.diff import equal
from domain.configs.resolution import Layer, Origin, resolve
from domain.configs.rungs import Rung, rungs
from tests.domain.configs.made_layers import DEMANDING, LAWLESS, OPEN, layers

types = st.sampled_from([OPEN, DEMANDING, LAWLESS])
MINE = UUID(int=7)


@given(types, layers())
def test_the_first_rung_is_the_answer(definition: TypeDefinition, chosen: tuple[Layer, ...]) -> None:
    resolved = resolve(definition, chosen)
    found = list(rungs(definition, chosen, resolved))
    if resolved.value is None:
        assert found == []
    else:
        assert (found[0].label, equal(found[0].value, resolved.value)) == (resolved.path, True)


@given(types, layers())
def test_every_rung_is_the_answer_without_the_layers_above_it(
    definition: TypeDefinition, chosen: tuple[Layer, ...]
) -> None:
    labels = ["default", *(layer.label for layer in chosen)]
    for rung in rungs(definition, chosen, resolve(definition, chosen)):
        below = resolve(definition, chosen[: labels.index(rung.label)])
        assert equal(below.value, rung.value)


@given(types, layers())
def test_rungs_go_down_and_never_back(definition: TypeDefinition, chosen: tuple[Layer, ...]) -> None:
    order = ["default", *(layer.label for layer in chosen)]
    places = [order.index(rung.label) for rung in rungs(definition, chosen, resolve(definition, chosen))]
    assert places == sorted(set(places), reverse=True)


def test_a_rung_names_its_config_and_a_layer_that_gives_nothing_is_none() -> None:
    origin = Origin(MINE, 3, 9, "UPDATE", "u-2", 0, None)
    chosen = (
        Layer("environment", "overlay", {}, (), Origin(None, None, 8, "CREATE", "varve", 0, None)),
        Layer("global", "overlay", {"a": 18}, (), origin),
        Layer("user:u-1", "overlay", {"a": 19}),
    )
    user, shared, default = rungs(OPEN, chosen, resolve(OPEN, chosen))
    assert (user.label, user.value["a"]) == ("user:u-1", 19)
    assert shared == Rung("global", MINE, 3, {**OPEN.defaults, "a": 18})
    assert default == Rung("default", None, None, OPEN.defaults)
