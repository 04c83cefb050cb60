"""What a document does wrong."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Fault


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a document's type does not allow."""

    pointers: tuple[str, ...]
    """The fields it speaks of; where the fault is shown comes first."""
    message: str
    rule: str
    """The name of the rule across fields, or the keyword of JSON Schema."""

    def fault(self) -> Fault:
        return Fault(self.pointers[0], self.message, self.rule)
