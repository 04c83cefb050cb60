"""From a refusal to an HTTP answer: the only table of statuses, and the shape of RFC 9457."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from api import ofrep
from api.json_text import json_text
from application.register_types import fault_data
from domain import errors
from domain.errors import Fault, Refusal
from domain.pointers import pointer_of

STATUS: dict[type[Refusal], int] = {
    errors.InvalidRequest: 400,
    errors.InvalidConfig: 400,
    errors.InvalidType: 400,
    errors.InvalidFile: 400,
    errors.PolicyRefused: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.ReadOnly: 403,
    errors.NotFound: 404,
    errors.NameTaken: 409,
    errors.SlotTaken: 409,
    errors.Conflict: 409,
    errors.TimedOut: 408,
    errors.KeysMissing: 409,
    errors.SecretUnreadable: 409,
    errors.ApprovalMissing: 409,
    errors.IndexNotReady: 409,
    errors.StaleVersion: 412,
    errors.TooLarge: 413,
    errors.IdempotencyKeyReused: 422,
    errors.Frozen: 423,
    errors.Locked: 423,
    errors.LockRequired: 423,
    errors.IfMatchRequired: 428,
    errors.RateLimited: 429,
    errors.Behind: 503,
    errors.Overloaded: 503,
    errors.StoreUnavailable: 503,
    errors.IssuerUnavailable: 503,
}
RETRY_AFTER_SECONDS = {
    errors.RateLimited: 1,
    errors.Behind: 1,
    errors.Overloaded: 1,
    errors.StoreUnavailable: 2,
    errors.IssuerUnavailable: 2,
}
PROBLEM = "application/problem+json"
PROBLEM_CODE = "problem_code"  # in the state of a request that was refused
HTTP_PROBLEMS = {404: ("not_found", "Not found"), 405: ("method_not_allowed", "Method not allowed")}


class Problem(Response):
    """Leaves its code with the request that it answers, for the log and the counts. Under /ofrep it takes that form."""

    media_type = PROBLEM

    def __init__(self, content: bytes, status: int, *, headers: dict[str, str] | None, code: str, detail: str) -> None:
        super().__init__(content, status, headers=headers)
        self._code = code
        self._detail = detail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})[PROBLEM_CODE] = self._code
        if scope["path"].startswith(ofrep.PREFIX):
            self._become_ofrep(scope)
        await super().__call__(scope, receive, send)

    def _become_ofrep(self, scope: Scope) -> None:
        self.status_code, content = ofrep.refusal(scope, status=self.status_code, detail=self._detail)
        self.body = json_text(content)
        self.headers["Content-Type"] = "application/json"
        self.headers["Content-Length"] = str(len(self.body))


def problem(
    status: int,
    *,
    code: str,
    title: str,
    detail: str,
    faults: Iterable[Fault] = (),
    headers: dict[str, str] | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Response:
    """Problem details, with `more` members; `type` is a stable address with a page in the docs."""
    body: dict[str, Any] = {
        "type": f"https://varve.dev/errors/{code.replace('_', '-')}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    if found := [fault_data(fault) for fault in faults]:
        body["errors"] = found
    return Problem(json_text(body), status, headers=headers, code=code, detail=detail)


def refusal_response(refusal: Refusal) -> Response:
    """The answer to a request that is not carried out."""
    status = next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
    seconds = next((RETRY_AFTER_SECONDS[k] for k in type(refusal).__mro__ if k in RETRY_AFTER_SECONDS), None)
    headers = {"Retry-After": str(seconds)} if seconds else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    faults = refusal.faults
    return problem(
        status, code=refusal.code, title=refusal.title, detail=refusal.detail, faults=faults, headers=headers
    )


def install(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Make every error of the application a problem."""
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]

    @app.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> Response:
        return refusal_response(refusal)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        tag = _tag_of(request.scope["state"].get("varve_body"))
        faults = [_fault(one, tag=tag) for one in error.errors()]
        detail = "; ".join(dict.fromkeys(f"{fault.pointer or 'the request'}: {fault.message}" for fault in faults))
        return refusal_response(errors.InvalidRequest(detail, faults=faults))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        code, title = HTTP_PROBLEMS.get(error.status_code, ("http_error", "Request failed"))
        headers = dict(error.headers) if error.headers else {}
        if error.status_code == 405 and (methods := methods_at(request, routes)):
            headers["Allow"] = ", ".join(methods)
        return problem(error.status_code, code=code, title=title, detail=_http_detail(error), headers=headers)

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> Response:
        """A fault of ours: told without any of its particulars, which are in the server's log."""
        detail = "the server failed: try again, and tell whoever runs it if that does not help"
        return problem(500, code="internal", title="Internal error", detail=detail)


def methods_at(request: Request, routes: Iterable[APIRoute]) -> list[str]:
    """What the address takes: the framework tells of one of its routes only."""
    here = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return sorted({method for route in here for method in route.methods or ()})


def _http_detail(error: HTTPException) -> str:
    if error.status_code == 404:
        return "there is nothing at this address: /docs lists what there is"
    if error.status_code == 405:
        return "this address does not take this method: /docs lists what it takes"
    return str(error.detail)


def _tag_of(body: Any) -> str | None:
    """What says which of several shapes a body has: the framework puts it before every place in the body."""
    return body.get("kind") if isinstance(body, dict) else None


def _fault(error: dict[str, Any], *, tag: str | None) -> Fault:
    """One finding of the framework; a place in the body is a pointer, a parameter is its name."""
    where, *keys = error["loc"]
    keys = keys[1:] if where == "body" and keys[:1] == [tag] else keys
    pointer = pointer_of(keys)
    message = error["msg"][:1].lower() + error["msg"][1:]
    if error["type"] == "extra_forbidden":
        message = f"{keys[-1]} is not a field here"
    elif error["type"] == "missing":
        message = f"{keys[-1] if keys else f'a {where}'} is required"
    elif error["type"] in ("dict_type", "model_attributes_type"):
        message = f"{keys[-1] if keys else f'the {where}'} must be an object"
    return Fault(pointer, message.removeprefix("value error, "), error["type"])
