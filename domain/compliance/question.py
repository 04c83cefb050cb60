"""An expression as a question about a document: yes, no, or not to be told."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import orjson

from domain.config_types.expression_cost import Size
from domain.config_types.expression_tree import UnusableExpression
from domain.config_types.expressions import Expression, facts
from domain.config_types.rule_set import BUDGET_NS, nodes_in
from domain.documents import Document

KEPT_QUESTIONS = 1_000


class Answer(NamedTuple):
    """Whether it holds; None, and why, where that cannot be told."""

    holds: bool | None
    why: str | None = None


class Question:
    """Raises UnusableExpression for an expression that cannot be one."""

    def __init__(self, expression: str) -> None:
        self._claim = Expression(expression)
        self._contrary = Expression(f"!({expression}\n)")  # what is no truth value is neither
        self.reads = self._claim.reads()

    def asked_of(self, document: Document) -> Answer:
        size = Size(nodes_in(document), len(orjson.dumps(document)))
        if self._contrary.nanoseconds({"this": size}) > BUDGET_NS:
            return Answer(None, "the config is too large for the expression to be asked: simplify the expression")
        known = facts(this=document)
        if self._claim.holds(known):
            return Answer(True)
        if self._contrary.holds(known):
            return Answer(False)
        return Answer(
            None, "the expression says neither yes nor no here: it reads what is not there, or of another kind"
        )


@lru_cache(maxsize=KEPT_QUESTIONS)
def question(expression: str) -> Question | str:
    """The question, compiled once; why there is none, where the expression cannot be one."""
    try:
        return Question(expression)
    except UnusableExpression as error:
        return f"{error}: mend the requirement"
