"""The reference chunker: what the settings of type `chunking` mean, for a preview.

It is our own, since a preview must say the same tomorrow: tests/golden/chunks_v1.json freezes it. The libraries looked
at (semantic-text-splitter, semchunk, tinychunk, langchain-text-splitters) have no shortest chunk that holds, or no
strategies, or give no offsets, or bring tokenizers and frameworks along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.documents import Document
from domain.errors import InvalidRequest
from domain.previews.embedder import turns
from domain.previews.packing import Chunk, Limits, Packing
from domain.previews.words import PARAGRAPH, SENTENCE, units, words_of

MAX_TEXT = 200_000
MAX_CHUNKS = 10_000
MAX_CHARACTERS = 2_000_000
"""Of all chunks together: a large overlap repeats the text many times."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A valid document of type `chunking`."""

    strategy: str
    limits: Limits
    threshold: float

    @classmethod
    def of(cls, document: Document) -> Settings:
        limits = Limits(document["min_chunk_size"], document["max_chunk_size"], document["chunk_overlap"])
        return cls(document["strategy"], limits, document["semantic_threshold"])


def chunks(text: str, settings: Settings) -> list[Chunk]:
    """The chunks in order, `text[start:end]` each; together they hold every character that is not white space.

    `fixed` cuts after so many characters, wherever that is. `sentence` and `paragraph` pack whole ones. `semantic`
    packs sentences, and begins a new chunk where one is less like the one before than semantic_threshold. Takes time
    linear in the text. Raises InvalidRequest for a text that is too long, or makes too many chunks.
    """
    if len(text) > MAX_TEXT:
        message = f"the sample has {len(text):,} characters, and {MAX_TEXT:,} are allowed: take a shorter one"
        raise InvalidRequest.at("/sample", message, "max_length")
    found, characters = [], 0
    for chunk in _cut(text, settings):
        found.append(chunk)
        characters += chunk.end - chunk.start
        if len(found) > MAX_CHUNKS or characters > MAX_CHARACTERS:
            raise _too_many()
    return found


def _too_many() -> InvalidRequest:
    message = (
        f"the sample makes more than {MAX_CHUNKS:,} chunks, or {MAX_CHARACTERS:,} characters in all, with these "
        "settings or those now in force: take a shorter one, or less overlap"
    )
    return InvalidRequest.at("/sample", message, "max_chunks")


def _cut(text: str, settings: Settings) -> Iterator[Chunk]:
    if settings.strategy == "fixed":
        return _fixed(text, settings.limits)
    words = words_of(text)
    whole = units(words, PARAGRAPH if settings.strategy == "paragraph" else SENTENCE)
    turning = turns(text, whole, threshold=settings.threshold) if settings.strategy == "semantic" else frozenset[int]()
    return Packing(words, settings.limits, turns=turning).chunks(whole)


def _fixed(text: str, limits: Limits) -> Iterator[Chunk]:
    """Windows of the longest size. The last begins earlier where it would be too short; blank ones are left out."""
    start = 0
    while start < len(text):
        end = min(start + limits.longest, len(text))
        if not text[start:end].isspace():
            yield Chunk(start, end)
        if end == len(text):
            return
        start = min(end - limits.overlap, len(text) - limits.shortest)
