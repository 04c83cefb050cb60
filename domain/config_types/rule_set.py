"""The rules of one type, compiled, with a bound on what checking them may cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

import orjson

from domain.config_types.expression_cost import Size
from domain.config_types.expressions import Expression, facts
from domain.config_types.spec import Rule
from domain.config_types.violation import Violation
from domain.documents import Document
from domain.pointers import related

BUDGET_NS = 100_000_000
"""What the rules of one type may cost together. A document for which they could cost more is refused."""
SMALL = Size(nodes=64, bytes=2_048)
"""The document for which the rules of every type must stay within the budget."""

_READ_NODE_NS = 60.0
_SIZES = tuple(2**power for power in range(6, 21))


class RuleSet:
    """Rules in their order. Raises UnusableExpression for an expression that cannot be one."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = [(rule, Expression(rule.expression)) for rule in rules]
        self._always_cheap = max(takewhile(lambda size: self.affordable(Size(size / 2, size)), _SIZES), default=0)
        """Documents of up to so many bytes are within the budget, whatever is in them."""

    def affordable(self, size: Size) -> bool:
        """Whether a document of this size can be checked within the budget."""
        spent = size.nodes * _READ_NODE_NS
        for _, expression in self._rules:
            spent += expression.nanoseconds({"this": size})
            if spent > BUDGET_NS:
                return False
        return True

    def violations(
        self, document: Document, type_name: str, *, unsound: Sequence[str] = (), sealed: Sequence[str] = ()
    ) -> list[Violation]:
        """The rules that do not hold. One that cannot be evaluated does not hold.

        Of a document with faults at `unsound` pointers: the rules that are false and speak of none of these. What is
        `sealed` was checked when it was given: rules that speak of it are not asked again.
        """
        rules = self._speaking_of_none(sealed)
        if not rules:
            return []
        if unsound:
            return self._false_of_sound_fields(document, [*unsound, *sealed])
        try:
            written = len(orjson.dumps(document))
            known = facts(this=document)
        except (TypeError, ValueError):  # a number or a text that rules cannot read: nothing is shown to hold
            return [_broken(rule) for rule, _ in rules]
        if written > self._always_cheap and not self.affordable(Size(nodes_in(document), written)):
            return [Violation(("",), f"{type_name} is too large for its rules to be checked: shorten it", "size")]
        return [_broken(rule) for rule, expression in rules if not expression.holds(known)]

    def _speaking_of_none(self, pointers: Sequence[str]) -> list[tuple[Rule, Expression]]:
        if not pointers:
            return self._rules
        return [pair for pair in self._rules if not any(related(a, b) for a in pair[0].fields for b in pointers)]

    def _false_of_sound_fields(self, document: Document, unsound: Sequence[str]) -> list[Violation]:
        try:
            known = facts(this=document)
            affordable = self.affordable(Size(nodes_in(document), len(orjson.dumps(document))))
        except (TypeError, ValueError):
            return []
        sound = self._speaking_of_none(unsound)
        return [_broken(rule) for rule, expression in sound if affordable and expression.is_false(known)]


def _broken(rule: Rule) -> Violation:
    return Violation(rule.fields, rule.message, rule.name)


def nodes_in(value: Any) -> int:
    """How many values there are in a document, itself included."""
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        count += 1
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return count
