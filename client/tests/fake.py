"""A service that is as bad as a test wants it to be: it keeps documents by scope, and answers over real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NO_HEADERS: dict[str, str] = {}
Handler = Callable[["Request"], None]


class FakeVarve:
    """Two types: `llm`, complete by default, and `prompt`, which is null where nobody gives it.

    `on_batch` and `on_stream` may be replaced by what answers in their stead.
    """

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], dict[str, Any]] = {}
        self.versions: dict[tuple[str, str], int] = {}
        self.position = 10
        self.epoch = 1
        self.log = "log-1"
        self.api_key: str | None = None
        self.heeds_positions = True  # that an answer must have seen
        self.refused: dict[str, str] = {}  # user: reason
        self.serving = "settings"
        self.told: dict[str, dict[str, Any]] = {}  # user: what else an answer says
        self.batches: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.streams: list[Request] = []
        self.on_batch: Handler = self.answer_batch
        self.on_stream: Handler = self.answer_stream
        self.on_other: Handler = lambda request: request.answer(404, {"detail": "no such route"})
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    # ---------------------------------------------------------------------------------------------- what it holds

    def put(self, scope: str, config_type: str, **settings: Any) -> int:
        """A change, told on the stream; the position at which it is true."""
        with self._lock:
            self.documents[scope, config_type] = settings
            self.versions[scope, config_type] = self.versions.get((scope, config_type), 0) + 1
            self.position += 1
        self.tell("changed", {"position": self.position, "scopes": [scope], "types": [config_type]})
        return self.position

    def switch(self, serving: str) -> None:
        with self._lock:
            self.serving = serving
            self.position += 1
        self.tell("reset", {**self.where(), "reason": "definitions"})

    def delete(self, scope: str, config_type: str) -> None:
        with self._lock:
            del self.documents[scope, config_type]
            self.position += 1
        self.tell("changed", {"position": self.position, "scopes": [scope], "types": [config_type]})

    def effective(self, asked: dict[str, Any]) -> dict[str, Any]:
        collections = asked.get("collection_ids") or ([asked["collection_id"]] if "collection_id" in asked else [])
        scopes = [f"collection:{name}" for name in collections] + list(asked.get("scopes", []))
        if "user_id" in asked:
            scopes.append(f"user:{asked['user_id']}")
        scopes.append("global")
        answer: dict[str, Any] = {"resolution_path": {}, "layers": {}, "degraded": []}
        for name, default in (("llm", {"model_id": "base", "temperature": 0.7}), ("prompt", None)):
            given = [(scope, self.documents[scope, name]) for scope in scopes if (scope, name) in self.documents]
            rungs = [
                {
                    "layer": scope,
                    "config_id": f"{scope}/{name}",
                    "version": self.versions[scope, name],
                    "value": self._folded(default, given[n:]),
                }
                for n, (scope, _) in enumerate(given)
            ]
            if default is not None:
                rungs.append({"layer": "default", "config_id": None, "version": None, "value": default})
            answer[name] = rungs[0]["value"] if rungs else None
            answer["layers"][name] = rungs
            answer["resolution_path"][name] = rungs[0]["layer"] if rungs else "none"
        about = {"environment": "production", "epoch": self.epoch, "digest": digest(answer["llm"], answer["prompt"])}
        if self.serving != "settings":
            answer["serving"] = self.serving
        answer.update(about, **self.told.get(asked.get("user_id", ""), {}))
        answer["etag"] = digest(answer)
        return {**answer, "position": self.position}

    @staticmethod
    def _folded(default: dict[str, Any] | None, given: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
        value = dict(default or {})
        for _, settings in reversed(given):
            value.update(settings)
        return value

    # ------------------------------------------------------------------------------------------------- how it answers

    def answer_batch(self, request: Request) -> None:
        body = request.body()
        self.batches.append(body)
        self.headers.append(dict(request.headers))
        if int(request.headers.get("Varve-Min-Position", 0)) > self.position and self.heeds_positions:
            request.answer(503, {"detail": "the views are behind"})
            return
        with self._lock:
            items = [self._item(asked) for asked in body["contexts"]]
            answer = {"items": items, "position": self.position, "epoch": self.epoch, "log": self.log}
        request.answer(200, answer)

    def _item(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked.get("user_id") in self.refused:
            return {"problem": {"status": 403, "detail": self.refused[asked["user_id"]]}}
        answer = self.effective(asked)
        return {"unchanged": True} if answer["etag"] == asked.get("etag") else answer

    def answer_stream(self, request: Request) -> None:
        """Open until the server ends, or `cut`."""
        request.begin_stream()
        with self._telling:  # a change is before the reset, or told after it
            request.frame("reset", {**self.where(), "reason": "connected"})
            self.streams.append(request)
        request.gone.wait()

    def where(self) -> dict[str, Any]:
        return {"position": self.position, "epoch": self.epoch, "log": self.log}

    def tell(self, event: str, data: dict[str, Any]) -> None:
        with self._telling:
            for stream in self.streams:
                stream.frame(event, data)

    def cut(self) -> None:
        """End every stream."""
        streams, self.streams = self.streams, []
        for stream in streams:
            stream.end()

    # --------------------------------------------------------------------------------------------------- its own life

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @contextmanager
    def served(self) -> Iterator[FakeVarve]:
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def start(self) -> None:
        """On the port that it had before, if it had one."""
        fake = self

        class Bound(Request):
            varve = fake

        self._server = Server(("127.0.0.1", self._port), Bound)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """As if the process were gone: connections too."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.hang_up()
            self._server = None
        self.cut()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *args: Any) -> None:
        self.sockets: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.sockets.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for one in list(self.sockets):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class Request(BaseHTTPRequestHandler):
    varve: FakeVarve
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self._checked(self.varve.on_batch if self.path == "/api/runtime-configs/effective" else self.varve.on_other)

    def do_GET(self) -> None:
        self._checked(self.varve.on_stream if self.path.startswith("/api/stream") else self.varve.on_other)

    def _checked(self, handler: Handler) -> None:
        self.gone = threading.Event()
        self._sending = threading.Lock()
        if self.varve.api_key and self.headers.get("Authorization") != f"Bearer {self.varve.api_key}":
            self.body()
            self.answer(401, {"detail": "who are you?"})
            return
        handler(self)

    def body(self) -> dict[str, Any]:
        size = int(self.headers.get("Content-Length", 0))
        return json.loads(self.rfile.read(size)) if size else {}

    def answer(
        self, status: int, body: Any, *, content_type: str = "application/json", headers: dict[str, str] = NO_HEADERS
    ) -> None:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def begin_stream(self, content_type: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def frame(self, event: str, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.send(f"id: {self.varve.position}\nevent: {event}\ndata: {text}\n\n".encode())

    def send(self, piece: bytes) -> None:
        try:
            with self._sending:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        except OSError:
            self.gone.set()

    def end(self) -> None:
        self.close_connection = True
        self.gone.set()
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as it is called there
        """Nothing: a test tells what it saw."""


def digest(*values: Any) -> str:
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
