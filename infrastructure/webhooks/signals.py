"""Implements `DeliverySignals`: counts for Prometheus, and lines in the log."""

from __future__ import annotations

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from application.webhook_outbox import Attempted, Backlog

log = structlog.get_logger("webhooks")


class LoggedDeliveries:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "varve_webhook_attempts",
            "Attempts at deliveries to webhooks; the state is what the delivery is in after it.",
            ["state"],
            registry=registry,
        )
        self._waiting = Gauge(
            "varve_webhook_waiting", "Deliveries that wait to be sent, or to be sent again.", registry=registry
        )
        self._paused = Gauge(
            "varve_webhooks_paused", "Whether a restore has paused deliveries: 1 or 0.", registry=registry
        )
        self._oldest = Gauge(
            "varve_webhook_oldest_waiting_seconds", "How long the oldest of them has waited.", registry=registry
        )

    def attempted(self, one: Attempted) -> None:
        self._attempts.labels(one.state).inc()
        if one.state != "dead":
            return
        event = one.delivery
        told = {"webhook": event.webhook, "delivery": event.id, "position": event.position, "type": event.event_type}
        log.warning("a delivery was given up", **told, status=one.answered.status, answer=one.answered.text)

    def disabled(self, webhook: str, *, why: str, problem: str | None) -> None:
        if problem is None:
            log.warning("a webhook was switched off", webhook=webhook, why=why)
        else:
            log.error("a webhook cannot be switched off", webhook=webhook, why=why, problem=problem)

    def standing(self, found: Backlog, *, is_paused: bool, now_us: int) -> None:
        self._paused.set(is_paused)
        self._waiting.set(found.waiting)
        self._oldest.set(0 if found.oldest_us is None else max(0, now_us - found.oldest_us) / 1_000_000)
