"""What OFREP, the OpenFeature Remote Evaluation Protocol 0.3, calls a refusal."""

from __future__ import annotations

from typing import Any

from starlette.types import Scope

PREFIX = "/ofrep/"
FLAGS = f"{PREFIX}v1/evaluate/flags"
EVENTS = f"{PREFIX}v1/events"
OF_THE_REQUEST = frozenset((400, 408, 413, 415, 422))  # all of them are 400 there


def refusal(scope: Scope, *, status: int, detail: str) -> tuple[int, dict[str, Any]]:
    """The status and the body in which a request under PREFIX is refused."""
    _, of_flags, key = scope["path"].partition(f"{FLAGS}/")
    about = {"key": key} if of_flags else {}
    found = 400 if status in OF_THE_REQUEST else status
    return found, {**about, "errorCode": error_code(scope, found), "errorDetails": detail}


def error_code(scope: Scope, status: int) -> str:
    """A body that is no JSON object cannot be read; of one that can, it is the context that is at fault."""
    if status == 404:
        return "FLAG_NOT_FOUND"
    if status != 400:
        return "GENERAL"
    return "INVALID_CONTEXT" if isinstance(scope["state"].get("varve_body"), dict) else "PARSE_ERROR"
