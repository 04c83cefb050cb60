"""A rule's expression as a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

MacroName: TypeAlias = Literal["all", "exists", "exists_one", "map", "filter"]


class UnusableExpression(ValueError):
    """An expression that cannot be a rule. The message says why."""


@dataclass(frozen=True, slots=True)
class Constant:
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Part:
    """A field or an item: `of.field`, which has a name, or `of[key]`."""

    of: Node
    key: Node | None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator. Lists and maps that are written out are calls of "[]"."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Macro:
    """`over.name(variable, body)`."""

    name: MacroName
    over: Node
    variable: str
    body: Node


Node: TypeAlias = Constant | Name | Part | Call | Macro
