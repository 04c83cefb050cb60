"""`python -m benchmarks.serve_bytes PORT FILE`.

The floor, an ASGI application that answers the same bytes to everything.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import uvicorn

BODY = Path(sys.argv[2]).read_bytes() if len(sys.argv) > 2 else b""
HEADERS = [
    (b"etag", b'"1e54acf4e4802a5428006d3b52ed3daf"'),
    (b"varve-position", b"1042"),
    (b"varve-epoch", b"1"),
    (b"cache-control", b"no-cache"),
    (b"content-type", b"application/json"),
    (b"content-length", str(len(BODY)).encode()),
]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
    )
