"""The effective configs of many contexts at once: for a client that asks which of its answers are true still."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field

from api.access import Access, ReadsEffective
from api.deps import AtPosition, Cases, StrictRoute, show
from api.errors import PROBLEM_CODE, refusal_response
from api.json_text import json_text
from api.rest.bodies import Body
from api.rest.effective import GivenAttributes, context_of
from api.rest.effective_answer import QUOTE, Shown, finished, opened_etag
from api.rest.examples import EFFECTIVE, problem_example, responses
from application.assemble import Effective
from application.open_secrets import Opening
from application.resolve_config import Lookup
from application.use_cases import UseCases
from domain.access.roles import Action
from domain.configs.scope import GLOBAL, Context
from domain.errors import InvalidRequest, Refusal
from domain.installation.serving import SETTINGS

router = APIRouter(prefix="/api/runtime-configs", tags=["effective"], route_class=StrictRoute)

MOST_CONTEXTS, MOST_SCOPES = 1000, 10_000  # 45 µs a context, 6 µs a scope that it names
DIGEST = EFFECTIVE["digest"]
ETAG = '"5cf3b5f5d0c8e9c4a1f6e0a7d2b34c18"'
ASKED: dict[str, Any] = {
    "environment": "production",
    "contexts": [
        {"user_id": "u-1", "collection_id": "c-9", "digest": DIGEST},
        {"user_id": "u-2", "etag": ETAG},
    ],
    "config_types": ["chunking"],
}
ANSWERED = {
    "items": [{**EFFECTIVE, "etag": ETAG}, {"unchanged": True}, {"problem": problem_example(404)}],
    "position": 1042,
    "epoch": 1,
    "log": "3f1c6f0e-58a4-4e0e-8a53-0b4c7f2f0b9e",
}


class ContextBody(Body):
    """A context, and what the caller holds for it."""

    user_id: str | None = None
    collection_id: str | None = None
    collection_ids: list[str] = Field([], max_length=50)
    scopes: list[str] = Field([], max_length=50, description="Further scopes as kind:id.")
    attributes: GivenAttributes = Field(default_factory=dict)
    digest: str | None = Field(None, description="Of the answer that is held: it covers the values.")
    etag: str | None = Field(None, description="Of the answer that is held: it covers all but the position.")

    def context(self, cases: UseCases, environment: str) -> Context:
        collections = ([] if self.collection_id is None else [self.collection_id]) + self.collection_ids
        return context_of(cases, environment, self.user_id, collections, self.scopes, self.attributes)


class BatchBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [ASKED]})

    environment: str | None = Field(None, description="The default environment where it is not named.")
    contexts: list[ContextBody] = Field(max_length=MOST_CONTEXTS)
    config_types: list[str] = Field([], max_length=500, description="Only these types; all where none is named.")
    layers: bool = Field(False, description="Give, for each type, the document of each layer without those above it.")
    secrets: bool = Field(False, description="Give secrets in plain text.")


@router.post(
    "/effective",
    operation_id="effective_of_each",
    dependencies=[AtPosition],
    responses=responses(400, 404, 409, 413, 415, 503, ok={200: ("For each context, in order.", ANSWERED)}),
)
def effective_of_each(request: Request, body: BatchBody, cases: Cases, access: ReadsEffective) -> Response:
    """For each context `{"unchanged": true}` where what is held is true still, otherwise the effective configs.

    A context that is refused has its `problem` in its place. All are true at one position.
    """
    environment = cases.default_environment if body.environment is None else body.environment
    actions = [Action.READ_EFFECTIVE, *([Action.READ_SECRETS] if body.secrets else [])]
    for action in actions:
        access.to(environment, GLOBAL, action=action)
    contexts = [admitted(one, cases, access, environment, actions) for one in body.contexts]
    known = [one for one in contexts if isinstance(one, Context)]
    require_few(known)
    lookup = cases.resolve_config.look_up(environment, known, types=body.config_types or None)
    items = Items(cases, lookup, body, cases.open_secrets.of(environment) if body.secrets else None)
    written = [items.item(held, one) for held, one in zip(body.contexts, contexts, strict=True)]
    show(cases, lookup.position)
    if items.refused is not None:
        request.scope["state"][PROBLEM_CODE] = items.refused.code
    return answer_of(written, cases, position=lookup.position, is_open=body.secrets)


def admitted(
    asked: ContextBody, cases: UseCases, access: Access, environment: str, actions: list[Action]
) -> Context | Refusal:
    """The context, or why it cannot be had."""
    try:
        context = asked.context(cases, environment)
        for action in actions:
            access.to_context(context, action=action)
    except Refusal as refusal:
        return refusal
    return context


def require_few(contexts: list[Context]) -> None:
    named = sum(len(context.named) for context in contexts)
    if named > MOST_SCOPES:
        message = f"contexts may name {MOST_SCOPES:,} ids together, and these name {named:,}: ask in parts"
        raise InvalidRequest.at("/contexts", message, "size")


class Items:
    """Writes the items of an answer; `refused` is the last refusal among them."""

    def __init__(self, cases: UseCases, lookup: Lookup, body: BatchBody, opening: Opening | None) -> None:
        self._epoch = cases.store.identity.epoch
        self._lookup = lookup
        self._shown = Shown(layers=body.layers)
        self._opening = opening
        self.refused: Refusal | None = None

    def item(self, held: ContextBody, asked: Context | Refusal) -> bytes:
        try:
            if isinstance(asked, Refusal):
                raise asked
            return self._item(held, asked)
        except Refusal as refusal:
            self.refused = refusal
            return b'{"problem":%b}' % bytes(refusal_response(refusal).body)

    def _item(self, held: ContextBody, context: Context) -> bytes:
        effective = self._lookup.effective(context)
        if held.etag is None and held.digest == effective.digest:
            return unchanged(effective)
        answer = finished(effective, epoch=self._epoch, shown=self._shown)
        etag = answer.etag.decode() if self._opening is None else opened_etag(answer)
        if held.etag is not None and held.etag.strip(QUOTE) == etag.strip(QUOTE):
            return unchanged(effective)
        if self._opening is not None:
            answer = finished(effective, epoch=self._epoch, shown=self._shown, opening=self._opening)
        return b'%b%d%b,"etag":%b}' % (answer.head, answer.position, answer.tail[:-1], json_text(etag))


def unchanged(effective: Effective) -> bytes:
    """A digest covers the values alone, so what is beside them is told again."""
    return b'{"unchanged":true}' if effective.serving == SETTINGS else b'{"unchanged":true,"serving":"defaults"}'


def answer_of(items: list[bytes], cases: UseCases, *, position: int, is_open: bool) -> Response:
    log_id, epoch, _ = cases.store.identity
    about = (b",".join(items), position, epoch, str(log_id).encode())
    content = b'{"items":[%b],"position":%d,"epoch":%d,"log":"%b"}' % about
    headers = {
        "Varve-Position": str(position),
        "Varve-Epoch": str(epoch),
        "Cache-Control": "no-store" if is_open else "no-cache",
    }
    return Response(content, headers=headers, media_type="application/json")
