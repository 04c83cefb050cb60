"""What every answer says, a refusal too: how far the views of this process are, and of which log."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from application.ports import Progress


class Marks:
    """Adds Varve-Position and Varve-Epoch to answers that do not have them. `connect` once the store is open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._progress: Progress | None = None
        self._epoch = b"1"

    def connect(self, progress: Progress, *, epoch: int) -> None:
        self._progress = progress
        self._epoch = str(epoch).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._progress is None:
            await self._app(scope, receive, send)
            return
        progress = self._progress

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                marks = ((b"varve-position", str(progress.visible).encode()), (b"varve-epoch", self._epoch))
                message["headers"] = [*message["headers"], *(mark for mark in marks if mark[0] not in own)]
            await send(message)

        await self._app(scope, receive, marked)
