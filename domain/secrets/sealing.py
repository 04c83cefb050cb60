"""Secrets sealed for one place of one log (AES-256-GCM), commitments to them (HMAC-SHA-256), and keys under keys."""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.documents import Document
from domain.errors import SecretUnreadable
from domain.secrets.envelope import MARK, envelope

KEY_BYTES = 32
NONCE_BYTES = 12  # drawn at random: far below 2**32 secrets go under one data key before it is rotated
_SECRET, _KEY, _COMMITMENT, _REQUEST = "varve/secret", "varve/key", b"varve/commitment\0", b"varve/request"


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret stands: a field of the documents of one stream of one log."""

    log_id: UUID
    stream: UUID
    pointer: str


class DataKey(NamedTuple):
    id: str
    key: bytes


def commitment(text: str, *, key: bytes) -> str:
    """Tells equal secrets from others to whoever has no key, and nothing else; in base64."""
    return b64encode(hmac.digest(key, _COMMITMENT + text.encode(), hashlib.sha256)).decode()


def request_key(commitment_key: bytes) -> bytes:
    """The key for digests of requests, which may hold weak secrets."""
    return hmac.digest(commitment_key, _REQUEST, hashlib.sha256)


def sealed(
    text: str, *, place: SecretPlace, version: int, key: DataKey, commitment_key: bytes, nonce: bytes
) -> Document:
    """The envelope of a secret, for this place and this version of its document; a nonce is used once."""
    committed = commitment(text, key=commitment_key)
    about = _about(place, version, key.id, committed)
    box = nonce + AESGCM(key.key).encrypt(nonce, text.encode(), about)
    return envelope(key=key.id, ciphertext=b64encode(box).decode(), commitment=committed, version=version)


def opened(sealed: Document, *, place: SecretPlace, version: int, key: bytes) -> str:
    """The secret in an envelope that stands at this place, in this version of its document.

    Raises SecretUnreadable for one that was made for another place, for a later version, or that was altered.
    """
    inner = sealed[MARK]
    if inner["version"] > version:
        raise _unreadable(place)
    try:
        box = b64decode(inner["ciphertext"], validate=True)
        about = _about(place, inner["version"], inner["key"], inner["commitment"])
        return AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], about).decode()
    except (InvalidTag, ValueError, binascii.Error):
        raise _unreadable(place) from None


def wrapped(key: bytes, *, id: str, log_id: UUID, under: bytes, nonce: bytes) -> bytes:  # noqa: A002 -- as in DataKey
    """A key of this log as it is kept: sealed under a master key."""
    return nonce + AESGCM(under).encrypt(nonce, key, orjson.dumps([_KEY, log_id.hex, id]))


def unwrapped(box: bytes, *, id: str, log_id: UUID, under: bytes) -> bytes | None:  # noqa: A002
    """The key again; None where another master key has wrapped it, or it is another key's."""
    try:
        return AESGCM(under).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], orjson.dumps([_KEY, log_id.hex, id]))
    except (InvalidTag, ValueError):
        return None


def _about(place: SecretPlace, version: int, key_id: str, committed: str) -> bytes:
    return orjson.dumps([_SECRET, place.log_id.hex, place.stream.hex, version, place.pointer, key_id, committed])


def _unreadable(place: SecretPlace) -> SecretUnreadable:
    return SecretUnreadable(
        f"the secret at {place.pointer} does not open: it was altered, or made for another place. Give it again"
    )
