"""Whether the service is alive, and whether it can answer."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import Cases, StrictRoute, json_response
from api.errors import problem
from api.rest.examples import responses

router = APIRouter(prefix="/health", tags=["health"], route_class=StrictRoute)

READY_WITHIN_POSITIONS = 10_000  # views that are further behind answer too much from the past


@router.get("/live", operation_id="live", responses=responses(400, ok={200: ("The process runs.", {"status": "live"})}))
async def live(cases: Cases) -> Response:
    """The process runs and takes requests."""
    return json_response({"status": "live"}, cases=cases, position=cases.progress.visible)


@router.get("/ready", operation_id="ready", responses=responses(400, 503, ok={200: ("Ready.", {"status": "ready"})}))
def ready(cases: Cases) -> Response:
    """The store answers and the views are near its head; what fails is named."""
    newest = cases.store.newest()
    behind = (newest.last if newest else 0) - cases.progress.visible
    if behind > READY_WITHIN_POSITIONS:
        detail = f"the views are {behind} positions behind the log: wait, or run varve projections rebuild"
        return problem(503, code="behind", title="Views behind", detail=detail)
    return json_response({"status": "ready"}, cases=cases, position=cases.progress.visible)
