"""The effective configs of a context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.access import Access, ReadsEffective
from api.answers import matches
from api.deps import AskedMoment, AtPosition, Cases, MomentAsked, StrictRoute, show
from api.rest.change_set_shapes import allowed
from api.rest.effective_answer import Shown, finished, opened_etag
from api.rest.examples import EFFECTIVE, responses
from application.assemble import Effective
from application.ports import Answer
from application.use_cases import UseCases
from domain.access.roles import Action
from domain.configs.attributes import parsed_attributes
from domain.configs.scope import Context, Scope
from domain.errors import InvalidRequest

router = APIRouter(prefix="/api/runtime-configs", tags=["effective"], route_class=StrictRoute)

NOW = AskedMoment(None, None, preview=False)
RESPONSES = responses(
    400, 404, 409, 503, ok={200: ("The effective configs.", EFFECTIVE)}, empty={304: "Unchanged since it was read."}
)

ATTRIBUTE = "NAME=VALUE, for whom experiments are: a number, true, false or a text. May repeat."
GivenAttributes = Annotated[
    dict[str, Any], Field(default_factory=dict, description="Texts, numbers, true or false, by name.")
]
Environment = Annotated[str | None, Query(description="The default environment where it is not named.")]
Collections = Annotated[list[str], Query(max_length=50, description="May repeat; the first named is the strongest.")]
Scopes = Annotated[list[str], Query(max_length=50, description="Further scopes as kind:id.")]
Types = Annotated[list[str], Query(max_length=500, description="Only these types; all where none is named.")]
Secrets = Annotated[bool, Query(description="Give secrets in plain text, in an answer that nothing keeps.")]
Told = Annotated[list[str], Query(alias="attribute", max_length=50, description=ATTRIBUTE)]
Layers = Annotated[bool, Query(description="Give, for each type, the document of each layer without those above it.")]
Would = Annotated[UUID | None, Query(description="As if this change set were published now.")]
Explain = Annotated[bool, Query(description="Tell for each field who gave it, when and why, and what it hides.")]


@router.get("/effective", operation_id="effective_without_user", dependencies=[AtPosition], responses=RESPONSES)
def effective_without_user(
    request: Request,
    cases: Cases,
    access: ReadsEffective,
    asked: MomentAsked,
    environment: Environment = None,
    collection_id: Collections = [],
    scope: Scopes = [],
    attribute: Told = [],
    config_types: Types = [],
    user_id: str | None = None,
    explain: Explain = False,
    layers: Layers = False,
    secrets: Secrets = False,
    change_set: Would = None,
) -> Response:
    """The effective configs of a context in which no user is known, or only by `user_id`."""
    context = context_of(cases, environment, user_id, collection_id, scope, parsed_attributes(attribute))
    shown = Shown(explain, layers)
    if change_set is not None:
        if secrets or asked != NOW:
            raise InvalidRequest.at(
                "/change_set", "change_set is about now, and shows no secrets: name it alone", "alone"
            )
        return previewed(change_set, cases, access, context, types=config_types, shown=shown)
    answer = answered_open if secrets else answered
    return answer(request, cases, access, context, types=config_types, shown=shown, asked=asked)


# A user's id may hold a slash, which reaches the route decoded.
@router.get(
    "/effective/{user_id:path}", operation_id="effective_of_user", dependencies=[AtPosition], responses=RESPONSES
)
def effective_of_user(
    user_id: str,
    request: Request,
    cases: Cases,
    access: ReadsEffective,
    asked: MomentAsked,
    environment: Environment = None,
    collection_id: Collections = [],
    scope: Scopes = [],
    attribute: Told = [],
    config_types: Types = [],
    explain: Explain = False,
    layers: Layers = False,
    secrets: Secrets = False,
    change_set: Would = None,
) -> Response:
    """The effective configs of a user: every field from the strongest layer that gives it, now or as of a moment.

    `experiments` names the user's variants, `exposed` by type the experiments for which the user counts. While
    applications are to use their own defaults, `serving` beside the configs says `defaults`.
    """
    context = context_of(cases, environment, user_id, collection_id, scope, parsed_attributes(attribute))
    shown = Shown(explain, layers)
    if change_set is not None:
        if secrets or asked != NOW:
            raise InvalidRequest.at(
                "/change_set", "change_set is about now, and shows no secrets: name it alone", "alone"
            )
        return previewed(change_set, cases, access, context, types=config_types, shown=shown)
    answer = answered_open if secrets else answered
    return answer(request, cases, access, context, types=config_types, shown=shown, asked=asked)


def context_of(
    cases: UseCases,
    environment: str | None,
    user_id: str | None,
    collections: list[str],
    scopes: list[str],
    attributes: Mapping[str, object] | None = None,
) -> Context:
    """Raises InvalidRequest for ids and attributes that cannot be."""
    others = [Scope.parse(unquote(text)) for text in scopes]
    return Context.checked(
        cases.default_environment if environment is None else environment,
        user_id=user_id,
        collection_ids=collections,
        scopes=others,
        attributes=attributes,
    )


def require_now(asked: AskedMoment, *, secrets: bool) -> None:
    """Raises InvalidRequest for a preview of the past, or of secrets."""
    if secrets or asked != NOW:
        message = "change_set is about now, and shows no secrets: leave the others out"
        raise InvalidRequest.at("/change_set", message, "alone")


def previewed(
    change_set: UUID, cases: UseCases, access: Access, context: Context, *, types: list[str], shown: Shown
) -> Response:
    """The answer as it would be. Whoever asks must be allowed to read configs, since drafts show them."""
    access.to_context(context, action=Action.READ_CONFIGS)
    allowed(cases.releases.change_sets.find(change_set), access, action=Action.READ_CONFIGS)
    effective = cases.releases.preview.effective(change_set, context, types=types or None)
    answer = finished(effective, epoch=cases.store.identity.epoch, shown=shown)
    headers = {"Varve-Position": str(answer.position), "Varve-Preview": "true", "Cache-Control": "no-store"}
    return Response(_written(answer), headers=headers, media_type="application/json")


def _written(answer: Answer) -> bytes:
    return answer.head + str(answer.position).encode() + answer.tail


def answered(
    request: Request,
    cases: UseCases,
    access: Access,
    context: Context,
    *,
    types: list[str],
    shown: Shown,
    asked: AskedMoment,
) -> Response:
    """The answer, or 304. One for now is kept for the next who asks the same."""
    access.to_context(context, action=shown.action)
    moment = asked.found(cases)
    effective = cases.resolve_config.effective(context, types=types or None, moment=moment)
    answer = finished(effective, epoch=cases.store.identity.epoch, shown=shown)
    if moment is None:
        show(cases, effective.position)
        keep(request, cases, effective, answer)
    headers = {
        "ETag": answer.etag.decode(),
        "Varve-Position": str(answer.position),
        "Varve-Epoch": str(cases.store.identity.epoch),
        "Cache-Control": "no-cache",
    }
    if matches(request, answer.etag.decode()):
        return Response(status_code=304, headers=headers)
    return Response(_written(answer), headers=headers, media_type="application/json")


def answered_open(
    request: Request,
    cases: UseCases,
    access: Access,
    context: Context,
    *,
    types: list[str],
    shown: Shown,
    asked: AskedMoment,
) -> Response:
    """The answer with its secrets in plain text, or 304. Its ETag is made of the other's, and it is never kept."""
    access.to_context(context, action=shown.action)
    access.to_context(context, action=Action.READ_SECRETS)
    moment = asked.found(cases)
    effective = cases.resolve_config.effective(context, types=types or None, moment=moment)
    epoch = cases.store.identity.epoch
    etag = opened_etag(finished(effective, epoch=epoch, shown=shown))
    headers = {
        "ETag": etag,
        "Varve-Position": str(effective.position),
        "Varve-Epoch": str(epoch),
        "Cache-Control": "no-store",
    }
    if moment is None:
        show(cases, effective.position)
    if matches(request, etag):
        return Response(status_code=304, headers=headers)
    answer = finished(effective, epoch=epoch, shown=shown, opening=cases.open_secrets.of(context.environment))
    return Response(_written(answer), headers=headers, media_type="application/json")


def keep(request: Request, cases: UseCases, effective: Effective, answer: Answer) -> None:
    """Keep an answer under the address that was asked, until one of its scopes changes."""
    key = (request.scope["raw_path"], request.scope["query_string"])
    scopes = [(effective.context.environment, scope.kind, scope.id) for scope in effective.rests_on]
    cases.answers.put(key, answer, scopes=scopes)
