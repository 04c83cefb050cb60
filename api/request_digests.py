"""By what a command is known when it comes again; whoever steals the database learns nothing from it."""

from __future__ import annotations

import hashlib
import hmac
import re

from fastapi import Request

from application.ports import EventStore
from domain.canonical_json import canonical

OF_CONTENT = re.compile(r"import-[0-9a-f]{64}")  # a key as the command line makes it, of the lines of a file


def command_id(key: str, *, principal: str, store: EventStore) -> str:
    """What a command is recorded as: its Idempotency-Key, unless that was made of what a file holds.

    A file may hold a secret that can be guessed, as a body may. What was recorded before there were keys is known.
    """
    under = store.secrets.request_key
    if under is None or not OF_CONTENT.fullmatch(key) or store.commit_of(principal, key) is not None:
        return key
    return f"import-{hmac.digest(under, key.encode(), hashlib.sha256).hex()}"


def request_digests(request: Request, store: EventStore) -> tuple[bytes, bytes | None]:
    """The keyed digest of a request; where there are keys for secrets, also the one of before there were any.

    A body may hold a secret that can be guessed. The database holds only digests under a key that is not in it.
    """
    body = canonical(request.scope["state"].get("varve_body"))
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
    without = hmac.digest(store.identity.digest_key, asked, hashlib.sha256)
    under = store.secrets.request_key
    return (without, None) if under is None else (hmac.digest(under, asked, hashlib.sha256), without)
