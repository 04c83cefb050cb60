"""A config type as data: everything that is stored of it, and nothing that is derived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from domain.documents import Document

Mode = Literal["replace", "overlay"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold across fields."""

    name: str
    expression: str
    """CEL over `this`, the whole document."""
    message: str
    fields: tuple[str, ...]
    """JSON pointers of the fields it speaks of; a fault is shown at the first."""

    def to_data(self) -> Document:
        return {"name": self.name, "expression": self.expression, "message": self.message, "fields": list(self.fields)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Rule:
        return cls(data["name"], data["expression"], data["message"], tuple(data["fields"]))


@dataclass(frozen=True, slots=True)
class TypeSpec:
    """A definition as it is written down: in `builtin/` for built-in types, in an event for all."""

    name: str
    description: str
    mode: Mode
    schema: Document
    rules: tuple[Rule, ...] = ()
    revision: int | None = None
    """Of built-in types only: a server records the definition anew when the log has a lower one."""

    def to_data(self) -> Document:
        """The definition as JSON; `from_data` makes an equal one of it."""
        return {
            "name": self.name,
            "revision": self.revision,
            "description": self.description,
            "mode": self.mode,
            "schema": self.schema,
            "rules": [rule.to_data() for rule in self.rules],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> TypeSpec:
        return cls(
            name=data["name"],
            description=data["description"],
            mode=data["mode"],
            schema=data["schema"],
            rules=tuple(Rule.from_data(rule) for rule in data["rules"]),
            revision=data["revision"],
        )
