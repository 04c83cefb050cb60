"""The text of a secret is checked before it is sealed; what is sealed is not asked again."""

from __future__ import annotations

from typing import Any

import pytest

from domain.config_types.definition import Rule, TypeDefinition, TypeSpec
from domain.documents import Document
from domain.secrets.envelope import envelope, placeholder

SEALED = envelope(key="k", ciphertext="AAAA", commitment="c", version=1)
GIVEN = placeholder("")
PATTERNED = {"type": "string", "x-secret": True, "minLength": 5, "maxLength": 12, "pattern": "^sk-"}
SCHEMA: Document = {
    "type": "object",
    "properties": {
        "key": PATTERNED,
        "deep": {"type": "object", "properties": {"key": {"$ref": "#/$defs/key"}}},
        "maybe": {"anyOf": [{"type": "null"}, PATTERNED]},
        "kind": {"type": "string"},
    },
    "$defs": {"key": PATTERNED},
}
RULES = (
    Rule("not_the_kind", "this.key != this.kind", "key must not be the kind", ("/key", "/kind")),
    Rule("kind_is_short", "size(this.kind) < 9", "kind is short", ("/kind",)),
)
DEFINITION = TypeDefinition(TypeSpec("vault", "", "overlay", SCHEMA, RULES), version=1)


def found(data: Document, texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(one.pointers[0], one.rule) for one in DEFINITION.violations(data, texts=texts)]


@pytest.mark.parametrize("pointer", ["/key", "/deep/key", "/maybe"])
@pytest.mark.parametrize(
    ("text", "rules"),
    [("sk-12", []), ("sk-1", ["minLength"]), ("sk-1234567890", ["maxLength"]), ("other", ["pattern"])],
)
def test_a_text_must_fit_its_schema_wherever_it_stands(pointer: str, text: str, rules: list[str]):
    data: dict[str, Any] = {"kind": "x"}
    data |= {"deep": {"key": GIVEN}} if pointer == "/deep/key" else {pointer[1:]: GIVEN}
    texts = {pointer: text}
    partial = [(one.pointers[0], one.rule) for one in DEFINITION.partial_violations(data, texts=texts)]
    assert partial == [(pointer, rule) for rule in rules]
    violations = DEFINITION.violations(data, texts=texts)
    assert [(one.pointers[0], one.rule) for one in violations if one.rule in rules] == partial
    assert text not in str(violations)


def test_a_rule_sees_the_text_that_is_given():
    assert found({"key": GIVEN, "kind": "sk-12"}, {"/key": "sk-12"}) == [("/key", "not_the_kind")]
    assert found({"key": GIVEN, "kind": "sk-13"}, {"/key": "sk-12"}) == []


def test_a_rule_that_speaks_of_a_sealed_secret_is_not_asked_again():
    """It would compare the envelope."""
    always_wrong = Rule("starts", "this.key.startsWith('sk')", "key starts with sk", ("/key",))
    definition = TypeDefinition(TypeSpec("vault", "", "overlay", SCHEMA, (always_wrong, *RULES)), version=1)
    for sealed in (SEALED, placeholder("c")):
        assert definition.violations({"key": sealed, "kind": "x"}) == []
    assert [one.rule for one in definition.violations({"key": SEALED, "kind": "far too long"})] == ["kind_is_short"]


@pytest.mark.parametrize("value", [SEALED, placeholder("c"), {"$ref": "env:KEY"}])
def test_what_stands_for_a_secret_fits_its_field(value: Document):
    assert DEFINITION.partial_violations({"key": value, "deep": {"key": value}, "maybe": value}) == []
