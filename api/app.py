"""The web application: strict bodies and kept answers around the framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from api import console, errors, organisation, pages
from api.doors import Authenticates, Doors
from api.hot_path import HotPath, Kept
from api.json_text import json_text
from api.looking import Looks
from api.marks import Marks
from api.parsing import StrictBodies
from api.rate_limits import RateLimits
from api.rest import (
    assignments,
    audits,
    bisect,
    change_set_acts,
    change_sets,
    compare,
    compliance,
    config_types,
    configs,
    counterfactuals,
    effective,
    effective_batch,
    embedders,
    environments,
    evaluations,
    experiment_results,
    experiments,
    failures,
    go_live,
    health,
    health_reports,
    history,
    index_route,
    indexes,
    installation,
    keys,
    locks,
    log,
    measurements,
    metrics,
    ofrep,
    ofrep_events,
    policies,
    preview,
    profiles,
    proofs,
    releases,
    restoring,
    secrets,
    serving,
    shipped,
    stream,
    tags,
    timeline,
    transfer,
    usage,
    webhook_deliveries,
    webhooks,
)
from api.rest.metrics import Exposition
from api.shedding import Shedding
from api.streams import MOST_CLIENTS, Source, Streams
from api.telemetry import Telemetry, goes_untraced
from application.advance import Hear
from application.running import Running
from application.sign_in import SignsIn
from application.use_cases import UseCases

THREADS = 16  # commands and missed reads; the stores' pools have a connection for each
ROUTERS = (
    bisect.router,
    compare.router,
    timeline.router,  # before effective.router, whose user ids may hold a slash
    effective.router,
    ofrep.router,
    ofrep_events.router,
    effective_batch.router,
    stream.router,
    preview.router,
    environments.router,
    policies.router,
    installation.router,
    serving.router,
    config_types.router,
    configs.router,
    history.router,
    restoring.router,
    counterfactuals.router,
    tags.router,
    profiles.router,
    assignments.router,
    experiments.router,
    change_sets.router,
    change_set_acts.router,
    releases.router,
    experiment_results.router,
    measurements.router,
    locks.router,
    evaluations.router,
    index_route.router,
    indexes.router,
    health_reports.router,
    embedders.router,
    keys.router,
    secrets.router,
    webhooks.router,
    webhook_deliveries.router,
    failures.router,
    usage.router,
    audits.router,
    proofs.router,
    log.router,
    transfer.router,
    shipped.router,
    compliance.router,
    go_live.router,
    health.router,
    metrics.router,
)
VALIDATION_ERROR = "HTTPValidationError"  # the framework's own 422; ours is a problem with status 400
DESCRIPTION = "Settings in layers, every change dated. Errors are problem details (RFC 9457)."
TAGS = {  # in the order of the document
    "configs": "Settings of one type at one scope.",
    "effective": "What is in force for somebody, field by field.",
    "openfeature": "The same as feature flags: the OpenFeature Remote Evaluation Protocol, OFREP 0.3.",
    "preview": "What a change would do.",
    "change sets": "Drafts that are reviewed together, and come into force in one commit.",
    "evaluations": "What was measured with which settings, and whether it is as good as before.",
    "health reports": "What applications measure of retrieval, and what is done about it.",
    "experiments": "Variants of settings, each served to its share of users.",
    "profiles": "Named sets of settings, and who is given them.",
    "locks": "What is frozen, and the indexes that are built from it.",
    "types": "Schemas and rules.",
    "time": "The past: differences, rollback, undo, what if.",
    "log": "Every event.",
    "audit": "Answers and the log, proved.",
    "environments": "The stages that configs live in, and what each demands of changes.",
    "installation": "The ladder, environment variables.",
    "compliance": "What security policies demand, and what is in force.",
    "transfer": "Settings in and out.",
    "access": "API keys, owners of collections.",
    "secrets": "The keys that secrets are sealed with.",
    "webhooks": "Where events are sent.",
    "reports": "What applications report: failures, and the configs behind their answers.",
    "projections": "The views that queries read.",
    "health": "How the service is.",
}
WAYS_IN = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, varve_…, or a token of the issuer."},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


@dataclass(frozen=True, slots=True)
class Service:
    """A store that is open, and what the doors need of it."""

    use_cases: UseCases
    kept: Kept
    exposition: Exposition
    advances: list[Hear]  # whoever is in it hears of each step of the views
    authenticates: Authenticates | None = None  # None: everybody may do everything
    organisation: SignsIn | None = None  # where people sign in to the console, besides by keys


Open = Callable[[], AbstractContextManager[Service]]


def create_app(
    open_service: Open,
    *,
    threads: int = THREADS,
    is_local: bool = False,
    rate_limit: int = 0,
    rate_burst: int | None = None,
    stream_clients: int = MOST_CLIENTS,
    is_traced: bool = False,
    running: Running | None = None,
) -> ASGIApp:
    """The ASGI application. The store is opened when it starts, in the process that serves.

    `is_local`: where callers need not be known, only requests that name this machine are taken. `is_traced`:
    traces are sent to where the environment says. `running`: what the checklist for going live is told of that.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        with open_service() as service:
            cases = app.state.use_cases = service.use_cases
            app.state.looks, app.state.exposition = Looks(), service.exposition
            app.state.running = running or Running()
            service.exposition.registry.register(telemetry.requests)
            telemetry.connect()
            log_id, epoch, _ = cases.store.identity
            service.exposition.registry.register(streams)
            source = Source(service.advances, cases.progress, cases.authorize, log_id=log_id, epoch=epoch)
            streams.connect(source, service.authenticates)
            app.state.streams = streams
            app.state.entrance = console.Entrance(
                service.authenticates, service.organisation, console.Attempts(), is_read_only=cases.is_read_only
            )
            marks.connect(cases.progress, epoch=epoch)
            doors.connect(service.authenticates)
            hot_path.connect(service.kept, cases.progress, epoch=epoch)
            yield
            streams.close()

    streams = Streams(most=stream_clients)
    marks = Marks(StrictBodies(Shedding(web(lifespan, is_traced=is_traced), places=threads)))
    hot_path = HotPath(marks)
    doors = Doors(RateLimits(hot_path, rate=rate_limit, burst=rate_burst), is_local=is_local)
    telemetry = Telemetry(doors)
    return telemetry


class Web(FastAPI):
    """The framework, with a document that is true of what is answered."""

    def setup(self) -> None:
        """The document is large, and anybody may ask for it: it is written once. The framework's route comes later."""
        self.add_route("/openapi.json", self._document, include_in_schema=False)
        super().setup()

    async def _document(self, _: Request) -> Response:
        return Response(self._written, media_type="application/json")

    @cached_property
    def _written(self) -> bytes:
        return json_text(self.openapi())

    def openapi(self) -> dict[str, Any]:
        """As the framework makes it: without the answers that it adds and we never give, with examples as they are."""
        document = super().openapi()
        for route in (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)):
            for method in route.methods or ():
                answers = document["paths"][route.path_format][method.lower()]["responses"]
                if VALIDATION_ERROR in str(answers.get("422")):
                    del answers["422"]
                for status, answer in route.responses.items():
                    answers[str(status)].update(answer)  # the framework leaves null out of examples
        for name in (VALIDATION_ERROR, "ValidationError"):
            document.get("components", {}).get("schemas", {}).pop(name, None)
        document["components"]["securitySchemes"] = WAYS_IN
        document["security"] = [{name: []} for name in WAYS_IN] + [{}]  # nothing at all, in the mode `open`
        return document


def web(
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None, *, is_traced: bool = False
) -> FastAPI:
    """The framework's part: every route, documented."""
    app = Web(
        title="Varve",
        version="0.1.0",
        description=DESCRIPTION,
        openapi_tags=[{"name": name, "description": about} for name, about in TAGS.items()],
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        telemetry={
            "auto_configure": is_traced,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "exclude": goes_untraced,
        },
        redoc_url=None,
    )
    errors.install(app, ROUTERS)
    for router in (*ROUTERS, console.router, organisation.router, pages.router):
        app.router.routes.extend(router.routes)  # as they are: what is included is built anew for each application
    return app
