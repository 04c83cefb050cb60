"""Which evaluations there are: the port that they are read through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID


class EvaluationRow(NamedTuple):
    """An evaluation; ids are 32 hex digits, `body` is the event's payload in JSON, times are microseconds."""

    id: str
    environment: str
    verdict: str
    dataset_hash: str
    config_hash: str | None
    lock_id: str | None
    change_set_id: str | None
    body: str
    recorded_us: int
    position: int


@dataclass(frozen=True, slots=True)
class EvaluationFilter:
    """Which are told; None means any."""

    environment: str
    verdict: str | None = None
    dataset_hash: str | None = None
    config_hash: str | None = None
    lock_id: UUID | None = None
    change_set_id: UUID | None = None


class EvaluationViews(Protocol):
    """Everything raises StoreUnavailable."""

    def one(self, evaluation_id: UUID) -> EvaluationRow | None: ...

    def page(self, wanted: EvaluationFilter, *, before: int | None, limit: int) -> Sequence[EvaluationRow]:
        """Newest first; `before` is the position of the last one of the page before."""
