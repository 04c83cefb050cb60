"""Who is at the console: signing in with a key, and out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.deps import StrictRoute
from api.doors import Authenticates
from api.json_text import json_text
from api.rate_limits import Buckets
from api.rest.bodies import Body
from api.sessions import WORD, begin, forget, origin_of, require_console, session_of, word_for
from application.sign_in import SignsIn
from domain.access.policy import Resource, Verdict, decide
from domain.access.principal import Principal
from domain.access.roles import GRANTS, Action
from domain.errors import InvalidRequest, RateLimited, Unauthenticated
from domain.times import rfc3339

SESSION = "/console/session"
UNKEPT = {"Cache-Control": "no-store"}
MISTAKES, FORGIVEN_A_SECOND = 20, 1  # of one address, at signing in

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


class Attempts:
    """Counts what failed at signing in, by address: who guesses is slowed down, and who signs in is not."""

    def __init__(self, **clock: Callable[[], float]) -> None:
        self._buckets = Buckets(rate=FORGIVEN_A_SECOND, burst=MISTAKES, **clock)

    def require(self, address: str) -> None:
        if self._buckets.take(address, cost=0) < 1:
            raise RateLimited("too many keys were wrong: wait a few seconds, and look at what you enter")

    def failed(self, address: str) -> None:
        self._buckets.take(address, cost=1)


@dataclass(frozen=True, slots=True)
class Entrance:
    """What signing in needs. Without `authenticates`, in the mode `open`, nobody needs to.

    Where there is an `organisation`, people sign in at its issuer too. Where the service `is_read_only`, the page
    offers nothing that it would refuse.
    """

    authenticates: Authenticates | None
    organisation: SignsIn | None
    attempts: Attempts
    is_read_only: bool = False

    @property
    def mode(self) -> str:
        return "open" if self.authenticates is None else self.authenticates.mode

    async def checked(self, credential: str, *, address: str) -> Principal:
        """Raises Unauthenticated, IssuerUnavailable, and RateLimited for who was wrong too often."""
        if self.authenticates is None:
            raise InvalidRequest.at("", "this service asks for no key: there is nothing to sign in to", "mode")
        self.attempts.require(address)
        try:
            return await self.authenticates.principal(credential)
        except Unauthenticated:
            self.attempts.failed(address)
            raise


class Credential(Body):
    credential: str = Field(min_length=1, max_length=20_000, description="An API key, varve_…, or a token.")


@router.post(SESSION)
async def sign_in(body: Credential, request: Request) -> Response:
    """Check a key or token as the API does, and have the browser keep it where no script can read it."""
    require_console(request)
    entrance = entrance_of(request)
    principal = await entrance.checked(body.credential.strip(), address=address_of(request))
    answer = told(entrance, principal)
    begin(answer, request, body.credential.strip(), origin=origin_of(request), seconds=lifetime_of(principal))
    return answer


@router.get(SESSION)
async def who(request: Request) -> Response:
    """The mode, and who is signed in with what rights: what the page shows and offers."""
    entrance = entrance_of(request)
    principal, problem, credential = None, None, session_of(request.scope)
    try:
        if entrance.authenticates is not None and credential is not None:
            principal = await entrance.authenticates.principal(credential)
    except Unauthenticated as refusal:
        problem = refusal.detail
    word = word_for(request)
    answer = told(entrance, principal, problem=word or problem)
    if word is not None:
        forget(answer, request, WORD)
    if problem is not None:
        forget(answer, request)
    return answer


@router.delete(SESSION)
async def sign_out(request: Request) -> Response:
    """Have the browser forget the key or token; it is good still, for others who have it."""
    require_console(request)
    answer = Response(status_code=204, headers=UNKEPT)
    forget(answer, request)
    return answer


def lifetime_of(principal: Principal) -> int | None:
    """For how long the browser keeps what was shown, in seconds: a token until it ends, a key until it is closed."""
    return None if principal.expires_us is None else max(1, int(principal.expires_us / 1e6 - time.time()))


def entrance_of(request: Request) -> Entrance:
    found: Entrance = request.app.state.entrance
    return found


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def told(entrance: Entrance, principal: Principal | None, *, problem: str | None = None) -> Response:
    content = {
        "mode": entrance.mode,
        "read_only": entrance.is_read_only,
        "issuer": None if entrance.organisation is None else entrance.organisation.issuer,
        "principal": None if principal is None else principal_data(principal),
        "can": None if principal is None else rights(principal),
        "problem": problem,
    }
    return Response(json_text(content), headers=UNKEPT, media_type="application/json")


def principal_data(principal: Principal) -> dict[str, Any]:
    expires = principal.expires_us
    return {
        "name": principal.name,
        "roles": {environment: role.value for environment, role in principal.roles.items()},
        "is_bound": principal.is_bound,
        "user_id": principal.user_id,
        "collection_ids": sorted(principal.collection_ids),
        "expires_at": None if expires is None else rfc3339(int(expires)),
    }


def rights(principal: Principal) -> dict[str, Any]:
    """What the caller may do by environment, and to what all of them share. Of single scopes the API decides."""
    shared = [one.value for one in Action if decide(principal, one, Resource()) is Verdict.ALLOWED]
    by_environment = {name: sorted(GRANTS[role]) for name, role in principal.roles.items()}
    return {"installation": shared, "environments": by_environment}
