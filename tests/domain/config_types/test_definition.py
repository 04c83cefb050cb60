from __future__ import annotations

import json
from typing import Any

import pytest

from domain.config_types.builtin import BUILTIN
from domain.config_types.definition import Rule, TypeDefinition, TypeSpec
from domain.documents import Document


def defined(
    properties: Document, *, rules: tuple[Rule, ...] = (), definitions: Document | None = None, **schema: Any
) -> TypeDefinition:
    whole = {"type": "object", "properties": properties, "$defs": definitions or {}, **schema}
    return TypeDefinition(TypeSpec("house", "", "replace", whole, rules), version=3)


def messages(definition: TypeDefinition, value: Document) -> dict[str, str]:
    return {violation.pointers[0]: violation.message for violation in definition.violations(value)}


INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
TREE = {
    "type": "object",
    "properties": {"size": INTEGER, "left": {"$ref": "#/$defs/tree"}, "right": {"$ref": "#/$defs/tree"}},
}


@pytest.mark.parametrize("spec", BUILTIN, ids=lambda spec: spec.name)
def test_a_definition_is_whole_as_data(spec: TypeSpec) -> None:
    data = json.loads(json.dumps(TypeDefinition(spec, version=1).to_data()))
    again = TypeDefinition.from_data(data, version=7)
    assert (again.spec, again.version, again.revision) == (spec, 7, spec.revision)
    assert set(data) == {"name", "revision", "description", "mode", "schema", "rules"}
    assert again.defaults == TypeDefinition(spec, version=1).defaults


@pytest.mark.parametrize(
    ("schema", "given", "meant"),
    [
        (INTEGER, 10.0, 10),
        (INTEGER, 10.5, 10.5),
        (INTEGER, True, True),
        (INTEGER, 1e300, 1e300),
        (NUMBER, 1, 1.0),
        (NUMBER, False, False),
        (NUMBER, 2**60, 2**60),
        ({"type": ["integer", "number"]}, 1, 1),
        ({"type": ["integer", "number"]}, 1.0, 1.0),
        ({"type": ["number", "null"]}, 1, 1.0),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 2.0, 2),
        ({"$ref": "#/$defs/count"}, 2.0, 2),
        ({"allOf": [NUMBER, {"minimum": 0}]}, 2, 2.0),
        ({"type": "array", "items": INTEGER}, [1.0, 2, 3.0], [1, 2, 3]),
        ({"properties": {"a": {"additionalProperties": NUMBER}}}, {"a": {"b": 1}}, {"a": {"b": 1.0}}),
        ({"type": "object", "patternProperties": {"^n_": INTEGER}}, {"n_a": 1.0, "x": 1.0}, {"n_a": 1, "x": 1.0}),
        ({}, 1.0, 1.0),
    ],
)  # fmt: skip
def test_numbers_are_taken_as_the_schema_means_them(schema: Document, given: Any, meant: Any) -> None:
    definition = defined({"field": schema}, definitions={"count": INTEGER})
    assert repr(definition.coerced({"field": given})) == repr({"field": meant})


def test_a_document_that_needs_no_change_stays_the_same_object() -> None:
    given = {"field": 1, "list": [1], "more": {"a": "b"}}
    assert defined({"field": INTEGER, "list": {"items": INTEGER}}).coerced(given) is given


def test_defaults_are_every_field_with_one_and_nested_ones() -> None:
    limits = {"type": "object", "properties": {"low": {**INTEGER, "default": 1}, "high": {**NUMBER, "default": 2}}}
    definition = defined(
        {
            "a": {"default": None, "type": ["string", "null"]},
            "b": {"type": "string"},
            "limits": limits,
            "again": {"$ref": "#/$defs/limits", "default": {"low": 5}},
            "asked_for": {**limits, "required": ["name"]},
            "or_null": {"anyOf": [limits, {"type": "null"}]},
            "list": {"default": [1.0], "items": INTEGER},
        },
        definitions={"limits": limits},
    )
    assert definition.defaults == {
        "a": None,
        "limits": {"low": 1, "high": 2.0},
        "again": {"low": 5, "high": 2.0},
        "list": [1],
    }


def test_a_schema_that_comes_back_to_itself_gives_one_level_of_defaults() -> None:
    below = {"$ref": "#/$defs/tree"}
    tree = {"type": "object", "properties": {"size": {**INTEGER, "default": 1}, "left": below, "right": below}}
    definition = defined({"tree": {"$ref": "#/$defs/tree"}}, definitions={"tree": tree})
    assert definition.defaults == {"tree": {"size": 1}}
    assert definition.coerced({"tree": {"left": {"right": {"size": 2.0}}}}) == {
        "tree": {"left": {"right": {"size": 2}}}
    }
    assert messages(definition, {"tree": {"left": {"right": {"size": "big"}}}}) == {
        "/tree/left/right/size": "tree.left.right.size must be a whole number"
    }


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"maximum": 50000}, 50001, "field must be at most 50000"),
        ({"minimum": 0.5}, 0, "field must be at least 0.5"),
        ({"exclusiveMaximum": 2.0}, 2, "field must be less than 2"),
        ({"exclusiveMinimum": 2}, 2, "field must be greater than 2"),
        ({"multipleOf": 3}, 2, "field must be a multiple of 3"),
        (NUMBER, "x", "field must be a number"),
        (INTEGER, 1.5, "field must be a whole number"),
        ({"type": ["null", "string"]}, 1, "field must be a string or null"),
        ({"type": "boolean"}, 1, "field must be true or false"),
        ({"enum": ["a", "b", 1]}, "c", "field must be one of a, b, 1"),
        ({"enum": list(range(40))}, 50, f"field must be one of {', '.join(map(str, range(30)))}, … (40 in all)"),
        ({"const": {"a": 1}}, 1, 'field must be {"a": 1}'),
        ({"pattern": "^a"}, "b", "field must match ^a"),
        ({"format": "uri"}, "b", "field must be a valid uri"),
        ({"minLength": 1}, "", "field must have at least 1 character"),
        ({"maxLength": 2}, "abc", "field must have at most 2 characters"),
        ({"minItems": 1}, [], "field must have at least 1 item"),
        ({"uniqueItems": True}, [1, 1], "field must not name anything twice"),
        ({"minProperties": 2}, {}, "field must have at least 2 fields"),
        ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, "field has a field whose name is not allowed"),
        ({"contains": {"const": 1}}, [2], "field lacks an item that it must have"),
        ({"anyOf": [INTEGER, {"type": "null"}]}, "x", "field must be a whole number or null"),
        ({"anyOf": [{"type": "integer", "maximum": 3}, {"type": "null"}]}, 4, "field must be at most 3"),
        ({"oneOf": [{"minimum": 3}, {"maximum": 1}]}, 2, "field fits none of the forms that are allowed"),
        ({"oneOf": [INTEGER, NUMBER]}, 2, "field fits more than one of the forms that are allowed"),
        ({"not": {}}, 2, "field has a form that is not allowed"),
        (False, 2, "field is not allowed"),
        ({"prefixItems": [{}], "unevaluatedItems": False}, [1, 2], "field has items that are not allowed"),
    ],
)
def test_a_fault_of_schema_is_told_in_a_few_words_that_name_the_field(schema: Any, value: Any, message: str) -> None:
    assert messages(defined({"field": schema}), {"field": value}) == {"/field": message}


def test_a_nested_fault_names_the_way_to_it() -> None:
    definition = defined(
        {
            "a": {"type": "object", "properties": {"b": {"items": INTEGER}}, "required": ["c"]},
            "d": {"type": "object", "properties": {}, "unevaluatedProperties": False},
        },
        additionalProperties=False,
    )
    assert messages(definition, {"a": {"b": [1, "x"]}, "d": {"e/f": 1}, "g": 1}) == {
        "/a/b/1": "a.b[1] must be a whole number",
        "/a/c": "a.c is required",
        "/d/e~1f": "d.e/f is not a field of house",
        "/g": "g is not a field of house",
    }


def test_faults_come_in_the_order_of_their_pointers() -> None:
    found = defined({"b": INTEGER, "a": INTEGER}, required=["c"]).violations({"b": "", "a": ""})
    assert [violation.pointers for violation in found] == [("/a",), ("/b",), ("/c",)]


LOW_BELOW_HIGH = Rule("low_below_high", "this.low < this.high", "low must be below high", ("/low", "/high"))


def test_rules_are_looked_at_only_where_the_schema_holds() -> None:
    definition = defined({"low": INTEGER, "high": INTEGER}, rules=(LOW_BELOW_HIGH,))
    assert [one.rule for one in definition.violations({"low": 3, "high": 2})] == ["low_below_high"]
    assert [one.rule for one in definition.violations({"low": 3, "high": "x"})] == ["type"]
    assert definition.violations({"low": 3, "high": 2}, rules=False) == []


def test_rules_see_numbers_as_the_schema_means_them() -> None:
    half = Rule("half", "this.share * 2.0 <= 1.0 && this.count % 2 == 0", "too much", ("/share",))
    definition = defined({"share": NUMBER, "count": INTEGER}, rules=(half,))
    assert definition.violations({"share": 0, "count": 4.0}) == []


def test_a_rule_over_a_field_that_is_not_there_does_not_hold() -> None:
    definition = defined({"low": INTEGER, "high": INTEGER}, rules=(LOW_BELOW_HIGH,))
    assert [one.rule for one in definition.violations({"low": 3}, required=False)] == ["low_below_high"]


def test_a_document_too_large_for_its_rules_is_refused_before_they_run() -> None:
    pairs = Rule("pairs", "this.tags.all(a, this.tags.all(b, a <= b || b <= a))", "tags must compare", ("/tags",))
    definition = defined({"tags": {"items": INTEGER}}, rules=(pairs,))
    assert definition.violations({"tags": list(range(100))}) == []
    assert [one.message for one in definition.violations({"tags": list(range(5_000))})] == [
        "house is too large for its rules to be checked: shorten it"
    ]


def test_a_long_text_is_no_reason_to_refuse_a_template() -> None:
    template = next(TypeDefinition(spec, version=1) for spec in BUILTIN if spec.name == "template")
    names = [f"variable_{number}" for number in range(50)]
    value = {
        "template_type": "rag_query",
        "system_prompt": "Answer with care, and say so where you do not know. " * 2_000,
        "template_format": "".join(f"{{{name}}}, " for name in names) + "Lorem ipsum. " * 5_000,
        "input_variables": dict.fromkeys(names, ""),
    }
    assert template.violations(value) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"required": ["b"]},
        {"minProperties": 2},
        {"dependentRequired": {"a": ["b"]}},
        {"dependentSchemas": {"a": {"required": ["b"]}}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"anyOf": [{"required": ["b"]}, {"required": ["c"]}]},
        {"oneOf": [{"required": ["b"]}, {"required": ["c"]}]},
        {"allOf": [{"required": ["b"]}]},
        {"$ref": "#/$defs/needs_b", "$defs": {"needs_b": {"required": ["b"]}}},
    ],
)
def test_what_is_not_there_is_no_fault_where_nothing_is_required(schema: Document) -> None:
    definition = defined({"a": INTEGER, "b": INTEGER}, **schema)
    assert definition.violations({"a": 1})
    assert definition.violations({"a": 1}, required=False) == []
    assert definition.partial_violations({"a": 1}) == []
    assert definition.partial_violations({"a": "x"})
    assert definition.violations({"a": "x"}, required=False)


def test_a_wrong_part_of_one_form_is_a_fault_though_nothing_is_required() -> None:
    form = {"type": "object", "properties": {"a": INTEGER, "b": INTEGER}, "required": ["b"]}
    definition = defined({"field": {"anyOf": [form, {"type": "null"}]}})
    assert definition.violations({"field": {"a": 1}}, required=False) == []
    assert [one.message for one in definition.violations({"field": {"a": "x"}}, required=False)] == [
        "field.a must be a whole number"
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"required": ["a"]}},
        {"oneOf": [{"properties": {"a": INTEGER}}, {"properties": {"a": NUMBER}}]},
        {"const": {"a": 1, "b": 2}},
        {"enum": [{"a": 1, "b": 2}]},
        {"unevaluatedProperties": False, "if": {"required": ["b"]}, "then": {"properties": {"a": {}}}},
    ],
)
def test_what_speaks_of_the_whole_is_left_out_of_a_part(schema: Document) -> None:
    definition = defined({"field": {"type": "object", **schema}})
    assert definition.violations({"field": {"a": 1}})
    assert definition.partial_violations({"field": {"a": 1}}) == []


def test_a_list_in_an_overlay_is_one_value_and_must_be_whole() -> None:
    step = {"type": "object", "properties": {"run": {"type": "string"}}, "required": ["run"]}
    definition = defined(
        {"steps": {"items": {"$ref": "#/$defs/step"}}, "first": {"$ref": "#/$defs/step"}}, definitions={"step": step}
    )
    assert definition.partial_violations({"first": {}}) == []
    assert [one.message for one in definition.partial_violations({"steps": [{}]})] == ["steps[0].run is required"]


def test_missing_fields_are_named_in_objects_that_are_there() -> None:
    place = {"type": "object", "properties": {"host": {"type": "string"}}, "required": ["host", "port"]}
    definition = defined(
        {"a": place, "b": {"anyOf": [place, {"type": "null"}]}, "c": {"type": "object", "additionalProperties": place}},
        required=["a", "z"],
    )
    assert definition.missing({}) == ["/a", "/z"]
    assert definition.missing({"a": {"port": 1}, "b": {"host": ""}, "c": {"x/y": {}}, "z": 0}) == [
        "/a/host",
        "/b/port",
        "/c/x~1y/host",
        "/c/x~1y/port",
    ]
    assert definition.missing({"a": {"host": "", "port": 1}, "b": None, "z": None}) == []


KEY = {"type": ["string", "null"], "x-secret": True}
VAULT = defined(
    {
        "key": KEY,
        "service": {"type": "object", "properties": {"token": {"type": "string", "x-secret": True}}},
        "headers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/secret"}},
        "maybe": {"anyOf": [{"type": "string", "x-secret": True}, {"type": "null"}]},
    },
    definitions={"secret": {"type": "string", "x-secret": True}},
)
REFERENCE = {"$ref": "env:API_KEY"}


@pytest.mark.parametrize(
    "data",
    [
        {"key": None, "maybe": None},
        {"key": REFERENCE, "maybe": REFERENCE},
        {"service": {"token": REFERENCE}, "headers": {"x-key": REFERENCE}},
    ],
)
def test_a_secret_is_given_as_a_reference(data: Document) -> None:
    assert VAULT.violations(data) == VAULT.partial_violations(data) == []


@pytest.mark.parametrize(
    ("data", "pointer", "name"),
    [
        ({"key": "sk-1"}, "/key", "key"),
        ({"maybe": "sk-1"}, "/maybe", "maybe"),
        ({"key": {"$ref": "file:x"}}, "/key", "key"),
        ({"key": {"$ref": "env:A B"}}, "/key", "key"),
        ({"key": {**REFERENCE, "more": 1}}, "/key", "key"),
        ({"key": {"$secret": "sk-1"}}, "/key", "key"),
        ({"service": {"token": "sk-1"}}, "/service/token", "service.token"),
        ({"headers": {"a/b": ["sk-1"]}}, "/headers/a~1b", "headers.a/b"),
    ],
)
def test_any_other_secret_is_refused_with_what_to_write(data: Document, pointer: str, name: str) -> None:
    for found in (VAULT.violations(data), VAULT.partial_violations(data)):
        assert [(one.pointers, one.message, one.rule) for one in found] == [
            ((pointer,), f'{name} is a secret: give its text, or a reference, {{"$ref": "env:NAME"}}', "x-secret")
        ]
        assert "sk-1" not in str(found)


def test_null_is_a_secret_only_where_the_schema_allows_it() -> None:
    assert VAULT.violations({"key": None}) == []
    assert [one.rule for one in VAULT.violations({"service": {"token": None}})] == ["x-secret"]


def test_secrets_are_found_wherever_they_stand() -> None:
    data = {"key": None, "service": {"token": REFERENCE, "url": "x"}, "headers": {"a": REFERENCE}, "maybe": "sk-1"}
    assert [one.pointer for one in VAULT.secrets(data)] == ["/key", "/service/token", "/headers/a", "/maybe"]
    assert list(defined({"key": {"type": "string"}}).secrets({"key": "x"})) == []
