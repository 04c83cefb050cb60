"""`python -m examples.rag`: the application as a small HTTP service. It asks Varve at VARVE_URL."""

from __future__ import annotations

import argparse
import json
import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import varve
from examples.rag.answering import DEFAULTS, Answer, Answering


class Door(BaseHTTPRequestHandler):
    """`GET /ask?q=…&user=…&collection=…`."""

    answering: Answering

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if not asked.get("q"):
            self._send(400, "ask something: /ask?q=What is a varve?\n")
            return
        found = self.answering.answer(asked["q"], user=asked.get("user"), collection=asked.get("collection"))
        self._send(200, as_text(found))

    def _send(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """What is worth a line is told by Varve's client."""


def as_text(found: Answer) -> str:
    layers = ", ".join(f"{name} from {layer}" for name, layer in found.settings.items())
    return f"{found.text}\n\nmodel: {found.model}\nsources: {', '.join(found.sources)}\nsettings: {layers}\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.rag", description=__doc__)
    parser.add_argument("--port", type=int, default=8100, help="0 takes a free one")
    port = parser.parse_args().port
    logging.basicConfig(format="%(name)s: %(message)s")
    with (
        varve.Client(defaults=DEFAULTS) as client,
        ThreadingHTTPServer(("127.0.0.1", port), Door) as server,
    ):
        Door.answering = Answering(client)
        print(json.dumps({"address": f"http://127.0.0.1:{server.server_port}"}), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
