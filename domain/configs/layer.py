"""What resolution works on: the layers of one type in one context, and what it needs to know of the type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from domain.config_types.spec import Mode
from domain.config_types.violation import Violation
from domain.documents import Document, is_one_value


class Definition(Protocol):
    """One version of a config type, as far as an answer depends on it."""

    @property
    def name(self) -> str: ...
    @property
    def defaults(self) -> Document: ...

    def violations(self, value: Document) -> Sequence[Violation]:
        """What is wrong with a complete document, always in the same order."""

    def missing(self, value: Document) -> Sequence[str]:
        """Pointers of the required fields that `value` lacks."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The event that put a layer's data there; `at_us` is its recorded time in microseconds since 1970."""

    config_id: UUID | None
    version: int | None
    position: int
    operation: str
    actor: str
    at_us: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Layer:
    """One rung. The label is what `resolution_path` says of it, such as "global" or "user:u-1"; no two share one."""

    label: str
    mode: Mode
    data: Document
    unset: tuple[str, ...] = ()
    origin: Origin | None = None
    objects: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The keys of `data` that merge by key; found once, since a layer without any folds at the speed of a dict."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "objects", objects_in(self.data))

    @property
    def contributes(self) -> bool:
        """Whether it can change an answer: a `replace` always does, since it starts again from the defaults."""
        return bool(self.data or self.unset or self.mode == "replace")

    @property
    def effective_unset(self) -> tuple[str, ...]:
        """The pointers that it gives back to the defaults; a `replace` has no use for any."""
        return self.unset if self.mode == "overlay" else ()


def objects_in(data: Document) -> tuple[str, ...]:
    """The keys whose values a merge looks into."""
    if dict not in map(type, data.values()):
        return ()
    return tuple(key for key, value in data.items() if not is_one_value(value))
