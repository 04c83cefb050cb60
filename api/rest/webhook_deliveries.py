"""What was sent to webhooks, what waits, and what was given up."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access import ManagesWebhooks, Operates
from api.answers import json_response
from api.deps import AtPosition, Cases, StrictRoute
from api.rest.bodies import Body
from api.rest.examples import responses
from api.rest.webhooks import managed
from application.use_cases import UseCases
from application.webhook_outbox import Delivery, Kept, State
from domain.errors import InvalidRequest
from domain.times import rfc3339

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"], route_class=StrictRoute)

DELIVERY = {
    "id": "9a0c8a44-b7be-5a7f-9f6d-0d6f0f3a9b1c",
    "webhook_id": "5f0c8a44-b7be-5a7f-9f6d-0d6f0f3a9b1c",
    "position": 1042,
    "event_type": "config.updated",
    "subject": "0b9e8a52-6f0e-5d0a-9a53-0f7c2f0f7b11",
    "state": "waiting",
    "attempts": 2,
    "created_at": "2026-11-20T10:00:00.000001Z",
    "due_at": "2026-11-20T10:05:05.000001Z",
    "attempted_at": "2026-11-20T10:00:05.000001Z",
    "status": 503,
    "answer": "come again later",
}
TESTED = {"is_delivered": True, "status": 200, "answer": "ok", "seconds": 0.12}
STANDING = {"is_paused": False, "position": 1042, "head": 1042, "waiting": 0, "oldest_waiting_at": None}
NUMBER = re.compile(r"[0-9]{1,18}")


class ResumeBody(Body):
    after: int | None = Field(
        None, ge=0, lt=2**63, description="Send what lies beyond this position; without it, only what is to come."
    )


@router.get(
    "/status",
    operation_id="webhook_status",
    responses=responses(400, 503, ok={200: ("How far the log was looked through, and what waits.", STANDING)}),
)
def webhook_status(cases: Cases, access: ManagesWebhooks) -> Response:
    """How deliveries stand. After a restore they are paused until an operator resumes them."""
    access.has_asked = True
    return standing_response(cases, cases.deliver_webhooks.standing())


@router.post(
    "/resume",
    operation_id="resume_webhooks",
    responses=responses(400, 413, 415, 503, ok={200: ("How deliveries stand now.", STANDING)}),
)
def resume_webhooks(body: ResumeBody, cases: Cases, access: Operates) -> Response:
    """Go on after a restore. What waited since before is given up: at its positions there may be other events now."""
    access.to_installation()
    return standing_response(cases, cases.deliver_webhooks.resume(after=body.after))


@router.post(
    "/{id:uuid}/test",
    operation_id="test_webhook",
    responses=responses(400, 404, 413, 415, 503, ok={200: ("What the receiver answered.", TESTED)}),
)
def test_webhook(id: UUID, cases: Cases, access: ManagesWebhooks) -> Response:  # noqa: A002 -- its name in the address
    """Send an event of the type `webhook.test` now, once, also where the webhook is switched off."""
    answered = cases.deliver_webhooks.test(managed(id, cases, access))
    content = {
        "is_delivered": answered.is_taken,
        "status": answered.status,
        "answer": answered.text,
        "seconds": round(answered.seconds, 3),
    }
    return json_response(content, cases=cases, position=cases.progress.visible)


@router.get(
    "/{id:uuid}/deliveries",
    operation_id="list_deliveries",
    dependencies=[AtPosition],
    responses=responses(
        400, 404, 503, ok={200: ("A page of deliveries, the newest first.", {"items": [DELIVERY], "next": "417"})}
    ),
)
def list_deliveries(
    request: Request,
    id: UUID,  # noqa: A002 -- its name in the address
    cases: Cases,
    access: ManagesWebhooks,
    state: Annotated[State | None, Query(description="Only those that wait, were delivered, or were given up.")] = None,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """The deliveries to a webhook, each with what its receiver answered last; `dead` ones were given up."""
    managed(id, cases, access)
    if cursor is not None and not NUMBER.fullmatch(cursor):
        raise InvalidRequest.at("/cursor", "cursor is the `next` of a page before: take it as it is", "cursor")
    before = None if cursor is None else int(cursor)
    found = cases.outbox.page(id.hex, state=state, before=before, limit=limit + 1)
    following = str(found[limit - 1].number) if len(found) > limit else None
    headers = {}
    if following:
        url = request.url.include_query_params(cursor=following)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    content = {"items": [delivery_data(one) for one in found[:limit]], "next": following}
    return json_response(content, cases=cases, position=cases.progress.visible, headers=headers)


@router.post(
    "/{id:uuid}/deliveries/{delivery_id:uuid}/redeliver",
    operation_id="redeliver",
    status_code=202,
    responses=responses(400, 404, 409, 413, 415, 503, ok={202: ("It is sent at once.", DELIVERY)}),
)
def redeliver(
    id: UUID,  # noqa: A002 -- its name in the address
    delivery_id: UUID,
    cases: Cases,
    access: ManagesWebhooks,
) -> Response:
    """Send a delivery again, with the id that it had, whether it was given up, was delivered or waits."""
    again = cases.deliver_webhooks.send_again(managed(id, cases, access), delivery_id.hex)
    return json_response(delivery_data(again), cases=cases, position=cases.progress.visible, status=202)


def standing_response(cases: UseCases, kept: Kept) -> Response:
    newest, backlog = cases.store.newest(), cases.outbox.backlog()
    content = {
        "is_paused": kept.is_paused,
        "position": kept.position,
        "head": newest.last if newest else 0,
        "waiting": backlog.waiting,
        "oldest_waiting_at": None if backlog.oldest_us is None else rfc3339(backlog.oldest_us),
    }
    return json_response(content, cases=cases, position=cases.progress.visible)


def delivery_data(one: Delivery) -> dict[str, Any]:
    own = ("position", "event_type", "state", "attempts", "status", "answer")
    times = {"created_at": one.created_us, "due_at": one.due_us, "attempted_at": one.attempted_us}
    return {
        "id": str(UUID(one.id)),
        "webhook_id": str(UUID(one.webhook)),
        "subject": str(UUID(one.subject)),
        **{name: getattr(one, name) for name in own},
        **{name: None if at is None else rfc3339(at) for name, at in times.items()},
    }
