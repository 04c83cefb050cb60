"""What Prometheus scrapes."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry

from api.access import ReadsDefinitions
from api.deps import StrictRoute
from api.rest.examples import responses

router = APIRouter(tags=["health"], route_class=StrictRoute)

READ_WITHIN_SECONDS = 1.0
EXAMPLE = """# HELP varve_log_position The newest position of the log.
# TYPE varve_log_position gauge
varve_log_position 1042.0
"""
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The metrics of this process.", "content": {"text/plain": {"example": EXAMPLE}}},
    **responses(400),
}


class Exposition(Protocol):
    """All metrics of the process: those of a registry, and those that are read from the store for each scrape."""

    registry: CollectorRegistry

    def read(self) -> Any:
        """Asks the store, and waits as long as it hangs."""

    def text(self, reading: Any) -> bytes:
        """The metrics with what was read; with None, that the store did not answer."""


@router.get("/metrics", operation_id="metrics", response_class=Response, responses=ANSWERS)
async def metrics(request: Request, access: ReadsDefinitions) -> Response:
    """Metrics in the text format of Prometheus: of this process, its store and its views."""
    access.to_installation()
    state = request.app.state
    exposition: Exposition = state.exposition
    try:
        reading = await state.looks.within(READ_WITHIN_SECONDS, look=exposition.read)
    except TimeoutError:
        reading = None
    text = await asyncio.to_thread(exposition.text, reading)
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)
