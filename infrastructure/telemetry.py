"""What the use cases count: commands, glass that was broken, resolutions, and answers that had to be healed."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from domain.configs.resolution import Degradation

KNOWN_CAUSES = 10_000
RESOLUTION_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

log = structlog.get_logger("resolution")


class Telemetry:
    """Logs each distinct cause of a healed answer once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._healed = Counter(
            "varve_healed",
            "Resolutions from which something had to be dropped to keep them valid.",
            ["config_type", "rule"],
            registry=registry,
        )
        self._resolutions = Histogram(
            "varve_resolution_duration_seconds",
            "How long it took to make an effective answer that was not kept.",
            ["moment"],
            buckets=RESOLUTION_SECONDS,
            registry=registry,
        )
        self._commands = Counter(
            "varve_commands",
            "Commands, by what became of them: recorded, unchanged, repeated, or the code of the refusal.",
            ["operation", "result"],
            registry=registry,
        )
        self._broken_glass = Counter(
            "varve_glass_broken",
            "Changes that an admin made although an environment did not let them through.",
            ["environment"],
            registry=registry,
        )
        self._mutex = Lock()
        self._told: set[tuple[object, ...]] = set()

    def command(self, operation: str, *, result: str) -> None:
        self._commands.labels(operation, result).inc()

    def glass_broken(self, environment: str, *, gates: Sequence[str], actor: str, reason: str) -> None:
        log.warning("the glass was broken", environment=environment, gates=list(gates), actor=actor, reason=reason)
        self._broken_glass.labels(environment).inc()

    def resolved(self, seconds: float, *, past: bool) -> None:
        self._resolutions.labels("past" if past else "now").observe(seconds)

    def healed(self, degradation: Degradation) -> None:
        self._healed.labels(degradation.config_type, degradation.rule).inc()
        if self._is_new((degradation.config_id, degradation.version, degradation.rule, degradation.pointers)):
            log.warning(
                "a setting was dropped to keep an answer valid",
                config_type=degradation.config_type,
                layer=degradation.layer,
                pointers=list(degradation.pointers),
                rule=degradation.rule,
                config_id=str(degradation.config_id) if degradation.config_id else None,
                version=degradation.version,
            )

    def _is_new(self, cause: tuple[object, ...]) -> bool:
        with self._mutex:
            if cause in self._told:
                return False
            if len(self._told) >= KNOWN_CAUSES:
                self._told.clear()
            self._told.add(cause)
            return True
