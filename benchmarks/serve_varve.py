"""`python -m benchmarks.serve_varve PORT STORE`: the service as `varve serve` runs it."""

from __future__ import annotations

import sys

import uvicorn

from api.app import create_app
from api.bootstrap import service
from api.cli import wiring
from api.cli.server import settle
from api.connections import Connection, allow_many_connections

if __name__ == "__main__":
    wiring.log_to_stdout("info")
    app = create_app(lambda: service(sys.argv[2], variables={}))
    allow_many_connections()
    settle()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http=Connection,
        backlog=2048,
        timeout_graceful_shutdown=10,
    )
