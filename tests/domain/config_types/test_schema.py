from __future__ import annotations

import time
from typing import Any

import pytest

from domain.config_types.builtin import BUILTIN
from domain.config_types.definition import Rule, TypeDefinition, TypeSpec
from domain.config_types.schema import checked
from domain.documents import Document
from domain.errors import InvalidType

SMALL: Document = {"type": "object", "properties": {"a": {"type": "integer", "default": 1}, "b": {"type": "integer"}}}


def schema(properties: Document, /, **more: Any) -> Document:
    return {"type": "object", "properties": properties, **more}


def rule(expression: str = "this.a >= 0", /, **given: Any) -> Rule:
    return Rule(**{"name": "sound", "expression": expression, "message": "not sound", "fields": ("/a",), **given})


def faults(
    given: Any = SMALL, /, *, rules: tuple[Rule, ...] = (), name: str = "house", mode: str = "replace"
) -> dict[str, str]:
    """What `checked` finds, by pointer."""
    try:
        checked(name, given, rules, mode)
    except InvalidType as refused:
        return {fault.pointer: fault.message for fault in refused.faults}
    return {}


@pytest.mark.parametrize("spec", BUILTIN, ids=lambda spec: spec.name)
def test_every_built_in_type_is_acceptable(spec: TypeSpec) -> None:
    checked(spec.name, spec.schema, spec.rules, spec.mode)


@pytest.mark.parametrize("name", ["a", "house_2", "a" * 63, "layer", "item"])
def test_a_name_of_small_letters_digits_and_underscores_is_fine(name: str) -> None:
    assert faults(name=name) == {}


@pytest.mark.parametrize("name", ["", "House", "2a", "_a", "a-b", "a" * 64, "ä", "a\n", "a/b"])
def test_any_other_name_is_refused(name: str) -> None:
    assert set(faults(name=name)) == {"/name"}


KEYS_OF_THE_ANSWER = (
    "resolution_path environment user_id collection_id collection_ids scope scopes position epoch as_of final digest "
    "degraded provenance layers explain meta trace items next unchanged receipt experiment profile change_set "
    "attributes"
)


@pytest.mark.parametrize("name", KEYS_OF_THE_ANSWER.split())
def test_a_name_that_is_a_key_of_the_effective_answer_is_refused(name: str) -> None:
    assert faults(name=name) == {"/name": f"{name} is a key of every effective answer: choose another name"}


def test_a_mode_is_replace_or_overlay() -> None:
    assert faults(mode="overlay") == {}
    assert set(faults(mode="merge")) == {"/mode"}


def test_faults_of_name_mode_schema_and_rules_come_in_one_answer() -> None:
    found = faults(schema({"a": {"type": "nope"}}), rules=(rule("x"),), name="A", mode="")
    assert set(found) == {"/name", "/mode", "/schema/properties/a/type", "/rules/0/expression"}


@pytest.mark.parametrize(
    ("given", "pointer", "said"),
    [
        ([], "/schema", "a schema is an object"),
        (True, "/schema", "a schema is an object"),
        ({"properties": {}}, "/schema/type", '"type": "object"'),
        ({"type": ["object"], "properties": {}}, "/schema/type", '"type": "object"'),
        ({"type": "object"}, "/schema/properties", "name the fields"),
        ({"type": "object", "properties": []}, "/schema/properties", "must be an object"),
        (schema({"a": {"minimum": "1"}}), "/schema/properties/a/minimum", "must be a number"),
        (schema({"a": {"default": 2**60}}), "/schema", "2^53"),
        (schema({"a": {"default": float("nan")}}), "/schema", "only JSON"),
        (schema({"a": {"default": "\ud800"}}), "/schema", "only JSON"),
        (schema({"a": {"description": "x" * 65_536}}), "/schema", "65536 bytes"),
        (schema({}, **{"$id": "https://a.example"}), "/schema/$id", "$id is not supported"),
        (schema({"a": {"$dynamicRef": "#a"}}), "/schema/properties/a/$dynamicRef", "not supported"),
        (schema({}, **{"$schema": "http://json-schema.org/draft-07/schema#"}), "/schema/$schema", "2020-12"),
        (schema({"a": {"$ref": "https://a.example/s"}}), "/schema/properties/a/$ref", "nothing is fetched"),
        (schema({"a": {"$ref": "other.json"}}), "/schema/properties/a/$ref", "nothing is fetched"),
        (schema({"a": {"$ref": "#/$defs/none"}}), "/schema/properties/a/$ref", "refers to no schema"),
        (schema({"a": {"$ref": "#/properties"}}), "/schema/properties/a/$ref", "refers to no schema"),
        (
            schema({"a": {"default": {}}, "b": {"$ref": "#/properties/a/default"}}),
            "/schema/properties/b/$ref",
            "no schema",
        ),
        (schema({"a": {"pattern": "("}}), "/schema/properties/a/pattern", "is not a regular expression"),
        (schema({"a": {"pattern": "(?=a)"}}), "/schema/properties/a/pattern", "no look-around"),
        (schema({"a": {"pattern": r"(a)\1"}}), "/schema/properties/a/pattern", "no back references"),
        (schema({"a": {"pattern": "(a{999}){999}"}}), "/schema/properties/a/pattern", "not too large"),
        (schema({}, patternProperties={"(?!a)": {}}), "/schema/patternProperties/(?!a)", "is not a regular expression"),
        (schema({}, **{"$defs": {"x": {"pattern": "("}}}), "/schema/$defs/x/pattern", "is not a regular expression"),
        (schema({f"f{n}": {"pattern": f"^{n}"} for n in range(201)}), "/schema", "at most 200 different"),
        (schema({"a": {"type": "integer", "default": "x"}}), "/schema/properties/a/default", "must be a whole number"),
        (schema({"a": {"enum": ["x"], "default": "y"}}), "/schema/properties/a/default", "must be one of x"),
        (
            schema({"a": {"$ref": "#/$defs/a/b"}}, **{"$defs": {"a/b": {"maximum": 1, "default": 2}}}),
            "/schema/properties/a/$ref",
            "refers to no schema",
        ),
        (
            schema({"a": {"$ref": "#/$defs/a~1b"}}, **{"$defs": {"a/b": {"maximum": 1, "default": 2}}}),
            "/schema/$defs/a~1b/default",
            "must be at most 1",
        ),
        (schema({"a": {"x-secret": 1}}), "/schema/properties/a/x-secret", "true or false"),
        (schema({"a": {"x-secret": True}}), "/schema/properties/a/x-secret", "only a string"),
        (schema({"a": {"x-secret": True, "type": "integer"}}), "/schema/properties/a/x-secret", "only a string"),
        (
            schema({"a": {"x-secret": True, "type": "string", "default": "sk"}}),
            "/schema/properties/a/x-secret",
            "the default of a secret is null",
        ),
        (schema({"a": {"items": {"x-secret": True, "type": "string"}}}), "/schema", "cannot stand in a list"),
        (schema({}, **{"not": {"type": "string", "x-secret": True}}), "/schema", "under a condition"),
        (schema({}, allOf=[{"$ref": "#"}]), "/schema", "without going deeper"),
        (schema({"a": {"items": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}}), "/schema", "twice in one place"),
        (schema({"a": {"$ref": "#"}}, patternProperties={"^a": {"$ref": "#"}}), "/schema", "twice in one place"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_at_the_place(given: Any, pointer: str, said: str) -> None:
    found = faults(given)
    assert list(found) == [pointer]
    assert said in found[pointer]


@pytest.mark.parametrize(
    "given",
    [
        schema({}),
        schema({}, **{"$schema": "https://json-schema.org/draft/2020-12/schema"}),
        schema({"$ref": {"type": "string"}, "x-secret": True, "default": {}, "$id": {}, "pattern": {"type": "string"}}),
        schema({"a": {"const": {"$ref": "https://a.example"}}, "b": {"default": {"$id": 1}}}),
        schema({"a/b~%": {"type": "integer", "default": 1}}),
        schema({"a": {"$ref": "#/definitions/b"}}, definitions={"b": {"type": "string", "default": ""}}),
        schema({"a": {"$ref": "#/$defs/a%20b"}}, **{"$defs": {"a b": True}}),
        schema({"a": {"type": "string", "x-secret": True, "default": {"$ref": "env:KEY"}}}),
        schema({"a": {"items": {"$ref": "#"}}, "b": {"properties": {"c": {"$ref": "#"}}}, "d": {"$ref": "#"}}),
        schema({f"f{n}": {"type": "integer", "default": n} for n in range(1_000)}),
    ],
)
def test_a_schema_that_can_be_used_is_taken(given: Document) -> None:
    assert faults(given) == {}
    TypeDefinition(TypeSpec("house", "", "replace", given), version=1)


def nested(levels: int) -> Document:
    inner: Document = {}
    for _ in range(levels):
        inner = {"not": inner}
    return schema({"a": inner})


def test_a_schema_nests_at_most_32_deep() -> None:
    assert faults(nested(29)) == {}
    assert faults(nested(30)) == {"/schema": "a schema nests at most 32 deep"}


def doubling(levels: int) -> Document:
    chain = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return schema({"a": {"$ref": "#/$defs/d0"}}, **{"$defs": {**chain, f"d{levels}": {"type": "object"}}})


def chained(levels: int) -> Document:
    chain = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(levels)}
    return schema({"a": {"$ref": "#/$defs/d0"}}, **{"$defs": {**chain, f"d{levels}": {"type": "object"}}})


def hollow(levels: int) -> Any:
    return [] if levels == 0 else [hollow(levels - 1)]


@pytest.mark.parametrize(
    "given",
    [
        doubling(40),
        doubling(400),
        chained(1_200),
        hollow(400),
        schema({f"f{n}": {"type": "nope"} for n in range(2_000)}),
        schema({f"f{n}": {"pattern": rf"\pL{{{n + 10}}}"} for n in range(190)}),
        schema({f"f{n}": {"$ref": "#/$defs/x"} for n in range(1_500)}, **{"$defs": {"x": {"pattern": "[^a]{200}"}}}),
        schema({"a": {"allOf": [{"anyOf": [{"type": "nope"}] * 30}] * 30}}),
    ],
)
def test_a_hostile_schema_is_refused_at_once(given: Any) -> None:
    started = time.perf_counter()
    assert faults(given)
    assert time.perf_counter() - started < 2


def test_a_schema_that_recurs_and_is_taken_stays_quick_to_check() -> None:
    tree = schema({"left": {"$ref": "#"}, "right": {"$ref": "#"}, "size": {"type": "integer"}})
    assert faults(tree) == {}
    definition = TypeDefinition(TypeSpec("tree", "", "replace", tree), version=1)
    value: Document = {"size": "wrong"}
    for _ in range(60):
        value = {"left": value, "size": 1}
    started = time.perf_counter()
    assert len(definition.violations(value)) == 1
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("rules", "pointer", "said"),
    [
        ((rule(name="Sound"),), "/rules/0/name", "a letter first"),
        ((rule(name=""),), "/rules/0/name", "a letter first"),
        ((rule(message=""),), "/rules/0/message", "1 to 500"),
        ((rule(message="x" * 501),), "/rules/0/message", "1 to 500"),
        ((rule(fields=()),), "/rules/0/fields", "names the fields"),
        ((rule(fields=("a",)),), "/rules/0/fields/0", "begin with a slash"),
        ((rule(fields=("/a", "")),), "/rules/0/fields/1", "begin with a slash"),
        ((rule("this.a >"),), "/rules/0/expression", "cannot go on"),
        ((rule("that.a > 1"),), "/rules/0/expression", "knows this"),
        ((rule("this.a > 1"),), "/rules/0/expression", "own defaults break sound: not sound"),
        (tuple(rule(name=f"r{n}") for n in range(101)), "/rules", "at most 100 rules"),
        ((rule("this.l.map(x, this.l.map(y, this)).size() > 0", fields=("/b",)),), "/rules", "cost too much"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_at_its_place(rules: tuple[Rule, ...], pointer: str, said: str) -> None:
    found = faults(rules=rules)
    assert list(found) == [pointer]
    assert said in found[pointer]


def test_two_rules_of_one_name_are_both_named() -> None:
    assert set(faults(rules=(rule(), rule(), rule(name="other")))) == {"/rules/0/name", "/rules/1/name"}


def test_a_rule_speaks_of_fields_of_the_type() -> None:
    closed = {**SMALL, "additionalProperties": False}
    assert faults(closed, rules=(rule(fields=("/a", "/z/y")),)) == {
        "/rules/0/fields/1": "/z/y is not a field of this type"
    }
    assert faults(SMALL, rules=(rule(fields=("/a", "/z")),)) == {}


def test_a_rule_over_a_field_without_a_default_waits_for_a_document() -> None:
    assert faults(rules=(rule("this.b > this.a", fields=("/b", "/a")),)) == {}


def test_a_hundred_long_rules_are_judged_at_once() -> None:
    long = " && ".join(["this.a.matches('^[a-z]{1,9}$')"] * 5 + ["this.a + this.b < 3 * this.a"] * 20)
    started = time.perf_counter()
    faults(rules=tuple(rule(long, name=f"r{n}", fields=("/b",)) for n in range(100)))
    assert time.perf_counter() - started < 5


def test_defaults_that_are_wrong_together_are_refused() -> None:
    broken = schema({"a": {"properties": {"b": {"default": 1}}, "propertyNames": {"pattern": "^x"}}})
    assert faults(broken) == {"/schema": "the defaults are not allowed: a has a field whose name is not allowed"}
