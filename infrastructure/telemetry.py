"""What the service tells of itself: counters, and logs as JSON lines."""

from __future__ import annotations

import sys
from threading import Lock

import structlog
from prometheus_client import Counter

from domain.configs.resolution import Degradation

KNOWN_CAUSES = 10_000

log = structlog.get_logger("resolution")
HEALED = Counter("varve_healed_total", "Answers from which something had to be dropped.", ["config_type", "rule"])


class Telemetry:
    """Counts each healed answer, and logs each distinct cause once."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._told: set[tuple[object, ...]] = set()

    def healed(self, degradation: Degradation) -> None:
        HEALED.labels(degradation.config_type, degradation.rule).inc()
        cause = (degradation.config_id, degradation.version, degradation.rule, degradation.pointers)
        with self._mutex:
            if cause in self._told:
                return
            if len(self._told) >= KNOWN_CAUSES:
                self._told.clear()
            self._told.add(cause)
        log.warning(
            "a setting was dropped to keep an answer valid",
            config_type=degradation.config_type,
            layer=degradation.layer,
            pointers=list(degradation.pointers),
            rule=degradation.rule,
            config_id=str(degradation.config_id) if degradation.config_id else None,
            version=degradation.version,
        )


def configure_logs(level: str) -> None:
    """Logs as JSON lines on standard error; what a caller sends cannot break a line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is when something is told
        cache_logger_on_first_use=False,
    )
