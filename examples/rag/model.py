"""A chat model that stands in for a real one: it knows some names, answers 404 to all others, and costs nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

MODELS = ("sediment-small", "sediment-large")
WORDS_A_TOKEN = 0.75


class NotFoundError(Exception):
    """What chat clients raise for a model that their provider does not have."""

    status_code = 404


class Completion(NamedTuple):
    model: str
    content: str


def complete(*, model: str, question: str, context: Sequence[str], max_tokens: int) -> Completion:
    """The sentences of the context that have most in common with the question, within so many tokens."""
    if model not in MODELS:
        raise NotFoundError(f"the model `{model}` does not exist")
    asked = set(re.findall(r"\w{4,}", question.lower()))
    sentences = [one for passage in context for one in re.split(r"(?<=[.!?])\s+", passage)]
    ranked = sorted(dict.fromkeys(sentences), key=lambda one: -len(asked & set(re.findall(r"\w{4,}", one.lower()))))
    kept, left = list[str](), int(max_tokens * WORDS_A_TOKEN)
    for sentence in ranked[: 1 if model == "sediment-small" else 2]:
        kept += sentence.split()[: max(left - len(kept), 0)]
    return Completion(model, " ".join(kept) or "I found nothing about that.")
