"""The web application: strict bodies and kept answers around the framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from starlette.types import ASGIApp

from api import errors
from api.hot_path import HotPath, Kept
from api.marks import Marks
from api.parsing import StrictBodies
from api.rest import config_types, configs, effective, health, installation, log, preview, transfer
from application.use_cases import UseCases

THREADS = 16  # commands and missed reads; the stores' pools have a connection for each
ROUTERS = (
    effective.router,
    preview.router,
    installation.router,
    config_types.router,
    configs.router,
    log.router,
    transfer.router,
    health.router,
)
VALIDATION_ERROR = "HTTPValidationError"  # the framework's own 422; ours is a problem with status 400
DESCRIPTION = "Settings in layers, every change dated. Errors are problem details (RFC 9457)."


@dataclass(frozen=True, slots=True)
class Service:
    """A store that is open, and what the doors need of it."""

    use_cases: UseCases
    kept: Kept


Open = Callable[[], AbstractContextManager[Service]]


def create_app(open_service: Open, *, threads: int = THREADS) -> ASGIApp:
    """The ASGI application. The store is opened when it starts, in the process that serves."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        with open_service() as service:
            app.state.use_cases = service.use_cases
            cases = service.use_cases
            epoch = cases.store.identity.epoch
            marks.connect(cases.progress, epoch=epoch)
            hot_path.connect(service.kept, cases.progress, epoch=epoch)
            yield

    marks = Marks(StrictBodies(web(lifespan)))
    hot_path = HotPath(marks)
    return hot_path


class Web(FastAPI):
    """The framework, without the answers that it documents by itself and that are never given."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        for path in document["paths"].values():
            for operation in path.values():
                if VALIDATION_ERROR in str(operation["responses"].get("422")):
                    del operation["responses"]["422"]
        for name in (VALIDATION_ERROR, "ValidationError"):
            document.get("components", {}).get("schemas", {}).pop(name, None)
        return document


def web(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None) -> FastAPI:
    """The framework's part: every route, documented."""
    app = Web(
        title="Varve",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
    )
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    return app
