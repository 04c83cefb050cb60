"""Whether an answer is what the log makes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import orjson
from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.access import Access, ReadsLog
from api.answers import json_response
from api.deps import Cases, StrictRoute
from api.json_text import json_text
from api.rest.bodies import Body
from api.rest.compare import ContextBody, WhoBody, context_data
from api.rest.effective_answer import Shown, finished
from api.rest.examples import EFFECTIVE, responses
from application.audit import Audited, Judged, Receipt
from application.use_cases import UseCases
from domain.errors import InvalidRequest

router = APIRouter(prefix="/api/audits", tags=["audit"], route_class=StrictRoute)

MOST_RECEIPTS = 1000
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
REPLAYED = {
    "environment": "production",
    "user_id": "u-1",
    "collection_ids": ["c-9"],
    "scopes": [],
    "attributes": {},
    "position": 1042,
    "as_of": "2026-11-20T10:00:00.000001Z",
    "final": True,
    "equal": True,
    "replayed_digest": DIGEST,
    "view_digest": DIGEST,
    "events_read": 1042,
    "effective": EFFECTIVE,
}
RECEIPT = {"position": 1042, "digest": DIGEST, "verdict": "genuine", "replayed_digest": DIGEST, "reason": None}


class ReplayBody(ContextBody):
    config_types: list[str] = Field([], max_length=500)
    explain: bool = Field(False, description="Add the replayed answer, with the source of each field.")
    all: bool = Field(
        False, description="Everybody and each scope that ever had a config, of the environment; or of every one."
    )


class ReceiptBody(WhoBody):
    """What was kept of an effective answer; `config_types` as they were asked for."""

    config_types: list[str] = Field([], max_length=500)
    position: int = Field(ge=0, lt=2**63)
    epoch: int | None = Field(None, ge=1, lt=2**31)
    digest: str = Field(pattern="^[0-9a-f]{64}$")

    def receipt(self, cases: UseCases) -> Receipt:
        return Receipt(self.context(cases), tuple(self.config_types) or None, self.position, self.epoch, self.digest)


class ReceiptsBody(Body):
    receipts: list[ReceiptBody] = Field(max_length=MOST_RECEIPTS)


@router.post(
    "/replay",
    operation_id="audit_replay",
    responses=responses(
        400, 404, 413, 415, 503, ok={200: ("Replay beside the views (`all`: under `items`).", REPLAYED)}
    ),
)
def audit_replay(body: ReplayBody, cases: Cases, access: ReadsLog) -> Response:
    """Resolve by replaying raw events up to a moment, with no view involved, and compare with the views' answer."""
    _require_seen(access, body, cases)
    types, epoch = body.config_types or None, cases.store.identity.epoch
    named = body.as_of is not None or body.position is not None
    moment = body.moment(cases)
    if not body.all:
        audited = cases.audit.replay(body.context(cases), moment=moment if named else None, types=types)
        return json_response(
            audited_data(audited, epoch=epoch, explain=body.explain), cases=cases, position=audited.replayed.position
        )
    if (
        body.user_id is not None
        or body.collection_id is not None
        or body.collection_ids
        or body.scopes
        or body.attributes
    ):
        message = "all is for everybody: leave user, collections, scopes and attributes out"
        raise InvalidRequest.at("/all", message, "all")
    found = cases.audit.replay_all(moment=moment, environment=body.environment, types=types)
    headers = {"Varve-Position": str(moment.position), "Varve-Epoch": str(epoch)}
    items = listed(found, position=moment.position, epoch=epoch, explain=body.explain)
    first = next(items)  # the replay is done here, and refused here
    return StreamingResponse(chain((first,), items), headers=headers, media_type="application/json")


def _require_seen(access: Access, body: ReplayBody, cases: UseCases) -> None:
    if not body.all:
        access.to_context(body.context(cases))
    elif body.environment is not None:
        access.to(body.environment)
    else:
        access.to_all()


def listed(found: Iterator[Audited], *, position: int, epoch: int, explain: bool) -> Iterator[bytes]:
    """An object of `items`, a piece at a time: there may be as many as there are users."""
    equal, events, separator = True, 0, b'{"items":['
    for audited in found:
        yield separator + json_text(audited_data(audited, epoch=epoch, explain=explain))
        equal, events, separator = equal and audited.equal, audited.events_read, b","
    yield (b'{"items":[' if separator != b"," else b"") + b"],"
    yield json_text({"equal": equal, "position": position, "events_read": events})[1:]


def audited_data(audited: Audited, *, epoch: int, explain: bool) -> dict[str, Any]:
    moment = audited.viewed.moment
    found: dict[str, Any] = {
        **context_data(audited.replayed.context),
        "position": audited.replayed.position,
        "as_of": moment.as_of if moment else None,
        "final": moment.final if moment else True,
        "equal": audited.equal,
        "replayed_digest": audited.replayed.digest,
        "view_digest": audited.viewed.digest,
        "events_read": audited.events_read,
    }
    if explain:
        answer = finished(audited.replayed, epoch=epoch, shown=Shown(explain=True))
        found["effective"] = orjson.Fragment(answer.head + str(answer.position).encode() + answer.tail)
    return found


@router.post(
    "/receipts",
    operation_id="audit_receipts",
    responses=responses(400, 413, 415, 503, ok={200: ("A verdict on each, in order.", {"items": [RECEIPT]})}),
)
def audit_receipts(body: ReceiptsBody, cases: Cases, access: ReadsLog) -> Response:
    """Say for each receipt (context, position, digest) whether the digest is what replay gives.

    The verdict is `genuine`, `other`, or `unknown`, which comes with the reason.
    """
    access.to_installation()
    for one in body.receipts:
        access.to_context(one.context(cases))
    judged = cases.audit.judge([one.receipt(cases) for one in body.receipts])
    content = {"items": [judged_data(one) for one in judged]}
    return json_response(content, cases=cases, position=cases.progress.visible)


def judged_data(one: Judged) -> dict[str, Any]:
    return {
        "position": one.receipt.position,
        "digest": one.receipt.digest,
        "verdict": one.verdict,
        "replayed_digest": one.replayed_digest,
        "reason": one.reason,
    }
