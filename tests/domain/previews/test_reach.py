"""What a change below does to contexts above it."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.config_types.definition import Rule, TypeDefinition, TypeSpec
from domain.configs.layer import Layer
from domain.previews.reach import OWN, Effect, Reach

RULES = (
    Rule("b_below_a", "this.b < this.a", "b must be less than a", ("/b", "/a")),
    Rule("deep", "this.o.p < 20", "p must be less than 20", ("/o/p",)),
)
FIELDS = {
    "a": {"type": "integer", "maximum": 20, "default": 10},
    "b": {"type": "integer", "default": 5},
    "c": {"type": ["string", "null"], "default": None},
    "o": {
        "type": ["object", "integer"],
        "default": {"p": 1, "q": 9},
        "properties": {"p": {"type": "integer"}, "q": {"type": "integer"}},
    },
    "r": {"type": "string"},
}


def definition(*, required: bool = False, rules: tuple[Rule, ...] = RULES) -> TypeDefinition:
    schema = {"type": "object", "properties": FIELDS, **({"required": ["r"]} if required else {})}
    return TypeDefinition(TypeSpec("made", "", "overlay", schema, rules), version=1)


WHATEVER = Rule("few", "size(this) < 7", "too many fields", ("",))
DEFINITIONS = [definition(), definition(required=True), definition(rules=()), definition(rules=(*RULES, WHATEVER))]
numbers = st.integers(0, 22)
documents = st.fixed_dictionaries(
    {},
    optional={
        "a": numbers,
        "b": numbers,
        "c": st.none() | st.just("text"),
        "o": st.fixed_dictionaries({}, optional={"p": numbers, "q": numbers}) | st.just(5),
        "r": st.just("here"),
        "x": numbers | st.booleans(),
        "y/z": numbers,
    },
)
pointers = st.sampled_from(["/a", "/b", "/c", "/o/p", "/x"])


def layers(label: str) -> st.SearchStrategy[Layer]:
    overlay = st.builds(
        Layer, st.just(label), st.just("overlay"), documents, st.lists(pointers, max_size=1, unique=True).map(tuple)
    )
    return overlay | st.builds(Layer, st.just(label), st.just("replace"), documents)


bases = st.tuples(layers("environment"), layers("global"))


@given(st.sampled_from(DEFINITIONS), bases, bases, st.lists(layers(OWN), min_size=1, max_size=4))
def test_the_short_way_says_what_the_long_way_says(made, before, after, own_layers):
    reach = Reach(made, before, after)
    for own in own_layers:
        short = reach.under(own.mode, orjson.dumps(own.data).decode(), orjson.dumps(own.unset).decode())
        assert short == Effect.of(reach.changes(own))


@given(st.sampled_from(DEFINITIONS), bases, layers(OWN))
def test_what_stays_as_it_is_has_no_effect(made, base, own):
    reach = Reach(made, base, base)
    assert reach.bare == reach.under(own.mode, orjson.dumps(own.data).decode(), "[]") == Effect((), ())


def base(data: dict[str, object]) -> tuple[Layer, Layer]:
    return Layer("environment", "overlay", {}), Layer("global", "overlay", data)


@pytest.mark.parametrize(
    ("mode", "data", "effect"),
    [
        ("overlay", "{}", Effect(("/a", "/c"), ())),
        ("overlay", '{"b": 1}', Effect(("/a", "/c"), ())),
        ("overlay", '{"a": 8}', Effect(("/c",), ("/a",))),
        ("overlay", '{"a": 8, "c": null}', Effect((), ("/a", "/c"))),
        ("replace", "{}", Effect((), ("/a", "/c"))),
    ],
)
def test_a_field_changes_unless_the_own_layer_gives_it(mode, data, effect):
    reach = Reach(definition(), base({}), base({"a": 12, "c": "text"}))
    assert reach.under(mode, data, "[]") == effect


def test_a_change_that_breaks_a_rule_above_is_healed_there_and_told():
    reach = Reach(definition(), base({}), base({"a": 6}))
    assert reach.under("overlay", '{"b": 8}', "[]") == Effect(("/a", "/b"), ())  # b, above the new a, gives way


def test_process_values_that_global_hides_are_hidden_from_all():
    before, after = ((Layer("environment", "overlay", {"a": a}), Layer("global", "overlay", {"a": 15})) for a in (7, 8))
    reach = Reach(definition(), before, after)
    assert reach.bare == Effect((), ("/a",))
    assert reach.under("overlay", '{"b": 1}', "[]") == Effect((), ("/a",))


def test_a_change_of_the_own_layer_is_told_with_its_values():
    reach = Reach(definition(), base({}), base({}))
    own, becomes = Layer(OWN, "overlay", {"a": 8}), Layer(OWN, "overlay", {"a": 9})
    assert [(c.pointer, c.before, c.after, c.hidden_by) for c in reach.changes(own, becomes)] == [("/a", 8, 9, None)]
