"""How long the chunks are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """In characters. Half of the chunks are no longer than p50, nine in ten no longer than p90."""

    min: int
    p50: int
    p90: int
    max: int
    mean: float

    @classmethod
    def of(cls, lengths: Iterable[int]) -> Sizes | None:
        """None where there are no chunks. Percentiles are lengths that occur (nearest rank)."""
        ordered = sorted(lengths)
        if not ordered:
            return None
        p50, p90 = (ordered[-(-len(ordered) * percent // 100) - 1] for percent in (50, 90))
        return cls(ordered[0], p50, p90, ordered[-1], round(sum(ordered) / len(ordered), 1))
