"""The texts, cut into passages as the settings of type `chunking` say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

TEXTS = Path(__file__).parent / "texts"
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
PARAGRAPH_END = re.compile(r"\n\s*\n")


class Passage(NamedTuple):
    source: str
    text: str


def passages(chunking: Mapping[str, Any]) -> list[Passage]:
    return [
        Passage(path.stem, chunk)
        for path in sorted(TEXTS.glob("*.txt"))
        for chunk in chunks(path.read_text(), chunking)
    ]


def chunks(text: str, chunking: Mapping[str, Any]) -> Iterator[str]:
    """Windows of so many characters; or whole sentences or paragraphs, as many as fit."""
    if chunking["strategy"] == "fixed":
        yield from windows(text, chunking["max_chunk_size"], chunking["chunk_overlap"])
    else:
        end = PARAGRAPH_END if chunking["strategy"] == "paragraph" else SENTENCE_END
        yield from packed(end.split(text.strip()), chunking["min_chunk_size"], chunking["max_chunk_size"])


def windows(text: str, size: int, overlap: int) -> Iterator[str]:
    for start in range(0, max(len(text) - overlap, 1), size - overlap):
        yield text[start : start + size].strip()


def packed(units: list[str], shortest: int, longest: int) -> Iterator[str]:
    """A unit begins a new chunk once the one before is long enough, or would become too long."""
    chunk = ""
    for unit in units:
        if chunk and (len(chunk) >= shortest or len(chunk) + len(unit) >= longest):
            yield chunk
            chunk = ""
        chunk = f"{chunk} {unit}".strip()
    if chunk:
        yield chunk
