"""A webhook as it is looked up: without its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.webhooks.event_types import matches
from domain.webhooks.webhook import REVISABLE, Webhook


@dataclass(frozen=True, slots=True)
class KnownWebhook:
    """`id` is 32 hex digits. Times are microseconds since the epoch."""

    id: str
    environment: str | None
    event_types: tuple[str, ...]
    url: str
    template: str
    is_active: bool
    description: str | None
    version: int
    created_us: int
    created_by: str
    created_position: int
    updated_us: int
    updated_by: str
    position: int
    why_disabled: str | None = None

    def takes(self, topic: str, *, environment: str | None, position: int) -> bool:
        """Whether an event is sent there: nothing from before it was created, and from no environment but its own."""
        return (
            self.is_active
            and position > self.created_position
            and self.environment in (None, environment)
            and matches(self.event_types, topic)
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of the recording of an event."""

    version: int
    position: int
    recorded_us: int
    actor: str


def known_webhook(
    topic: str, webhook_id: str, *, body: Mapping[str, Any], mark: Mark, before: KnownWebhook | None
) -> KnownWebhook | None:
    """The webhook after this event; None where that deleted it."""
    if topic == Webhook.Deleted.TOPIC:
        return None
    now: dict[str, Any] = {
        "version": mark.version,
        "updated_us": mark.recorded_us,
        "updated_by": mark.actor,
        "position": mark.position,
    }
    if before is None:
        created: dict[str, Any] = {
            "created_us": mark.recorded_us,
            "created_by": mark.actor,
            "created_position": mark.position,
        }
        return KnownWebhook(webhook_id, body.get("environment"), **_fields(body), **created, **now)
    if topic == Webhook.Revised.TOPIC:
        fields = _fields(body)
        now |= {**fields, "why_disabled": None if fields["is_active"] else before.why_disabled}
    elif topic == Webhook.Disabled.TOPIC:
        now |= {"is_active": False, "why_disabled": body["why"]}
    return replace(before, **now)


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: body.get(name) for name in REVISABLE}, "event_types": tuple(body["event_types"])}
