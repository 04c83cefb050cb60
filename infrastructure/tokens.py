"""Tokens of an OpenID Connect issuer: signed by a key of its key set, for this audience, and not yet expired."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import anyio
import httpx
import orjson
import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from domain.access.principal import Principal
from domain.access.roles import EVERY_ENVIRONMENT, Role
from domain.configs.scope import Scope
from domain.errors import InvalidRequest, IssuerUnavailable, Unauthenticated
from infrastructure.settings import Settings

log = structlog.get_logger("tokens")

LEEWAY_SECONDS = 60
KEYS_FRESH_SECONDS = 600.0  # then a key that the issuer has withdrawn no longer counts
KEYS_AGAIN_SECONDS = 10.0  # an unknown key id asks for them at most so often
KEYS_TIMEOUT_SECONDS = 5.0
CHECKED_SECONDS = 60.0  # a token that was good is not checked again for so long
MOST_CHECKED = 10_000
LONGEST_TOKEN = 16_384
PREFIX = "varve:"
ROLES = {role.value: role for role in Role}
RESERVED = ("key:", "varve")  # names of keys and of the service in the log
SEES_ALL = frozenset({Role.VIEWER, Role.MAINTAINER, Role.ADMIN})  # who has one of these is not bound to what is its own
REFUSED = "this token is not accepted: "


@dataclass(frozen=True, slots=True)
class Issuer:
    """What a token must say, and which of its claims say what. `jwks` is an address, or a file."""

    issuer: str
    audience: str
    jwks: str
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    user_claim: str = "sub"
    roles_claim: str = "roles"
    collections_claim: str = "varve_collections"

    @classmethod
    def of(cls, settings: Settings) -> Issuer:
        """As these settings name it, which take tokens."""
        assert settings.oidc_issuer is not None
        assert settings.oidc_audience is not None
        assert settings.oidc_jwks is not None
        return cls(
            settings.oidc_issuer,
            settings.oidc_audience,
            settings.oidc_jwks,
            settings.oidc_algorithms,
            settings.oidc_user_claim,
            settings.oidc_roles_claim,
            settings.oidc_collections_claim,
        )


class IssuerTokens:
    """Keeps the issuer's keys, and for a while the tokens that were good."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._keys: KeySet | None = None
        self._asked_at = self._fresh_until = 0.0
        self._asking = asyncio.Lock()
        self._checked: dict[bytes, tuple[float, Principal]] = {}
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer.issuer},
            aud={"essential": True, "value": issuer.audience},
            exp={"essential": True},
        )

    async def principal(self, token: str) -> Principal:
        """Raises Unauthenticated, and IssuerUnavailable where there are no keys to check it with."""
        mark = sha256(token.encode()).digest()
        until, principal = self._checked.get(mark, (0.0, None))
        if principal is not None and time.time() < until:
            return principal
        claims = await self._claims_of(token, self._claims)
        principal = self._principal(claims)
        if len(self._checked) >= MOST_CHECKED:
            self._checked.clear()
        self._checked[mark] = min(time.time() + CHECKED_SECONDS, float(claims["exp"])), principal
        return principal

    async def require_identity(self, token: str, *, client_id: str, nonce: str) -> None:
        """An ID token must be for this client, and for this attempt to sign in. Raises Unauthenticated."""
        expected = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer.issuer},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        claims = await self._claims_of(token, expected)
        if claims.get("azp", client_id) != client_id:
            raise Unauthenticated(REFUSED + "it is for another client (azp)")

    async def _claims_of(self, token: str, expected: jwt.JWTClaimsRegistry) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated(REFUSED + "it is too long")
        try:
            try:
                decoded = jwt.decode(token, await self._key_set(), algorithms=self._issuer.algorithms)
            except InvalidKeyIdError:
                decoded = jwt.decode(token, await self._key_set(again=True), algorithms=self._issuer.algorithms)
            expected.validate(decoded.claims)
        except JoseError as error:
            raise Unauthenticated(f"{REFUSED}{error.description or error.error}") from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise Unauthenticated(REFUSED + "it cannot be read") from error
        return decoded.claims

    async def _key_set(self, *, again: bool = False) -> KeySet:
        async with self._asking:
            now = time.monotonic()
            if (again or now >= self._fresh_until or self._keys is None) and now >= self._asked_at:
                self._asked_at = now + KEYS_AGAIN_SECONDS
                await self._fetch(now)
            if self._keys is None:
                raise IssuerUnavailable("the issuer's keys cannot be had now: try again in a moment")
            return self._keys

    async def _fetch(self, now: float) -> None:
        """New keys, or the old ones where the issuer cannot be reached: its outage is not ours."""
        try:
            self._keys = KeySet.import_key_set(orjson.loads(await key_set_text(self._issuer.jwks)))
        except (httpx.HTTPError, OSError, JoseError, ValueError, TypeError, KeyError) as error:
            log.error("the issuer's keys could not be read", problem=repr(error))
        else:
            self._fresh_until = now + KEYS_FRESH_SECONDS
            self._checked.clear()

    def _principal(self, claims: dict[str, Any]) -> Principal:
        user = claims.get(self._issuer.user_claim)
        try:
            name = Scope.checked("user", user if isinstance(user, str) else "").id
        except InvalidRequest:
            raise Unauthenticated(f"{REFUSED}{self._issuer.user_claim} does not name a user") from None
        if name.startswith(RESERVED):
            raise Unauthenticated(f"{REFUSED}{self._issuer.user_claim} begins with a name that is not for users")
        roles = roles_in(claim_at(claims, self._issuer.roles_claim))
        collections = frozenset(texts_of(claim_at(claims, self._issuer.collections_claim)))
        bound, expires_us = SEES_ALL.isdisjoint(roles.values()), (float(claims["exp"]) + LEEWAY_SECONDS) * 1e6
        return Principal(name, roles, name, collections, is_bound=bound, expires_us=expires_us)


async def key_set_text(place: str) -> bytes:
    """The JWK set at an address, or in a file."""
    if not place.startswith(("http://", "https://")):
        return await anyio.Path(place).read_bytes()
    async with httpx.AsyncClient(timeout=KEYS_TIMEOUT_SECONDS, follow_redirects=False) as client:
        return (await client.get(place)).raise_for_status().content


def claim_at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by names with dots between where it lies deeper, such as realm_access.roles."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def texts_of(claim: Any) -> Iterator[str]:
    """The texts of a claim: a list of them, or one with blanks between."""
    if isinstance(claim, str):
        yield from claim.split()
    elif isinstance(claim, list):
        yield from (one for one in claim if isinstance(one, str))


def roles_in(claim: Any) -> Mapping[str, Role]:
    """varve:ROLE for every environment, varve:ENVIRONMENT:ROLE for one; of several the last on the ladder of roles."""
    found: dict[str, Role] = {}
    for environment, role in named_roles(texts_of(claim)):
        found[environment] = max(found.get(environment, role), role, key=list(Role).index)
    return MappingProxyType(found)


def named_roles(texts: Iterable[str]) -> Iterator[tuple[str, Role]]:
    for text in texts:
        if text.startswith(PREFIX):
            environment, _, role = text.removeprefix(PREFIX).rpartition(":")
            if role in ROLES:
                yield environment or EVERY_ENVIRONMENT, ROLES[role]
