"""Who gets in: the caller is known before anything else of a request is looked at."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import refusal_response
from api.pages import CONSOLE_PAGES
from api.parsing import text_of
from api.sessions import names_this_machine, session_of
from domain.access.principal import Principal, unchecked
from domain.errors import InvalidRequest, Refusal, Unauthenticated

OPEN_TO_ALL = ("/health/", "/docs", "/console/", "/openapi.json")
CONSOLE = frozenset(CONSOLE_PAGES)
LONGEST_NAME = 255
BEARER = "bearer "


class Authenticates(Protocol):
    async def principal(self, credential: str) -> Principal:
        """Raises a Refusal."""

    def is_known_still(self, principal: Principal) -> bool:
        """Whether what was shown is good still: asked again by what goes on for long."""

    @property
    def mode(self) -> str:
        """`keys`, `oidc` or `keys+oidc`."""


class Doors:
    """Puts `principal` into the state of a request, or refuses it. `connect` says how callers are known.

    Without that, in the mode `open`, everybody may do everything; then only requests that name this machine are taken,
    where `is_local`: a page of another site could otherwise have its own name resolve to this address.
    """

    def __init__(self, app: ASGIApp, *, is_local: bool = False) -> None:
        self._app = app
        self._authenticates: Authenticates | None = None
        self._is_local = is_local

    def connect(self, authenticates: Authenticates | None) -> None:
        self._authenticates = authenticates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OPEN_TO_ALL) or scope["path"] in CONSOLE:
            await self._app(scope, receive, send)
            return
        try:
            scope.setdefault("state", {})["principal"] = await self._principal(scope)
        except Refusal as refusal:
            await refusal_response(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _principal(self, scope: Scope) -> Principal:
        actor = host = authorization = key = None
        for name, value in scope["headers"]:
            if name == b"varve-actor":
                actor = value
            elif name == b"host":
                host = value
            elif name == b"authorization":
                authorization = value
            elif name == b"x-api-key":
                key = value
        if self._authenticates is None:
            if self._is_local and not names_this_machine(host or b""):
                raise InvalidRequest.at("/host", "this server is for its own machine: ask it at 127.0.0.1", "host")
            return anybody(actor)
        session = session_of(scope) if authorization is None and key is None else None
        found = await self._authenticates.principal(session or credential_of(authorization, key))
        if actor is not None and actor.decode("latin-1") != found.name:
            message = f"the caller is known as {found.name}: leave Varve-Actor out"
            raise InvalidRequest.at("/varve-actor", message, "actor")
        return found


def credential_of(authorization: bytes | None, key: bytes | None) -> str:
    """The key or token of a request. Raises Unauthenticated where there is none."""
    text = (authorization or b"").decode("latin-1")
    if text[: len(BEARER)].lower() == BEARER:
        return text[len(BEARER) :].strip()
    if key is not None and authorization is None:
        return key.decode("latin-1")
    raise Unauthenticated("send a key or a token: Authorization: Bearer …")


@lru_cache(maxsize=1024)
def anybody(actor: bytes | None) -> Principal:
    """Who says to be this. Raises InvalidRequest for what cannot be a name."""
    name = "anonymous" if actor is None else text_of(actor)
    if name is None or not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        message = f"Varve-Actor is 1 to {LONGEST_NAME} printable characters, percent-encoded as UTF-8"
        raise InvalidRequest.at("/varve-actor", message, "actor")
    return unchecked(name)
