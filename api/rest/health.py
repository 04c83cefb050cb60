"""Whether the service is alive, and whether it can answer."""

from __future__ import annotations

import asyncio

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Request, Response

from api.deps import Cases, StrictRoute, json_response
from api.errors import problem
from api.rest.examples import responses
from application.ports import Commit, EventStore
from domain.errors import StoreUnavailable

router = APIRouter(prefix="/health", tags=["health"], route_class=StrictRoute)

READY_WITHIN_POSITIONS = 10_000  # views that are further behind answer too much from the past
READY_WITHIN_SECONDS = 1.0


class StoreProbe:
    """Asks the store for its newest commit, in a thread of its own: those of the service may all be taken.

    There is one such question at a time, however many ask, so that a store that hangs takes no more than one thread.
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._thread = CapacityLimiter(1)
        self._asking: asyncio.Task[Commit | None] | None = None

    async def newest(self) -> Commit | None:
        """Raises StoreUnavailable where there is no answer within a second."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(anyio.to_thread.run_sync(self._store.newest, limiter=self._thread))
        try:
            async with asyncio.timeout(READY_WITHIN_SECONDS):
                return await asyncio.shield(self._asking)
        except TimeoutError:
            message = f"the store has not answered for {READY_WITHIN_SECONDS:g} s: see whether it runs"
            raise StoreUnavailable(message) from None


@router.get("/live", operation_id="live", responses=responses(400, ok={200: ("The process runs.", {"status": "live"})}))
async def live(cases: Cases) -> Response:
    """The process runs and takes requests."""
    return json_response({"status": "live"}, cases=cases, position=cases.progress.visible)


@router.get("/ready", operation_id="ready", responses=responses(400, 503, ok={200: ("Ready.", {"status": "ready"})}))
async def ready(request: Request, cases: Cases) -> Response:
    """The store answers and the views are near its head; what fails is named."""
    probe: StoreProbe = request.app.state.store_probe
    newest = await probe.newest()
    behind = (newest.last if newest else 0) - cases.progress.visible
    if behind > READY_WITHIN_POSITIONS:
        detail = f"the views are {behind} positions behind the log: wait, or run varve projections rebuild"
        return problem(503, code="behind", title="Views behind", detail=detail)
    return json_response({"status": "ready"}, cases=cases, position=cases.progress.visible)
