"""Where events are sent, and what they are signed with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, DomainEvent
from domain.documents import Document
from domain.errors import Conflict, NotFound, StaleVersion
from domain.stamp import Stamp

SECRET_AT = "/secret"  # noqa: S105 -- the pointer that a secret is sealed for
REVISABLE = ("event_types", "url", "template", "is_active", "description")
OVERLAP_SECONDS = 86_400
"""How long the secret of before goes on to sign, beside the new one."""


class WebhookEvent(DomainEvent):
    """What all of its events say: the environment whose events are sent; None for every one's."""

    environment: str | None = None


class Webhook(Aggregate):
    """The aggregate. Its secrets are envelopes; its version is the number of its events."""

    TOPIC = "webhook"

    class Created(WebhookEvent):
        TOPIC = "webhook.created"
        event_types: list[str]
        url: str
        template: str
        is_active: bool
        description: str | None = None
        secret: Document

        def apply(self, aggregate: Webhook) -> None:
            aggregate.exists, aggregate.environment, aggregate.secret = True, self.environment, self.secret
            aggregate.take(self)

    class Revised(WebhookEvent):
        TOPIC = "webhook.revised"
        event_types: list[str]
        url: str
        template: str
        is_active: bool
        description: str | None = None

        def apply(self, aggregate: Webhook) -> None:
            aggregate.take(self)

    class SecretRotated(WebhookEvent):
        TOPIC = "webhook.secret_rotated"
        secret: Document
        old_until_us: int  # the secret of before signs too, until then

        def apply(self, aggregate: Webhook) -> None:
            aggregate.old_secret, aggregate.old_until_us = aggregate.secret, self.old_until_us
            aggregate.secret = self.secret

    class Disabled(WebhookEvent):
        TOPIC = "webhook.disabled"
        why: str

        def apply(self, aggregate: Webhook) -> None:
            aggregate.is_active = False

    class Deleted(WebhookEvent):
        TOPIC = "webhook.deleted"

        def apply(self, aggregate: Webhook) -> None:
            aggregate.exists = False

    environment: str | None
    event_types: Sequence[str]
    url: str
    template: str
    is_active: bool
    description: str | None
    secret: Document
    old_secret: Document | None
    old_until_us: int

    def start(self) -> None:
        self.exists, self.old_secret, self.old_until_us = False, None, 0

    def take(self, event: Webhook.Created | Webhook.Revised) -> None:
        """What both events carry."""
        for name in REVISABLE:
            setattr(self, name, getattr(event, name))

    def require(self, *, version: int | None = None) -> None:
        """Raises NotFound for a webhook that was deleted, or never was; StaleVersion where it is at another version."""
        if not self.exists:
            raise unknown_webhook(self.id)
        if version is not None and version != self.version:
            message = f"this webhook is at version {self.version}, and If-Match names {version}: read it again"
            raise StaleVersion(message)

    def create(self, *, environment: str | None, secret: Document, stamp: Stamp, **fields: Any) -> None:
        """With all of REVISABLE. Raises Conflict."""
        if self.version:
            raise Conflict("this webhook has been created: take a new Idempotency-Key for another")
        self.record(Webhook.Created, stamp=stamp, environment=environment, secret=secret, **fields)

    def revise(self, *, stamp: Stamp, **changes: Any) -> None:
        """Change some of REVISABLE; what equals the present records nothing."""
        fields = {name: changes.get(name, getattr(self, name)) for name in REVISABLE}
        if any(value != getattr(self, name) for name, value in fields.items()):
            self.record(Webhook.Revised, stamp=stamp, environment=self.environment, **fields)

    def rotate(self, secret: Document, *, old_until_us: int, stamp: Stamp) -> None:
        facts = {"secret": secret, "old_until_us": old_until_us}
        self.record(Webhook.SecretRotated, stamp=stamp, environment=self.environment, **facts)

    def disable(self, *, why: str, stamp: Stamp) -> None:
        """One that is switched off already records nothing."""
        if self.is_active:
            self.record(Webhook.Disabled, stamp=stamp, environment=self.environment, why=why)

    def delete(self, *, stamp: Stamp) -> None:
        self.record(Webhook.Deleted, stamp=stamp, environment=self.environment)


def unknown_webhook(webhook_id: UUID) -> NotFound:
    return NotFound(f"there is no webhook {webhook_id}: GET /api/webhooks lists what there is")
