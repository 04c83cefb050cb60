"""CEL expressions that are true or not, compiled once, with their cost known before they run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cel

from domain.config_types.expression_cost import Size, estimate
from domain.config_types.expression_reads import pointers_read
from domain.config_types.expression_syntax import MAX_LENGTH, parsed
from domain.config_types.expression_tree import UnusableExpression
from domain.config_types.template_variables import template_variables

KEPT = 1_000  # texts whose fitness is remembered: documents are checked whenever they are resolved
_FUNCTIONS = {"template_variables": template_variables}
_ENGINE_ERRORS = (LookupError, RuntimeError, TypeError, ValueError, ArithmeticError)
"""Everything the engine raises: a missing field, an unknown overload, a number out of range, a division by zero."""


class Expression:
    """One expression over some variables. Raises UnusableExpression when it cannot be one."""

    __slots__ = ("_program", "_tree")

    def __init__(self, text: str, *, variables: tuple[str, ...] = ("this",)) -> None:
        self._tree = parsed(text, variables=variables)
        try:
            cel.compile(text)  # alone first: what follows must not mend or change it
            self._program = cel.compile(f"({text}\n) == true")
        except ValueError as error:
            raise UnusableExpression(f"the expression cannot be read: {str(error).splitlines()[0]}") from error
        self.nanoseconds({name: Size(1, 2) for name in variables})  # refuses a pattern that cannot be used

    def holds(self, facts: cel.Context) -> bool:
        """Whether it is true of these facts. What cannot be evaluated is not true."""
        try:
            return self._program.execute(facts) is True
        except _ENGINE_ERRORS:
            return False

    def is_false(self, facts: cel.Context) -> bool:
        """Whether it is false of these facts. What cannot be evaluated is neither."""
        try:
            return self._program.execute(facts) is False
        except _ENGINE_ERRORS:
            return False

    def reads(self, variable: str = "this") -> tuple[str, ...]:
        """The pointers of what it looks at in a variable, sorted; "" where it may look at all of it."""
        return tuple(sorted(set(pointers_read(self._tree, variable))))

    def nanoseconds(self, sizes: Mapping[str, Size]) -> float:
        """What evaluating costs at most, for variables of these sizes."""
        return estimate(self._tree, sizes).nanoseconds


def facts(**variables: Any) -> cel.Context:
    """What expressions speak of, read once for all of them. Raises ValueError for what no JSON document can hold."""
    return cel.Context(variables, _FUNCTIONS)


def is_expression(text: str) -> bool:
    """Whether a text can be an expression over `this`."""
    return len(text) <= MAX_LENGTH and _can_be_read(text)  # a longer one is not kept, either


@lru_cache(maxsize=KEPT)
def _can_be_read(text: str) -> bool:
    try:
        Expression(text)
    except UnusableExpression:
        return False
    return True
