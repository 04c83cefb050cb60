"""Layers that are valid each alone and invalid together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.config_types.definition import TypeDefinition, Violation
from domain.configs.diff import equal
from domain.configs.fold import folded
from domain.configs.healing import Degradation, healed
from domain.configs.resolution import Layer, Origin, resolve
from domain.documents import Document
from domain.pointers import leaves
from tests.domain.configs.made_layers import DEMANDING, OPEN, layers, made_type

types = st.sampled_from([OPEN, DEMANDING])


@given(types, layers())
def test_an_answer_is_valid_or_there_is_none(definition: TypeDefinition, chosen: tuple[Layer, ...]) -> None:
    value = resolve(definition, chosen).value
    assert value is None or (definition.missing(value) == [] and definition.violations(value) == [])


@given(types, layers())
def test_a_valid_fold_loses_nothing(definition: TypeDefinition, chosen: tuple[Layer, ...]) -> None:
    fold = folded(definition.defaults, chosen).value
    if not definition.missing(fold) and not definition.violations(fold):
        resolved = resolve(definition, chosen)
        assert equal(resolved.value, fold)
        assert resolved.degraded == ()


@given(types, layers())
def test_only_what_is_named_is_lost(definition: TypeDefinition, chosen: tuple[Layer, ...]) -> None:
    result = healed(definition, chosen)
    for layer, left in zip(chosen, result.layers, strict=True):
        named = [one.pointers for one in result.degraded if one.layer == layer.label]
        lost = {at for at, _ in leaves(layer.data)} - {at for at, _ in leaves(left.data)}
        lost_unset = set(layer.effective_unset) - set(left.effective_unset)
        if () in named:
            assert not left.contributes
        else:
            assert lost | lost_unset == {pointer for pointers in named for pointer in pointers}
            assert left.mode == layer.mode


@given(types, layers())
def test_what_is_left_folds_to_the_answer(definition: TypeDefinition, chosen: tuple[Layer, ...]) -> None:
    resolved, left = resolve(definition, chosen), healed(definition, chosen).layers
    again = resolve(definition, left)
    assert equal(again.value, resolved.value)
    assert again.path == resolved.path
    assert not any(one.layer in {layer.label for layer in chosen} for one in again.degraded)


def test_what_was_dropped_is_told_with_its_config_and_why() -> None:
    origin = Origin(UUID(int=7), 3, 1042, "UPDATE", "u-1", 0, None)
    (dropped,) = resolve(OPEN, [Layer("global", "overlay", {"b": 12, "a": 11}, (), origin)]).degraded
    assert dropped == Degradation("open", "global", ("/a", "/b"), "b_below_a", "b must be less than a", UUID(int=7), 3)


def test_a_rule_that_names_an_object_takes_all_its_leaves() -> None:
    resolved = resolve(OPEN, [Layer("global", "overlay", {"a": 19, "o": {"p": 8, "q": 20, "more": {"x": 1}}})])
    assert [one.pointers for one in resolved.degraded] == [("/a", "/o/more/x", "/o/p", "/o/q")]


def test_a_rule_that_names_a_field_takes_the_leaf_that_stands_in_its_place() -> None:
    definition = made_type("loose", {"o": {"default": {"p": 1}}}, POSITIVE)
    resolved = resolve(definition, [Layer("global", "overlay", {"o": 5, "x": 1})])
    assert resolved.value == {"o": {"p": 1}, "x": 1}
    assert [one.pointers for one in resolved.degraded] == [("/o",)]


POSITIVE = {"name": "positive", "expression": "this.o.p > 0", "message": "p must be positive", "fields": ["/o/p"]}


@dataclass(frozen=True)
class Whimsical:
    """A type whose rules no schema and no expression could say."""

    defaults: Document
    faults: Callable[[Document], list[Violation]]
    name: str = "whimsical"

    def missing(self, value: Document) -> list[str]:
        return []

    def violations(self, value: Document) -> list[Violation]:
        return self.faults(value)


def test_a_rule_that_names_no_field_speaks_of_the_whole_document() -> None:
    chosen = [Layer("global", "replace", {"a": 2}), Layer("user:u-1", "overlay", {"b": 1})]
    nothing_but_defaults = Whimsical(
        {"a": 1}, lambda value: [] if value == {"a": 1} else [Violation((), "not as I like it", "mood")]
    )
    resolved = resolve(nothing_but_defaults, chosen)
    assert resolved.value == {"a": 1}
    assert [(one.layer, one.pointers) for one in resolved.degraded] == [("user:u-1", ()), ("global", ("/a",))]
    assert resolved.path == "global"


@given(st.lists(st.sets(st.sampled_from("abcdef")), max_size=5))
def test_healing_ends_whatever_the_rules(fields: list[set[str]]) -> None:
    chosen = [Layer(f"team:{number}", "overlay", dict.fromkeys(keys, 1)) for number, keys in enumerate(fields)]
    nothing_but_a = Whimsical(
        {}, lambda value: [Violation((f"/{key}",), "not this one", f"no_{key}") for key in sorted(value) if key != "a"]
    )
    value = resolve(nothing_but_a, chosen).value
    assert value is not None
    assert value.keys() <= {"a"}
