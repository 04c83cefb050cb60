"""Traces, as a collector gets them from a server."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.faults.server import Server

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CONFIG = {"config_type": "chunking", "name": "one", "config_data": {}}
WITHIN_SECONDS = 20


class Collector(ThreadingHTTPServer):
    """Takes spans over OTLP, on loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.spans: list[Any] = []

    def named(self, name: str) -> Any:
        """The span of our trace with that name, once it has come."""
        deadline = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < deadline:
            for span in list(self.spans):
                if span.name == name and span.trace_id.hex() == TRACE:
                    return span
            time.sleep(0.05)
        raise AssertionError(f"no span {name} among {[span.name for span in self.spans]}")


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        request = ExportTraceServiceRequest.FromString(plain)
        self.server.spans += [s for r in request.resource_spans for part in r.scope_spans for s in part.spans]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
def test_a_command_is_a_trace_with_its_commit_and_the_moment_it_shows(
    tmp_path: Path, collector: Collector, variable: str
) -> None:
    address = f"http://127.0.0.1:{collector.server_port}{'/v1/traces' if 'TRACES' in variable else ''}"
    environment = {variable: address, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with Server(f"sqlite:///{tmp_path / 'varve.db'}", environment=environment) as server:
        url = f"{server.address}/api/runtime-configs/"
        sent = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        answer = httpx.post(url, json=CONFIG, headers=sent, trust_env=False)
        httpx.get(f"{server.address}/health/live", trust_env=False)
        request = collector.named("POST /api/runtime-configs/")
        commit, visible = collector.named("varve.commit"), collector.named("varve.visible")
    assert answer.headers["X-Request-Id"] == TRACE
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, PARENT)
    assert attributes(request)["http.response.status_code"] == 201
    for span in (commit, visible):
        assert (span.trace_id, span.parent_span_id) == (request.trace_id, request.span_id)
        assert attributes(span)["varve.position"] == int(answer.headers["Varve-Position"])
    assert attributes(commit)["varve.operation"] == "create_config"
    assert commit.end_time_unix_nano <= visible.start_time_unix_nano
    assert [span.name for span in collector.spans if "health" in span.name] == []


STARTED = """
import sys
{before}
from starlette.testclient import TestClient
from api.app import create_app
from api.bootstrap import service
from api.cli import wiring
from api.traces import are_sent
wiring.log_to_stdout("warning")
with TestClient(create_app(lambda: service("memory:", variables={{}}), is_traced=are_sent())) as client:
    assert client.get("/api/ladder").status_code == 200
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))])
"""


def started(before: str = "", **environment: str) -> list[str]:
    bare = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    command = [sys.executable, "-c", STARTED.format(before=before)]
    how = {"env": {**bare, **environment}, "capture_output": True, "text": True}
    return subprocess.run(command, check=True, **how).stdout.splitlines()  # type: ignore[call-overload]


def test_without_the_variables_nothing_of_it_is_loaded() -> None:
    assert started() == ["[]"]


def test_without_the_extra_a_server_serves_and_says_what_is_missing() -> None:
    absent = "sys.modules.update(dict.fromkeys(['opentelemetry.sdk', 'opentelemetry.exporter']))"
    warning, _ = started(absent, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert '"level": "warning"' in warning
    assert "varve-server[otel]" in warning
