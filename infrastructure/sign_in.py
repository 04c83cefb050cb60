"""Signing in at the issuer: the authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import structlog

from application.sign_in import Handshake
from domain.errors import IssuerUnavailable, Unauthenticated
from infrastructure.files.source import Source, bytes_of
from infrastructure.settings import Settings
from infrastructure.tokens import IssuerTokens

log = structlog.get_logger("sign_in")

TIMEOUT_SECONDS = 10.0
BASIC = "client_secret_basic"
METADATA_FRESH_SECONDS = 600.0
AWAY = "the issuer cannot be reached now: try again in a moment"


@dataclass(frozen=True, slots=True)
class Application:
    """What the console is called at the issuer; without a secret it is a public one."""

    client_id: str
    scope: str = "openid"
    secret: str | None = None


class IssuerSignIn:
    """Sends browsers to the issuer, and takes tokens for the codes that they come back with."""

    def __init__(self, issuer: str, application: Application, tokens: IssuerTokens) -> None:
        self.issuer = issuer
        self._application = application
        self._tokens = tokens
        self._metadata: dict[str, Any] = {}
        self._fresh_until = 0.0

    async def address(self, handshake: Handshake) -> str:
        """Where the browser goes to sign in. Raises IssuerUnavailable."""
        asked = {
            "response_type": "code",
            "client_id": self._application.client_id,
            "redirect_uri": handshake.callback,
            "scope": self._application.scope,
            "state": handshake.state,
            "nonce": handshake.nonce,
            "code_challenge": handshake.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = (await self._told())["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def token(self, code: str, handshake: Handshake) -> str:
        """The token that this service takes: the access token, or else the ID token.

        Raises Unauthenticated where the issuer refuses the code, or neither is for this service; IssuerUnavailable.
        """
        given = await self._exchanged(code, handshake)
        identity = given.get("id_token")
        if not isinstance(identity, str):
            raise Unauthenticated("the issuer gave no ID token: it must grant the scope openid")
        await self._tokens.require_identity(identity, client_id=self._application.client_id, nonce=handshake.nonce)
        access = given.get("access_token")
        try:
            await self._tokens.principal(access if isinstance(access, str) else "")
        except Unauthenticated:
            await self._tokens.principal(identity)  # what it lacks is told: it is one that can be read
            return identity
        return str(access)

    async def _exchanged(self, code: str, handshake: Handshake) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": handshake.callback,
            "code_verifier": handshake.verifier,
        }
        metadata = await self._told()
        auth = None
        if self._application.secret is None:
            form["client_id"] = self._application.client_id
        elif "client_secret_basic" in metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            auth = httpx.BasicAuth(
                quote(self._application.client_id, safe=""), quote(self._application.secret, safe="")
            )
        else:
            form |= {"client_id": self._application.client_id, "client_secret": self._application.secret}
        answer = await self._asked("POST", metadata["token_endpoint"], data=form, auth=auth)
        if answer.status_code >= 500:
            raise IssuerUnavailable(AWAY)
        given = object_in(answer)
        if answer.status_code != 200:
            log.warning("the issuer refused a code", status=answer.status_code, error=given.get("error"))
            raise Unauthenticated(
                f"the issuer did not let you in ({given.get('error', answer.status_code)}): try again"
            )
        return given

    async def _told(self) -> dict[str, Any]:
        """What the issuer says of itself (OpenID Connect Discovery 1.0); it counts on while the issuer is away."""
        if time.monotonic() < self._fresh_until:
            return self._metadata
        try:
            answer = await self._asked("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            self._metadata = self._checked(answer)
            self._fresh_until = time.monotonic() + METADATA_FRESH_SECONDS
        except IssuerUnavailable as problem:
            log.error("the issuer does not say where one signs in", problem=problem.detail)
            if not self._metadata:
                raise
        return self._metadata

    def _checked(self, answer: httpx.Response) -> dict[str, Any]:
        """Raises IssuerUnavailable for what is not this issuer's, or names no endpoints."""
        metadata = object_in(answer)
        if answer.status_code != 200:
            raise IssuerUnavailable(AWAY)
        if metadata.get("issuer") != self.issuer:
            raise IssuerUnavailable(f"the issuer calls itself {metadata.get('issuer')!r}: set oidc_issuer to just that")
        if not all(isinstance(metadata.get(one), str) for one in ("authorization_endpoint", "token_endpoint")):
            raise IssuerUnavailable("the issuer names no endpoints to sign in at")
        return metadata

    async def _asked(self, method: str, address: str, **more: Any) -> httpx.Response:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
                return await client.request(method, address, **more)
        except httpx.HTTPError as problem:
            log.error("the issuer cannot be reached", problem=repr(problem))
            raise IssuerUnavailable(AWAY) from problem


def sign_in_of(settings: Settings, tokens: IssuerTokens) -> IssuerSignIn | None:
    """As these settings name it; None where the console is no client of the issuer. Raises InvalidFile."""
    if settings.oidc_client_id is None or settings.oidc_issuer is None:
        return None
    file = settings.oidc_client_secret_file
    secret = None if file is None else Source.of(bytes_of(file), name=str(file)).text.strip()
    return IssuerSignIn(settings.oidc_issuer, Application(settings.oidc_client_id, settings.oidc_scope, secret), tokens)


def object_in(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where it has none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
