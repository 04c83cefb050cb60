"""A policy: what may be in force of one type, by schema and by rules over the value of before and the new one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import orjson

from domain.config_types.expression_cost import Size
from domain.config_types.expression_tree import UnusableExpression
from domain.config_types.expressions import Expression, facts
from domain.config_types.rule_checks import MAX_MESSAGE_LENGTH, MAX_RULES
from domain.config_types.rule_set import BUDGET_NS, SMALL, nodes_in
from domain.config_types.schema import checked
from domain.documents import Document
from domain.errors import Fault, InvalidRequest, InvalidType

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}", re.ASCII)
THIS, OLD, CONTEXT = "this", "old", "context"
CONTEXT_SIZE = Size(8, 2_048)
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """CEL over `this` (the new effective value), `old` (the one before) and `context` (what is known of the caller)."""

    name: str
    expression: str
    message: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    config_type: str
    schema: Document
    rules: tuple[PolicyRule, ...]

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Policy:
        """From what an event, or its payload, carries."""
        rules = tuple(PolicyRule(**rule) for rule in facts["rules"])
        return cls(facts["policy"], facts["config_type"], facts["json_schema"], rules)

    def facts(self) -> dict[str, Any]:
        """What its event says of it."""
        rules = [asdict(rule) for rule in self.rules]
        return {
            "policy": self.name,
            "config_type": self.config_type,
            "json_schema": self.schema,
            "rules": rules,
        }

    def require_sound(self) -> None:
        """Raises InvalidRequest with every fault."""
        if faults := [*_faults_of_name(self.name), *_faults_of_rules(self.rules), *_faults_of_schema(self.schema)]:
            raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)

    @property
    def checks(self) -> Checks:
        """Compiled once for equal policies."""
        return _compiled(orjson.dumps(self.facts(), option=orjson.OPT_SORT_KEYS))


class Broken(NamedTuple):
    """What a value does that a policy does not want. `rule` has the policy's name before it."""

    pointer: str
    message: str
    rule: str
    severity: Severity


class Checks:
    """A policy, compiled."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._reader = checked("policy", _whole(policy.schema), (), "overlay") if policy.schema else None
        self._rules = [(rule, _expression(rule.expression)) for rule in policy.rules]

    def broken(self, this: Document, *, old: Document | None, context: Document) -> list[Broken]:
        """What this value breaks. Rules that speak of `old` are not asked where there was none before.

        A rule that cannot be evaluated is broken.
        """
        found = [
            self._broken(one.fault().pointer, one.message, one.rule, "error")
            for one in (self._reader.violations(this) if self._reader else ())
        ]
        asked = [pair for pair in self._rules if old is not None or not pair[1].reads(OLD)]
        if not asked:
            return found
        if not _affordable(asked, _size(this), _size(old or {})):
            return [*found, self._broken("", f"{self._policy.config_type} is too large to be checked", "size", "error")]
        known = facts(this=this, old=old, context=context)
        return found + [
            self._broken("", rule.message, rule.name, rule.severity)
            for rule, expression in asked
            if not expression.holds(known)
        ]

    def _broken(self, pointer: str, message: str, rule: str, severity: Severity) -> Broken:
        return Broken(pointer, message, f"{self._policy.name}.{rule}", severity)


@lru_cache(maxsize=256)
def _compiled(written: bytes) -> Checks:
    return Checks(Policy.of(orjson.loads(written)))


def _expression(text: str) -> Expression:
    return Expression(text, variables=(THIS, OLD, CONTEXT))


def _whole(schema: Document) -> Document:
    """A schema as types have it: of an object, whatever fields it names."""
    return {"properties": {}, **schema, "type": "object"}


def _size(document: Document) -> Size:
    return Size(nodes_in(document), len(orjson.dumps(document)))


def _affordable(rules: Sequence[tuple[PolicyRule, Expression]], this: Size, old: Size) -> bool:
    sizes = {THIS: this, OLD: old, CONTEXT: CONTEXT_SIZE}
    return sum(expression.nanoseconds(sizes) for _, expression in rules) <= BUDGET_NS


def _faults_of_name(name: str) -> Iterator[Fault]:
    if not NAME.fullmatch(name):
        yield Fault("/name", "the name of a policy has 1 to 63 of a-z, 0-9, '-' and '_', a letter first", "name")


def _faults_of_rules(rules: Sequence[PolicyRule]) -> list[Fault]:
    if len(rules) > MAX_RULES:
        return [Fault("/rules", f"a policy has at most {MAX_RULES} rules", "size")]
    uses = Counter(rule.name for rule in rules)
    found = [fault.under(f"/rules/{at}") for at, rule in enumerate(rules) for fault in _faults_of_rule(rule, uses)]
    if not found and not _affordable([(rule, _expression(rule.expression)) for rule in rules], SMALL, SMALL):
        found.append(Fault("/rules", "the rules cost too much to check: nest less, or split the policy", "cost"))
    return found


def _faults_of_rule(rule: PolicyRule, uses: Mapping[str, int]) -> Iterator[Fault]:
    if not NAME.fullmatch(rule.name):
        yield Fault("/name", "the name of a rule has 1 to 63 of a-z, 0-9, '-' and '_', a letter first", "name")
    if uses[rule.name] > 1:
        yield Fault("/name", f"two rules are named {rule.name}", "unique")
    if not 1 <= len(rule.message) <= MAX_MESSAGE_LENGTH:
        yield Fault("/message", f"the message of a rule has 1 to {MAX_MESSAGE_LENGTH} characters", "message")
    try:
        _expression(rule.expression)
    except UnusableExpression as error:
        yield Fault("/expression", str(error), "expression")


def _faults_of_schema(schema: Document) -> list[Fault]:
    try:
        if schema:
            checked("policy", _whole(schema), (), "overlay")
    except InvalidType as refusal:
        return list(refusal.faults)
    return []
