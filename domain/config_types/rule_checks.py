"""What makes the rules of a definition acceptable."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from domain.config_types.definition import TypeDefinition
from domain.config_types.expression_tree import UnusableExpression
from domain.config_types.expressions import Expression
from domain.config_types.rule_set import SMALL, RuleSet
from domain.config_types.spec import Rule
from domain.documents import Document
from domain.errors import Fault
from domain.pointers import MISSING, keys_of, value_at

MAX_RULES = 100
MAX_MESSAGE_LENGTH = 500
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)


def faults_of_rules(rules: Sequence[Rule]) -> list[Fault]:
    """What is wrong with rules by themselves."""
    if len(rules) > MAX_RULES:
        return [Fault("/rules", f"a type has at most {MAX_RULES} rules", "size")]
    uses = Counter(rule.name for rule in rules)
    twice = [
        Fault(f"/rules/{at}/name", f"two rules are named {rule.name}", "unique")
        for at, rule in enumerate(rules)
        if uses[rule.name] > 1
    ]
    return twice + [fault.under(f"/rules/{at}") for at, rule in enumerate(rules) for fault in _of_rule(rule)]


def _of_rule(rule: Rule) -> Iterator[Fault]:
    if not _NAME.fullmatch(rule.name):
        yield Fault("/name", "the name of a rule has 1 to 63 of a-z, 0-9 and _, a letter first", "name")
    if not 1 <= len(rule.message) <= MAX_MESSAGE_LENGTH:
        yield Fault("/message", f"the message of a rule has 1 to {MAX_MESSAGE_LENGTH} characters", "message")
    if not rule.fields:
        yield Fault("/fields", "a rule names the fields it speaks of, as JSON pointers", "fields")
    for at, pointer in enumerate(rule.fields):
        if not pointer.startswith("/"):
            yield Fault(f"/fields/{at}", f"{pointer!r} is no pointer to a field: begin with a slash", "pointer")
    try:
        Expression(rule.expression)
    except UnusableExpression as error:
        yield Fault("/expression", str(error), "expression")


def faults_of_rule_fields(rules: Sequence[Rule], schema: Document) -> list[Fault]:
    """The fields of rules that the schema does not have."""
    if schema.get("additionalProperties") is not False:
        return []
    return [
        Fault(f"/rules/{at}/fields/{index}", f"{pointer} is not a field of this type", "pointer")
        for at, rule in enumerate(rules)
        for index, pointer in enumerate(rule.fields)
        if pointer.startswith("/") and keys_of(pointer)[0] not in schema["properties"]
    ]


def faults_of_running(definition: TypeDefinition) -> Iterator[Fault]:
    """Rules that cost too much, and rules that the type's own defaults break."""
    if not RuleSet(definition.rules).affordable(SMALL):
        yield Fault("/rules", "the rules cost too much to check: nest less, or split the type", "cost")
        return
    for at, rule in enumerate(definition.rules):
        settled = all(value_at(definition.defaults, pointer) is not MISSING for pointer in rule.fields)
        if settled and RuleSet([rule]).violations(definition.defaults, definition.name):
            yield Fault(
                f"/rules/{at}/expression", f"the type's own defaults break {rule.name}: {rule.message}", "defaults"
            )
