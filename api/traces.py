"""Whether traces are sent to a collector."""

from __future__ import annotations

import os
from importlib import import_module

import structlog

log = structlog.get_logger("traces")

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")


def are_sent() -> bool:
    """Where one of the usual variables names a collector, and what that needs is installed; says so if it is not."""
    endpoint = next((name for name in ENDPOINTS if os.environ.get(name)), None)
    if endpoint is None:
        return False
    try:
        for name in NEEDED:
            import_module(name)
    except ImportError:
        log.warning("traces are not sent: install varve-server[otel]", variable=endpoint)
        return False
    return True
