"""Signing in to the console at the organisation's issuer, and coming back."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from hmac import compare_digest
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import Field

from api.console import UNKEPT, Entrance, address_of, entrance_of, lifetime_of
from api.deps import StrictRoute
from api.json_text import json_text
from api.pages import CONSOLE_PAGES
from api.rest.bodies import Body
from api.sessions import begin, cookie_of, forget, is_local, leave_word, origin_of, require_console, set_cookie
from application.sign_in import Handshake, SignsIn
from domain.errors import InvalidRequest, Refusal, Unauthenticated

CALLBACK = "/console/callback"
PENDING, PENDING_SECONDS = "sign-in", 600
LONGEST_WORD = 200

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


class Leaving(Body):
    to: str = Field("/", max_length=2000, description="The page to come back to.")


@router.post("/console/sign-in")
async def leave(body: Leaving, request: Request) -> Response:
    """Where the browser goes to sign in; what it must bring back stands in a cookie that no script can read."""
    require_console(request)
    handshake = Handshake.begun(callback=origin_of(request) + CALLBACK, to=page_in(body.to))
    location = await organisation_of(entrance_of(request)).address(handshake)
    answer = Response(json_text({"location": location}), headers=UNKEPT, media_type="application/json")
    value = urlsafe_b64encode(json_text(asdict(handshake))).decode().rstrip("=")
    # Not strict: the browser comes back from another site, and brings it then.
    set_cookie(answer, request, PENDING, value, origin=handshake.callback, seconds=PENDING_SECONDS, is_strict=False)
    return answer


async def callback(request: Request) -> Response:
    """The browser is back: with a code, or with the reason why not, which the page then tells."""
    handshake = pending(request)
    to = "/" if handshake is None else page_in(handshake.to)
    answer = Response(status_code=303, headers={**UNKEPT, "Location": to, "Referrer-Policy": "no-referrer"})
    # A navigation does not say what the page was loaded by; the attempt does.
    origin = handshake.callback if handshake else "http:" if is_local(request) else "https:"
    forget(answer, request, PENDING)
    try:
        await _let_in(request, handshake, answer)
    except Refusal as refusal:
        leave_word(answer, request, refusal.detail, origin=origin)
    return answer


# Issuers add parameters of their own, which a strict route would refuse.
router.routes.append(APIRoute(CALLBACK, callback, include_in_schema=False))


async def _let_in(request: Request, handshake: Handshake | None, answer: Response) -> None:
    entrance, address = entrance_of(request), address_of(request)
    organisation = organisation_of(entrance)
    entrance.attempts.require(address)
    try:
        given = require_answer(request, handshake, issuer=organisation.issuer)
        token = await organisation.token(given[0], given[1])
    except Unauthenticated:
        entrance.attempts.failed(address)
        raise
    principal = await entrance.checked(token, address=address)
    begin(answer, request, token, origin=given[1].callback, seconds=lifetime_of(principal))


def require_answer(request: Request, handshake: Handshake | None, *, issuer: str) -> tuple[str, Handshake]:
    """The code, and the attempt that it is for. Raises Unauthenticated for what was not asked for by this browser."""
    said = request.query_params
    if handshake is None or not compare_digest(said.get("state", "").encode(), handshake.state.encode()):
        minutes = PENDING_SECONDS // 60
        raise Unauthenticated(f"this was not begun in this browser, or more than {minutes} minutes ago: sign in again")
    if said.get("iss", issuer) != issuer:  # RFC 9207
        raise Unauthenticated("another issuer answered than was asked: sign in again")
    if "code" not in said:
        word = " ".join((said.get("error", "no code"), said.get("error_description", ""))).strip()
        plain = "".join(letter for letter in word if letter.isprintable())[:LONGEST_WORD]
        raise Unauthenticated(f"the issuer did not let you in: {plain}")
    return said["code"], handshake


def pending(request: Request) -> Handshake | None:
    """The attempt that this browser has begun; None for none, and for one that cannot be read."""
    text = cookie_of(request, PENDING)
    if text is None:
        return None
    try:
        fields = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return Handshake(**fields) if all(isinstance(one, str) for one in fields.values()) else None
    except (ValueError, TypeError, AttributeError):
        return None


def page_in(to: str) -> str:
    """A page of the console with its parameters; any other address is the first page."""
    try:
        parts = urlsplit(to)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path not in CONSOLE_PAGES:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def organisation_of(entrance: Entrance) -> SignsIn:
    if entrance.organisation is None:
        raise InvalidRequest.at("", "nobody signs in at an issuer here: set oidc_client_id, or show a key", "mode")
    return entrance.organisation
