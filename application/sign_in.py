"""Signing in at an issuer of tokens: what is agreed before the browser goes there, and checked when it comes back."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Handshake:
    """One attempt. `callback` is where the issuer sends the browser, `to` the page that it came from."""

    callback: str
    to: str
    state: str
    nonce: str
    verifier: str

    @classmethod
    def begun(cls, *, callback: str, to: str) -> Handshake:
        return cls(callback, to, token_urlsafe(32), token_urlsafe(32), token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """Of PKCE, method S256."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")


class SignsIn(Protocol):
    """Sends people to an issuer, and takes tokens for the codes that they come back with."""

    issuer: str

    async def address(self, handshake: Handshake) -> str:
        """Where the browser goes. Raises IssuerUnavailable."""

    async def token(self, code: str, handshake: Handshake) -> str:
        """A token that the service takes. Raises Unauthenticated, and IssuerUnavailable."""
