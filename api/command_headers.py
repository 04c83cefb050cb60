"""What the headers of a command may say."""

from __future__ import annotations

from urllib.parse import unquote

from fastapi import Request

from application.ports import BreakGlass
from application.use_cases import UseCases
from domain.access.roles import Action
from domain.errors import InvalidRequest
from domain.times import microseconds

LONGEST_NAME = 255
LONGEST_REASON = 2_000


def short(value: str | None, name: str) -> str | None:
    if value is not None and (not 1 <= len(value) <= LONGEST_NAME or not value.isprintable()):
        raise InvalidRequest.at(f"/{name.lower()}", f"{name} is 1 to {LONGEST_NAME} printable characters", "header")
    return value


def moment_in(text: str | None) -> str | None:
    if text is not None and microseconds(text) is None:
        message = "Varve-Caller-Time is a time with its offset, such as 2026-11-20T10:00:00Z"
        raise InvalidRequest.at("/varve-caller-time", message, "caller_time")
    return text


def glass(text: str | None, request: Request, cases: UseCases) -> BreakGlass | None:
    """Why the glass is to be broken, where it is. Raises InvalidRequest for a reason that says nothing."""
    if text is None:
        return None
    reason, principal = unquote(text).strip(), request.scope["state"]["principal"]
    if not 1 <= len(reason) <= LONGEST_REASON:
        message = f"Varve-Break-Glass says why, in 1 to {LONGEST_REASON:,} characters, percent-encoded"
        raise InvalidRequest.at("/varve-break-glass", message, "break_glass")
    return BreakGlass(reason, lambda place: cases.authorize.may(principal, Action.GOVERN, environment=place))
