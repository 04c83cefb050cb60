"""Signatures as Standard Webhooks has them: HMAC-SHA-256 over id, time and body."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable

PREFIX = "whsec_"
KEY_BYTES = 32


def secret_of(key: bytes) -> str:
    """The secret as receivers are given it."""
    return PREFIX + b64encode(key).decode()


def signed_headers(message_id: str, *, at_seconds: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The headers that tell who sent a body; one signature for each secret."""
    content = f"{message_id}.{at_seconds}.".encode() + body
    signatures = (hmac.digest(b64decode(one.removeprefix(PREFIX)), content, hashlib.sha256) for one in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_seconds),
        "webhook-signature": " ".join(f"v1,{b64encode(one).decode()}" for one in signatures),
    }
