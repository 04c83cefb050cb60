"""Questions answered from the texts, with the settings that are in force when they are asked."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from uuid import uuid4

import varve
from examples.rag import model
from examples.rag.passages import passages
from examples.rag.search import Index

DEFAULTS = {  # what serves where Varve was never reached; and what a failing model at last falls back to
    "chunking": {"strategy": "paragraph", "min_chunk_size": 100, "max_chunk_size": 400, "chunk_overlap": 20},
    "retrieval": {"retrieval_type": "hybrid", "number_of_results": 2, "similarity_threshold": 0.2},
    "llm": {"provider_id": "stand-in", "model_id": "sediment-small", "max_new_tokens": 60},
}


class Answer(NamedTuple):
    text: str
    model: str
    sources: list[str]
    settings: dict[str, str]  # which layer gave the settings of each type that counted


class Answering:
    def __init__(self, client: varve.Client) -> None:
        self._client = client

    def answer(self, question: str, *, user: str | None = None, collection: str | None = None) -> Answer:
        cfg = self._client.effective(user, collection)
        found = index_of(tuple(sorted(cfg.chunking.items()))).search(question, cfg.retrieval)
        context = [one.passage.text for one in found]

        def ask(llm: varve.Settings) -> tuple[model.Completion, varve.Trace]:
            said = model.complete(model=llm.model_id, max_tokens=llm.max_new_tokens, question=question, context=context)
            return said, varve.current_trace() or cfg.trace()

        said, trace = self._client.guard("llm", user=user, collection=collection).run(ask)
        is_healed = said.model != cfg.llm.model_id
        self._client.record_usage(uuid4().hex, trace, outcome="healed" if is_healed else "ok")
        layers = {name: cfg.layers(name)[0].layer for name in DEFAULTS}
        return Answer(said.content, said.model, [one.passage.source for one in found], layers)


@lru_cache(maxsize=8)
def index_of(chunking: tuple[tuple[str, object], ...]) -> Index:
    """The texts, cut and indexed once for each way of cutting them."""
    return Index(passages(dict(chunking)))
