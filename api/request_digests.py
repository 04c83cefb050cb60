"""What tells a repeated command from another one under the same Idempotency-Key, and tells a thief nothing."""

from __future__ import annotations

import hashlib
import hmac

from fastapi import Request

from application.ports import EventStore
from domain.canonical_json import canonical


def request_digests(request: Request, store: EventStore) -> tuple[bytes, bytes | None]:
    """The keyed digest of a request; where there are keys for secrets, also the one of before there were any.

    A body may hold a secret that can be guessed. The database holds only digests under a key that is not in it.
    """
    body = canonical(request.scope["state"].get("varve_body"))
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
    without = hmac.digest(store.identity.digest_key, asked, hashlib.sha256)
    under = store.secrets.request_key
    return (without, None) if under is None else (hmac.digest(under, asked, hashlib.sha256), without)
