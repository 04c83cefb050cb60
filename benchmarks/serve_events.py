"""`python -m benchmarks.serve_events PORT FILE`.

The floor of streams: GET listens, POST sends the bytes of the file to all who do. Nothing is asked, kept or decided.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import uvicorn

from api.connections import allow_many_connections

EVENT = Path(sys.argv[2]).read_bytes() if len(sys.argv) > 2 else b""
FIRST = b"event: reset\ndata: {}\n\n"
HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
waiting: set[asyncio.Future[None]] = set()


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["method"] == "POST":
        for future in waiting:
            future.set_result(None)
        waiting.clear()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
    elif scope["path"] == "/api/stream":
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": FIRST, "more_body": True})
        await listen(receive, send)
    else:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


async def listen(receive: Any, send: Any) -> None:
    leaving = asyncio.ensure_future(left(receive))
    while not leaving.done():
        future = asyncio.get_running_loop().create_future()
        waiting.add(future)
        await future
        await send({"type": "http.response.body", "body": EVENT, "more_body": True})


async def left(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


if __name__ == "__main__":
    allow_many_connections()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="error",
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
        timeout_graceful_shutdown=1,
    )
