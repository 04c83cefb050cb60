"""Runs the ASGI application under uvicorn."""

from __future__ import annotations

import gc
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from api import traces
from api.app import Service, create_app
from api.cli import wiring
from api.cli.failures import Misused
from api.connections import Connection, allow_many_connections

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from api.cli.wiring import OpenStore, Settings

SHUTDOWN_SECONDS = 10
WORKER = "api.cli.server:worker"
WORKER_STORE = "VARVE_STORE_URL"
LOGGER = "uvicorn.error"
GARBAGE = 20_000  # new objects between two looks for cycles among them


class Announcing(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        logging.getLogger(LOGGER).disabled = False
        self._announce()


class Opening:
    """Opens the store for the application, and keeps why it could not: the server would only say that it failed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._checkpoints = wiring.checkpoints_of(settings)  # told here, where a wrong key still stops the start
        self._webhooks = wiring.webhooks_of(settings)
        self.store: OpenStore | None = None
        self.problem: Exception | None = None

    @contextmanager
    def service(self) -> Iterator[Service]:
        variables = dict(os.environ) if self._settings.environment_variables else {}
        environment = self._settings.default_environment
        try:
            with wiring.opened_service(
                self._settings.store_url,
                environment=environment,
                variables=variables,
                on_open=self._opened,
                checkpoints=self._checkpoints,
                callers=wiring.callers_of(self._settings),
                secret_keys=self._settings.secret_keys,
                watching=wiring.watching_of(self._settings),
                webhooks=self._webhooks,
                indexing=wiring.indexing_of(self._settings),
                is_read_only=self._settings.read_only,
            ) as service:
                yield service
        except Exception as problem:
            self.problem = problem
            raise

    def _opened(self, store: OpenStore) -> None:
        self.store = store


def run_alone(settings: Settings, listener: socket.socket, *, address: str, announce: Callable[[], None]) -> None:
    """Serve from this process until a signal comes."""
    opening = Opening(settings)

    def listening() -> None:
        if opening.store is not None and opening.store.lock is not None:
            opening.store.lock.announce(address)
        announce()

    server = Announcing(_config(settings, application(opening, settings)), listening)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return  # how uvicorn tells that Ctrl-C has stopped it
    except SystemExit as end:
        with wiring.told(Misused):  # a name that cannot be is a setting's
            raise opening.problem or end from None


def run_workers(settings: Settings, listener: socket.socket, *, workers: int, announce: Callable[[], None]) -> None:
    """Serve from several processes; each opens the store itself."""
    wiring.checkpoints_of(settings)
    wiring.webhooks_of(settings)
    wiring.migrated(settings.store_url, secret_keys=settings.secret_keys)  # told here, once, if it cannot be opened
    os.environ[WORKER_STORE] = settings.store_url
    config = _config(settings, WORKER, factory=True, workers=workers)
    announce()
    Multiprocess(config, sockets=[listener]).run()


def worker() -> ASGIApp:
    """The application of one process of several."""
    settings = wiring.settings()
    _log(settings)
    logging.getLogger(LOGGER).disabled = False  # nobody else tells why a worker does not start, or fails
    return application(Opening(settings), settings)


def application(opening: Opening, settings: Settings) -> ASGIApp:
    app = create_app(
        opening.service,
        threads=settings.threads,
        is_local=settings.auth_mode == "open",
        rate_limit=0 if settings.auth_mode == "open" else settings.rate_limit,  # a name that anybody may take
        rate_burst=settings.rate_burst,
        stream_clients=settings.stream_clients,
        is_traced=traces.are_sent(),
        running=wiring.running_of(settings),
    )
    settle()
    return app


def settle() -> None:
    """What is loaded by now stays: a large body, many objects at once, must not have all of it looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, *gc.get_threshold()[1:])


def _config(settings: Settings, app: Any, **more: Any) -> uvicorn.Config:
    _log(settings)
    allow_many_connections()
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        **more,
    )


def _log(settings: Settings) -> None:
    wiring.log_to_stdout(settings.log_level)
    logger = logging.getLogger(LOGGER)
    debug = settings.log_level == "debug"
    logger.setLevel(logging.DEBUG if debug else logging.ERROR)
    logger.disabled = not debug  # until it listens: why it does not is told by whoever started it
