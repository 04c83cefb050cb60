"""A receiver of webhooks, over HTTPS by an authority of its own."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import trustme

Answer = tuple[int, Mapping[str, str], Iterable[bytes]]
Heard = tuple[Mapping[str, str], bytes]
"""The headers, in lower case, and the body."""


@dataclass
class Receiver:
    """What was heard, in its order. `answers` says what is answered, by number; by default each is taken."""

    port: int
    ca_file: Path
    heard: list[Heard] = field(default_factory=list)
    answers: Callable[[int], Answer] = lambda _: (204, {}, [])

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/hook?token=1"

    def hears(self, count: int, *, seconds: float = 30.0) -> list[Heard]:
        """What was heard, once it is so much."""
        deadline = time.monotonic() + seconds
        while len(self.heard) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.heard) >= count, f"{len(self.heard)} of {count} were heard"
        return self.heard


class Handler(BaseHTTPRequestHandler):
    """One request a connection."""

    server: Listening

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        receiver.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status, headers, answer = receiver.answers(len(receiver.heard))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        for part in answer:
            self.wfile.write(part)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: Any) -> None:
        """Not told."""


class Listening(ThreadingHTTPServer):
    """The handshake is made in the thread of the connection, so that one that stalls holds up no other."""

    receiver: Receiver
    tls: ssl.SSLContext
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def finish_request(self, request: Any, client_address: Any) -> None:
        with self.tls.wrap_socket(request, server_side=True) as wrapped:
            self.RequestHandlerClass(wrapped, client_address, self)

    def handle_error(self, *_: Any) -> None:
        """A sender that goes away is none of its business."""


def listening(receiver: Receiver, tls: ssl.SSLContext) -> Listening:
    """A server at the receiver's port, in a thread of its own; `shutdown` and `server_close` end it."""
    server = Listening(("127.0.0.1", receiver.port), Handler)
    server.receiver, server.tls = receiver, tls
    receiver.port = server.server_port
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def known_by(ca_file: Path, *, name: str = "localhost") -> ssl.SSLContext:
    """Makes an authority, which goes into the file, and what it knows a server of this name by."""
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert(name).configure_cert(tls)
    return tls


@contextmanager
def receiving(folder: Path, *, name: str = "localhost") -> Iterator[Receiver]:
    receiver = Receiver(0, folder / "authority.pem")
    server = listening(receiver, known_by(receiver.ca_file, name=name))
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
