"""What is carried from one environment to another leaves the secrets of either where they are."""

from __future__ import annotations

from domain.documents import Document
from domain.pointers import put, value_at
from domain.secrets.envelope import is_sealed, marked, shown


def with_own_secrets(document: Document, own: Document) -> Document:
    """The document with the secrets of another in the place of its own, where that has any."""
    there = {pointer: value_at(own, pointer) for pointer in marked(document)}
    return put(document, {pointer: shown(value) for pointer, value in there.items() if is_sealed(value)})
