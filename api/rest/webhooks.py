"""Webhooks: where events are sent."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.access import Access, ManagesWebhooks
from api.answers import command_response, gone_response, json_response
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, leads_to, responses
from application.commands import DryRun, Outcome
from application.manage_webhooks import webhook_id_of
from application.use_cases import UseCases
from domain.times import rfc3339
from domain.webhooks.known import KnownWebhook
from domain.webhooks.signature import KEY_BYTES, secret_of
from domain.webhooks.webhook import OVERLAP_SECONDS, unknown_webhook

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"], route_class=StrictRoute)

NEW: dict[str, Any] = {
    "environment": "production",
    "event_types": ["config.*", "profile.updated"],
    "url": "https://hooks.example.com/varve",
    "template": "cloudevents",
    "description": "rebuilds the index",
}
WEBHOOK = {
    "id": "5f0c8a44-b7be-5a7f-9f6d-0d6f0f3a9b1c",
    **NEW,
    "is_active": True,
    "why_disabled": None,
    "version": 1,
    "created_at": "2026-11-20T10:00:00.000001Z",
    "created_by": "anonymous",
    "updated_at": "2026-11-20T10:00:00.000001Z",
    "updated_by": "anonymous",
    "position": 1042,
}
TOLD = {**WEBHOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw…"}
CREATED = responses(
    *COMMAND_FAULTS, ok={201: ("The webhook; its secret is told this once.", TOLD), 200: ("Dry run.", DRY_RUN)}
)
CREATED[201]["links"] = leads_to("read_webhook", "update_webhook", "delete_webhook", id="$response.body#/id")

Template = Annotated[
    Literal["cloudevents", "slack"], Field(description="cloudevents: the whole event; slack: a line of text.")
]
EventTypes = Annotated[
    list[Annotated[str, Field(max_length=200)]],
    Field(max_length=50, description='Types of events, or their first parts: "config.updated", "config.*", "*".'),
]
Url = Annotated[str, Field(max_length=2000, description="Where to: https, and a public address.")]
Description = Annotated[str | None, Field(max_length=1000)]


class WebhookBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [NEW]})

    environment: str | None = Field(None, description="Whose events; null for all, also those of the installation.")
    event_types: EventTypes
    url: Url
    template: Template = "cloudevents"
    is_active: bool = True
    description: Description = None
    reason: Reason = None


class WebhookChanges(Body):
    """What is left out stays as it is."""

    event_types: EventTypes = Field(default_factory=list)
    url: Url = ""
    template: Template = "cloudevents"
    is_active: bool = True
    description: Description = None
    reason: Reason = None


class RotateBody(Body):
    overlap_seconds: int = Field(
        OVERLAP_SECONDS, ge=0, le=7 * OVERLAP_SECONDS, description="So long the old secret signs too."
    )
    reason: Reason = None


@router.post("", operation_id="create_webhook", status_code=201, responses=CREATED)
def create_webhook(
    body: WebhookBody, cases: Cases, access: ManagesWebhooks, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Send events somewhere from now on. What they are signed with, `secret`, is in this answer and in no other."""
    access.to_webhooks(body.environment)
    command, secret = asked.command(reason=body.reason), new_secret()
    fields = body.model_dump(exclude={"environment", "reason"})
    outcome = cases.manage_webhooks.create(body.environment, fields, secret=secret, command=command, dry_run=dry_run)
    location = {"Location": f"{router.prefix}/{webhook_id_of(command)}"}
    return webhook_response(cases, webhook_id_of(command), outcome, secret=secret, status=201, headers=location)


@router.get(
    "",
    operation_id="list_webhooks",
    dependencies=[AtPosition],
    responses=responses(400, 503, ok={200: ("Every webhook.", {"items": [WEBHOOK], "next": None})}),
)
def list_webhooks(cases: Cases, access: ManagesWebhooks) -> Response:
    """The webhooks of the environments that the caller administers, oldest first; never a secret."""
    access.has_asked = True
    found = cases.catalogs.current().webhooks.values()
    items = [webhook_data(one) for one in found if access.manages_webhooks(one.environment)]
    return json_response({"items": items, "next": None}, cases=cases, position=cases.progress.visible)


@router.get(
    "/{id:uuid}",
    operation_id="read_webhook",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The webhook.", WEBHOOK)}),
)
def read_webhook(id: UUID, cases: Cases, access: ManagesWebhooks) -> Response:  # noqa: A002 -- its name in the address
    """One webhook; never its secret."""
    known = managed(id, cases, access)
    headers = {"ETag": f'"{known.version}"'}
    return json_response(webhook_data(known), cases=cases, position=cases.progress.visible, headers=headers)


@router.put(
    "/{id:uuid}",
    operation_id="update_webhook",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The webhook as it is now.", WEBHOOK)}),
)
def update_webhook(
    id: UUID,  # noqa: A002 -- its name in the address
    body: WebhookChanges,
    cases: Cases,
    access: ManagesWebhooks,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Change a webhook, or switch it off and on. What happens while it is off is not sent later."""
    managed(id, cases, access)
    changes = body.model_dump(include=body.model_fields_set - {"reason"})
    command = asked.command(reason=body.reason)
    outcome = cases.manage_webhooks.revise(id, changes, command=command, expected_version=expected, dry_run=dry_run)
    return webhook_response(cases, id, outcome)


@router.delete(
    "/{id:uuid}",
    operation_id="delete_webhook",
    status_code=204,
    responses=responses(*COMMAND_FAULTS, ok={200: ("Dry run.", DRY_RUN)}, empty={204: "It is gone."}),
)
def delete_webhook(
    id: UUID,  # noqa: A002 -- its name in the address
    cases: Cases,
    access: ManagesWebhooks,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
    reason: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Delete a webhook. What still waits to be sent there is not sent."""
    managed(id, cases, access)
    command = asked.command(reason=reason)
    outcome = cases.manage_webhooks.delete(id, command=command, expected_version=expected, dry_run=dry_run)
    return gone_response(outcome, cases=cases)


@router.post(
    "/{id:uuid}/rotate-secret",
    operation_id="rotate_webhook_secret",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The webhook; its new secret is told this once.", TOLD)}),
)
def rotate_webhook_secret(
    id: UUID,  # noqa: A002 -- its name in the address
    body: RotateBody,
    cases: Cases,
    access: ManagesWebhooks,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Sign with a new secret. For a day, or as long as is asked for, each delivery carries both signatures."""
    managed(id, cases, access)
    command, secret = asked.command(reason=body.reason), new_secret()
    until_us = cases.store.now_us() + body.overlap_seconds * 1_000_000
    rotate = cases.manage_webhooks.rotate
    outcome = rotate(id, secret=secret, old_until_us=until_us, command=command, dry_run=dry_run)
    return webhook_response(cases, id, outcome, secret=secret)


def managed(id_: UUID, cases: UseCases, access: Access) -> KnownWebhook:
    """A webhook that the caller administers. Raises NotFound for any other."""
    access.has_asked = True
    known = cases.catalogs.current().webhooks.get(id_.hex)
    if known is None or not access.manages_webhooks(known.environment):
        raise unknown_webhook(id_)
    return known


def new_secret() -> str:
    return secret_of(os.urandom(KEY_BYTES))


def webhook_response(
    cases: UseCases,
    id_: UUID,
    outcome: Outcome | DryRun,
    *,
    secret: str | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """The webhook as the commit left it; a new secret is told the first time alone."""

    def content(outcome: Outcome) -> dict[str, Any]:
        told = {} if secret is None else {"secret": None if outcome.repeated else secret}
        return {**webhook_data(cases.catalogs.as_of(outcome.position).webhooks[id_.hex]), **told}

    unkept = {} if secret is None else {"Cache-Control": "no-store"}
    return command_response(outcome, content, cases=cases, status=status, headers={**unkept, **(headers or {})})


def webhook_data(known: KnownWebhook) -> dict[str, Any]:
    own = ("environment", "event_types", "url", "template", "description", "is_active", "why_disabled", "version")
    return {
        "id": str(UUID(known.id)),
        **{name: getattr(known, name) for name in own},
        "created_at": rfc3339(known.created_us),
        "created_by": known.created_by,
        "updated_at": rfc3339(known.updated_us),
        "updated_by": known.updated_by,
        "position": known.position,
    }
