"""`python -m benchmarks.serve_varve PORT STORE`: the service as `varve serve` runs it."""

from __future__ import annotations

import sys

import uvicorn

from api.app import create_app
from api.bootstrap import service
from api.cli import wiring

if __name__ == "__main__":
    wiring.log_to_stdout("info")
    app = create_app(lambda: service(sys.argv[2], variables={}))
    options = {"log_level": "warning", "access_log": False, "loop": "uvloop", "http": "httptools"}
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), **options)
