"""What this installation knows of the indexes that applications build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Indexing:
    """`tokenizers`: the folder of those that are installed."""

    tokenizers: Path | None = None
