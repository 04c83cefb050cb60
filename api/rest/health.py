"""Whether the service is alive, and whether it can answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.answers import json_response
from api.deps import Cases, StrictRoute
from api.errors import problem
from api.looking import Looks
from api.rest.examples import responses
from application.inspect_health import NOT_KNOWN, Checks
from application.use_cases import UseCases

router = APIRouter(prefix="/health", tags=["health"], route_class=StrictRoute)

ANSWER_WITHIN_SECONDS = 1.0
HANGS = f"the store does not answer within {ANSWER_WITHIN_SECONDS:g} s: look at it, and at what is between"
READY: dict[str, Any] = {
    "status": "ready",
    "checks": {"store": "ok", "migrations": "ok", "views": "ok"},
    "read_only": False,
}


@router.get("/live", operation_id="live", responses=responses(400, ok={200: ("The process runs.", {"status": "live"})}))
async def live(cases: Cases) -> Response:
    """The process runs and takes requests."""
    return json_response({"status": "live"}, cases=cases, position=cases.progress.visible)


@router.get("/ready", operation_id="ready", responses=responses(400, 503, ok={200: ("Ready.", READY)}))
async def ready(request: Request, cases: Cases) -> Response:
    """The store answers, its migrations are in place and the views are near its head; each that fails is named."""
    checks = await _checked(cases, request.app.state.looks)
    failing = checks.failing()
    if not failing:
        return json_response({**READY, "read_only": cases.is_read_only}, cases=cases, position=cases.progress.visible)
    store_fails = checks.store or checks.migrations
    code, title = ("store_unavailable", "Store unavailable") if store_fails else ("behind", "Views behind")
    told = {name: failing.get(name, "ok") for name in checks._fields}
    return problem(503, code=code, title=title, detail=next(iter(failing.values())), more={"checks": told})


async def _checked(cases: UseCases, looks: Looks) -> Checks:
    """Within a second, also where the store hangs and every thread of the routes is waiting for it."""
    try:
        return await looks.within(ANSWER_WITHIN_SECONDS, look=cases.inspect_health.checks)
    except TimeoutError:
        return Checks(HANGS, NOT_KNOWN, NOT_KNOWN)
