"""What this installation knows of the indexes that applications build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Indexing:
    """`tokenizers`: the folder of those that are installed. `urls`: by environment, where shadow tables are made."""

    tokenizers: Path | None = None
    urls: Mapping[str, str] = field(default_factory=dict, repr=False)
