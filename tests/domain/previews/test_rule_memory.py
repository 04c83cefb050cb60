"""Which fields rules read, and what may be remembered of them."""

from __future__ import annotations

import orjson
import pytest

from domain.config_types.definition import Rule, TypeDefinition, TypeSpec
from domain.previews.rule_memory import Base, RuleMemory, fields_read


def rule(expression: str) -> Rule:
    return Rule("r", expression, "does not hold", ("/a",))


def definition(expression: str) -> TypeDefinition:
    return TypeDefinition(TypeSpec("made", "", "overlay", {"type": "object"}, (rule(expression),)), version=1)


@pytest.mark.parametrize(
    ("expression", "fields"),
    [
        ("this.b < this.a", ("a", "b")),
        ("has(this.a) && this . b.c > 1", ("a", "b")),
        ("this.list.all(one, one.a < this.b)", ("b", "list")),
        ("'x' in this", None),
        ("size(this) < 3", None),
        ("this.size() < 3", None),
        ("this['a'] == 1", None),
        ("this.all(key, key != 'a')", None),
        ("true", ()),
    ],
)
def test_the_fields_that_a_rule_can_read(expression, fields):
    assert fields_read([rule(expression)]) == fields


def valid(memory: RuleMemory, base: Base, document: dict[str, object]) -> bool:
    return memory.valid(base, document, orjson.dumps(document).decode())


def test_values_that_rules_tell_apart_are_not_taken_for_one_another():
    memory, base = RuleMemory(definition("this.a == 1")), Base({"a": 0})
    assert [valid(memory, base, {"a": value}) for value in (1, True, 2, False, "1")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_equal_values_over_another_base_are_checked_with_it():
    memory = RuleMemory(definition("this.a < this.b"))
    assert valid(memory, Base({"b": 5}), {"a": 3})
    assert not valid(memory, Base({"b": 2}), {"a": 3})


def test_a_large_document_is_checked_by_itself():
    memory, base = RuleMemory(definition("this.a == 1")), Base({"a": 1})
    large = {f"f{number}": number for number in range(100)}
    assert not base.has_room(orjson.dumps(large).decode())
    assert base.has_room('{"f":1}')
    assert valid(memory, base, large)
