"""Search among passages, by keywords (BM25), by vectors (TF-IDF and cosine), or by both."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from examples.rag.passages import Passage

SATURATION, LENGTH_WEIGHT = 1.5, 0.75  # k1 and b of BM25


class Found(NamedTuple):
    score: float
    passage: Passage


class Index:
    def __init__(self, passages: list[Passage]) -> None:
        self._passages = passages
        self._words = [Counter(words(passage.text)) for passage in passages]
        self._lengths = [counts.total() for counts in self._words]
        self._mean_length = sum(self._lengths) / len(passages)
        seen_in = Counter(word for counts in self._words for word in counts)
        self._rarity = {word: math.log(1 + len(passages) / times) for word, times in seen_in.items()}
        self._vectors = [self._vector(counts) for counts in self._words]

    def search(self, question: str, retrieval: Mapping[str, Any]) -> list[Found]:
        """The best passages, best first, as the settings of type `retrieval` say."""
        asked = Counter(words(question))
        keyword, vector = scaled(self._by_keyword(asked)), scaled(self._by_vector(asked))
        share = {"keyword": (1.0, 0.0), "vector": (0.0, 1.0)}.get(
            retrieval["retrieval_type"], (retrieval["keyword_weight"], retrieval["vector_weight"])
        )
        scores = [share[0] * one + share[1] * other for one, other in zip(keyword, vector, strict=True)]
        found = sorted(map(Found, scores, self._passages), key=lambda one: -one.score)
        good = [one for one in found if one.score > 0 and one.score >= retrieval["similarity_threshold"]]
        return good[: retrieval["number_of_results"]]

    def _by_keyword(self, asked: Counter[str]) -> list[float]:
        def score(counts: Counter[str], length: int) -> float:
            damping = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / self._mean_length)
            hits = ((self._rarity[word], counts[word]) for word in asked if word in counts)
            return sum(rarity * times * (SATURATION + 1) / (times + damping) for rarity, times in hits)

        return [score(counts, length) for counts, length in zip(self._words, self._lengths, strict=True)]

    def _by_vector(self, asked: Counter[str]) -> list[float]:
        question = self._vector(asked)
        return [sum(weight * vector.get(word, 0.0) for word, weight in question.items()) for vector in self._vectors]

    def _vector(self, counts: Counter[str]) -> dict[str, float]:
        weights = {word: times * self._rarity.get(word, 0.0) for word, times in counts.items()}
        norm = math.hypot(*weights.values()) or 1.0
        return {word: weight / norm for word, weight in weights.items()}


def scaled(scores: list[float]) -> list[float]:
    """The best is 1, so that one threshold means the same for both kinds."""
    best = max(scores, default=0.0) or 1.0
    return [score / best for score in scores]


def words(text: str) -> list[str]:
    return [word.removesuffix("s") for word in re.findall(r"[a-z0-9]+", text.lower()) if len(word) > 2]
