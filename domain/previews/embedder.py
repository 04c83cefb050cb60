"""A small embedder that is built in, so that a preview of the semantic strategy needs no model.

It knows spelling, not meaning: sentences are near each other when they are made of the same three-letter pieces. Real
embedders find more turns and other ones; a preview names this one, so that nobody takes it for theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from typing import Final

from domain.previews.words import Unit

EMBEDDER_NAME: Final = "varve-trigrams"
EMBEDDER_VERSION: Final = (
    1  # a change of anything here is another version: tests/golden/chunks_v1.json freezes this one
)

_LETTERS = re.compile(r"\w+")


def vector(text: str) -> Counter[str]:
    """How often each three-letter piece occurs; a word is taken in small letters, with a space at either end."""
    pieces: Counter[str] = Counter()
    for word in _LETTERS.findall(text.lower()):
        padded = f" {word} "
        pieces.update(padded[at : at + 3] for at in range(len(padded) - 2))
    return pieces


def similarity(one: Counter[str], other: Counter[str]) -> float:
    """The cosine of two vectors, 0 to 1. Texts without letters are like any other: nothing speaks for a turn."""
    if not one or not other:
        return 1.0
    small, large = sorted((one, other), key=len)
    product = sum(count * large[piece] for piece, count in small.items() if piece in large)
    return product / sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))


def turns(text: str, sentences: Sequence[Unit], *, threshold: float) -> frozenset[int]:
    """Where the sentences begin that are less like the one before than `threshold`."""
    vectors = [vector(text[sentence.start : sentence.end]) for sentence in sentences]
    neighbours = zip(sentences[1:], vectors, vectors[1:], strict=False)
    return frozenset(sentence.start for sentence, one, other in neighbours if similarity(one, other) < threshold)
