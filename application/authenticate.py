"""Who a caller is, by what the request shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from application.catalog import Catalogs
from domain.access.api_key import KEY, digest_of
from domain.access.principal import Principal
from domain.errors import Unauthenticated


class Tokens(Protocol):
    """Checks the tokens of an issuer."""

    async def principal(self, token: str) -> Principal:
        """Raises Unauthenticated, and IssuerUnavailable where its keys cannot be had."""


class Authenticate:
    """Takes API keys, tokens, or both."""

    def __init__(
        self, catalogs: Catalogs, now_us: Callable[[], int], *, keys: bool = True, tokens: Tokens | None = None
    ) -> None:
        self._catalogs = catalogs
        self._now_us = now_us
        self._keys = keys
        self._tokens = tokens

    async def principal(self, credential: str) -> Principal:
        """Raises Unauthenticated, and IssuerUnavailable."""
        if self._keys and credential.startswith("varve_"):
            return self._by_key(credential)
        if self._tokens is None:
            raise Unauthenticated("this is not an API key: send one, varve_…, as Authorization: Bearer")
        return await self._tokens.principal(credential)

    def _by_key(self, credential: str) -> Principal:
        shape = KEY.fullmatch(credential)
        known = self._catalogs.current().keys.get(shape[1]) if shape else None
        if shape is None or known is None:
            digest_of(credential)  # takes as long as for a key that is known
            raise Unauthenticated(UNKNOWN_KEY)
        if not known.opens(shape[2], now_us=self._now_us()):
            raise Unauthenticated(UNKNOWN_KEY)
        return known.principal()

    @property
    def mode(self) -> str:
        """What it takes, in the words of the setting."""
        return "+".join(name for name, takes in (("keys", self._keys), ("oidc", self._tokens is not None)) if takes)

    def is_known_still(self, principal: Principal) -> bool:
        """Whether the key or token that was shown is still good: asked again by what goes on for long."""
        if principal.key_id is None:
            return principal.expires_us is None or self._now_us() < principal.expires_us
        known = self._catalogs.current().keys.get(principal.key_id)
        return known is not None and known.is_live(now_us=self._now_us())


UNKNOWN_KEY = "this API key is unknown, has expired, or was revoked: ask an admin for another"
