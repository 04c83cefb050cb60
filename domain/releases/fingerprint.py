"""What shapes an index, as one short name: two indexes of equal fingerprints hold the same chunks and vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256

from domain.canonical_json import canonical
from domain.documents import Document
from domain.secrets.envelope import shown

SHAPING = ("chunking", "chunk_index", "embedding")
"""The types whose effective values shape an index."""
OF_EMBEDDING = ("model_id", "embedding_dim")  # provider, timeout and batch size make no other vectors


def shape_of(value: Callable[[str], Document | None]) -> Document:
    """What shapes an index, by type, from what each type has in effect; null for what is not complete."""
    shape: Document = {name: shown(value(name)) for name in SHAPING}
    if (embedding := shape["embedding"]) is not None:
        shape["embedding"] = {name: embedding[name] for name in OF_EMBEDDING}
    return shape


def fingerprint(shape: Document) -> str:
    """SHA-256, in lower-case hex, of the RFC 8785 form."""
    return sha256(canonical(shape)).hexdigest()


def fingerprints(shape: Document, *, models: Iterable[str]) -> frozenset[str]:
    """Those of the same shape under each name that its model has: an index built under any of them serves."""
    embedding = shape["embedding"]
    if embedding is None:
        return frozenset((fingerprint(shape),))
    return frozenset(fingerprint({**shape, "embedding": {**embedding, "model_id": model}}) for model in models)
