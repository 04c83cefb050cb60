"""What stands in a document in the place of a secret: an envelope in the log, a placeholder wherever it is shown.

{"$secret": {"key": "…", "ciphertext": "…", "commitment": "…", "version": 3}}
{"$secret": {"commitment": "…"}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from domain.documents import Document
from domain.pointers import escaped

MARK = "$secret"
_IN_JSON = b'"$secret"'
_ENVELOPE = {"key": str, "ciphertext": str, "commitment": str, "version": int}
_PLACEHOLDER = {"commitment": str}


def envelope(*, key: str, ciphertext: str, commitment: str, version: int) -> Document:
    """`key` names the data key; `version` is that of the document for which it was sealed."""
    return {MARK: {"key": key, "ciphertext": ciphertext, "commitment": commitment, "version": version}}


def placeholder(commitment: str) -> Document:
    return {MARK: {"commitment": commitment}}


def is_envelope(value: Any) -> bool:
    return _holds(value, _ENVELOPE)


def is_placeholder(value: Any) -> bool:
    return _holds(value, _PLACEHOLDER)


def is_sealed(value: Any) -> bool:
    """Whether a secret is here, in either form."""
    return is_envelope(value) or is_placeholder(value)


def commitment_of(value: Document) -> str:
    """What both forms say of the secret: equal secrets of one log have equal commitments."""
    commitment: str = value[MARK]["commitment"]
    return commitment


def shown(value: Any) -> Any:
    """The value as it may leave: every envelope in it as its placeholder. Digests are made of this form."""
    if is_envelope(value):
        return placeholder(commitment_of(value))
    if isinstance(value, dict):
        return {key: shown(one) for key, one in value.items()}
    return [shown(one) for one in value] if isinstance(value, list) else value


def shown_json(text: bytes) -> bytes:
    """As `shown`, of JSON; a text in which no secret is said is taken as it is."""
    return orjson.dumps(shown(orjson.loads(text))) if _IN_JSON in text else text


def holds_envelope(stored: bytes) -> bool:
    """Whether a secret may be in an event as it is stored."""
    return _IN_JSON in stored


def marked(value: Any, pointer: str = "") -> Iterator[str]:
    """The pointer of everything that says it stands for a secret, in lists too."""
    if isinstance(value, dict):
        if MARK in value:
            yield pointer
            return
        for key, one in value.items():
            yield from marked(one, f"{pointer}/{escaped(key)}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from marked(one, f"{pointer}/{index}")


def _holds(value: Any, fields: Mapping[str, type]) -> bool:
    inner = value.get(MARK) if isinstance(value, dict) and len(value) == 1 else None
    return (
        isinstance(inner, dict)
        and inner.keys() == fields.keys()
        and all(type(inner[name]) is kind for name, kind in fields.items())
    )
