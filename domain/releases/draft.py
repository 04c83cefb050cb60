"""One intended change of one thing, with what the thing was when it was drafted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from domain.documents import Document

Kind = Literal["config", "profile", "experiment", "type"]


@dataclass(frozen=True, slots=True)
class Draft:
    """`base` is the thing as it was at `base_version`, `wanted` as it is to be; None where it is not there.

    `subject` is the thing's stream. `scope` and `config_type` are those of a config; others go by their name. Secrets
    of `wanted` are sealed for `version` of the change set, or placeholders for those that the thing has.
    """

    kind: Kind
    subject: UUID
    name: str
    scope: str | None
    config_type: str | None
    base_version: int = 0
    base: Document | None = None
    wanted: Document | None = None
    author: str = ""
    version: int = 0

    @property
    def operation(self) -> str:
        """What it does, in one word."""
        if self.wanted is None:
            return "delete"
        return "create" if self.base is None else "update"

    @property
    def title(self) -> str:
        """What it is about, in words."""
        place = f" at {self.scope}" if self.scope is not None else ""
        return f"the {self.config_type or ''} {self.kind} {self.name}{place}".replace("  ", " ")
