"""Effective configs for any OpenFeature client: the OpenFeature Remote Evaluation Protocol (OFREP) 0.3."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Access, ReadsEffective
from api.answers import json_response, matches
from api.deps import AtPosition, Cases, StrictRoute, require_position, show
from api.json_text import json_text
from api.ofrep import FLAGS
from api.rest.examples import CHUNKING, CONFIG_ID, ofrep_responses
from api.rest.flags import Flag, exposed_by, flag_named, flags_of
from api.rest.ofrep_events import streams_of
from application.assemble import Effective
from application.use_cases import UseCases
from domain.configs.attributes import fitting_attributes
from domain.configs.scope import Context, Scope
from domain.errors import InvalidRequest
from domain.installation.serving import SETTINGS

router = APIRouter(prefix=FLAGS, tags=["openfeature"], route_class=StrictRoute)

ETAG_DIGITS = 32
MOST_SCOPES = 50
OWN = frozenset({"targetingKey", "environment", "scopes", "collection_id", "collection_ids"})
NO_ATTRIBUTES = ("global", "profile", "experiment")  # kinds that a context has no id of
METADATA = {
    "layer": "collection:c-9",
    "config_id": CONFIG_ID,
    "version": 1,
    "environment": "production",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "position": 1042,
}
FLAG = {
    "key": "chunking.max_chunk_size",
    "value": 1500,
    "reason": "TARGETING_MATCH",
    "variant": "collection:c-9",
    "metadata": METADATA,
}
WHOLE = {**FLAG, "key": "chunking", "value": {**CHUNKING, "semantic_threshold": 0.5}}
CONTEXT = Context("production", user_id="u-1", collection_ids=("c-9",))
BULK = {
    "flags": [WHOLE, FLAG],
    "eventStreams": streams_of(CONTEXT, root=""),
    "metadata": {"environment": "production", "digest": METADATA["digest"], "position": 1042},
}
SeenEtag = Annotated[str | None, Query(alias="flagConfigEtag", description="The `etag` of the event that came.")]
SeenTime = Annotated[str | None, Query(alias="flagConfigLastModified", description="Taken, and of no effect.")]


class Evaluation(BaseModel):
    """For whom: `targetingKey` is the user.

    Other attributes tell for which experiments it is eligible; what is no text, number or truth is left alone.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"context": {"targetingKey": "u-1", "collection_id": "c-9"}}]}
    )

    context: dict[str, Any] = Field(
        default_factory=dict,
        description="`targetingKey`, `environment`, `collection_id`, `collection_ids`, `scopes` (kind:id), "
        "and every kind of the ladder by its name; all may be absent.",
    )


@router.post(
    "/{key}",
    operation_id="evaluate_flag",
    dependencies=[AtPosition],
    responses=ofrep_responses(404, ok={200: ("The flag.", FLAG)}),
)
def evaluate_flag(key: str, body: Evaluation, cases: Cases, access: ReadsEffective) -> Response:
    """One flag: a config type (`llm`), or a field of one (`llm.temperature`)."""
    effective = resolved(cases, access, context_of(cases, body.context), types=[key.partition(".")[0]])
    (one,) = effective.types.values()
    about = metadata_of(effective)
    content = evaluated(flag_named(key, one), effective, about=about | {"position": effective.position})
    return json_response(content, cases=cases, position=effective.position)


@router.post(
    "",
    operation_id="evaluate_flags",
    dependencies=[AtPosition],
    responses=ofrep_responses(404, ok={200: ("Every flag.", BULK)}, empty={304: "Unchanged since it was read."}),
)
def evaluate_flags(
    request: Request,
    body: Evaluation,
    cases: Cases,
    access: ReadsEffective,
    seen_etag: SeenEtag = None,
    seen_time: SeenTime = None,  # noqa: ARG001 -- of the protocol
) -> Response:
    """Every flag at once; 304 where If-None-Match names the ETag of the answer before."""
    if seen_etag is not None and seen_etag.isdecimal():
        require_position(
            cases, min(int(seen_etag[:20]), 2**63 - 1)
        )  # an event of another server may be ahead of this one
    effective = resolved(cases, access, context_of(cases, body.context), types=None)
    found = [flag for one in effective.types.values() for flag in flags_of(one)]
    about = metadata_of(effective)
    flags = [evaluated(one, effective, about=about) for one in found]
    etag = f'"{sha256(json_text(flags)).hexdigest()[:ETAG_DIGITS]}"'
    about["position"] = effective.position
    if matches(request, etag):
        return Response(status_code=304, headers={"ETag": etag, "Varve-Position": str(effective.position)})
    content = {
        "flags": [evaluated(one, effective, about=about) for one in found],
        "eventStreams": streams_of(effective.context, root=request.scope.get("root_path", "")),
        "metadata": about,
    }
    return json_response(content, cases=cases, position=effective.position, headers={"ETag": etag})


def resolved(cases: UseCases, access: Access, context: Context, *, types: list[str] | None) -> Effective:
    """Raises InvalidRequest for an environment that is not there: it stands in the context, and is no flag."""
    access.to_context(context)
    known = cases.catalogs.current().environments
    if context.environment not in known:
        message = f"there is no environment {context.environment[:64]}: there are {', '.join(sorted(known))}"
        raise InvalidRequest.at("/context/environment", message, "environment")
    effective = cases.resolve_config.effective(context, types=types)
    show(cases, effective.position)
    return effective


def metadata_of(effective: Effective) -> dict[str, Any]:
    """What is true of every flag of an answer, but for the position, which no ETag covers."""
    return {"environment": effective.context.environment, "digest": effective.digest}


def evaluated(flag: Flag, effective: Effective, *, about: dict[str, Any]) -> dict[str, Any]:
    """A flag as it is served. Without a value, the caller's own default counts."""
    if effective.serving != SETTINGS:
        told = {"serving": effective.serving}
        return {"key": flag.key, "reason": "DISABLED", "variant": effective.serving, "metadata": told | about}
    metadata: dict[str, Any] = {"layer": flag.layer}
    if flag.origin and flag.origin.config_id:
        metadata |= {"config_id": str(flag.origin.config_id), "version": flag.origin.version}
    experiment, variant = flag.experiment or (None, flag.layer)
    if experiment is not None:
        metadata["experiment"] = experiment
    if exposed := exposed_by(flag.key, effective):
        metadata["exposed"] = ", ".join(f"{name}/{effective.variants[name]}" for name in exposed)
    value = {} if flag.value is None else {"value": flag.value}
    return {"key": flag.key, **value, "reason": flag.reason, "variant": variant, "metadata": metadata | about}


def context_of(cases: UseCases, given: dict[str, Any]) -> Context:
    """Raises InvalidRequest for ids that cannot be."""
    kinds = [kind for kind in cases.catalogs.current().ladder.kinds if kind not in NO_ATTRIBUTES]
    scopes = [Scope.checked(kind, id_, at=f"/context/{kind}") for kind in kinds if (id_ := text(given, kind))]
    scopes += [Scope.parse(one, at="/context/scopes") for one in texts(given, "scopes")]
    first = text(given, "collection_id")
    collections = ([first] if first else []) + texts(given, "collection_ids")
    return Context.checked(
        text(given, "environment") or cases.default_environment,
        user_id=text(given, "targetingKey"),
        collection_ids=collections,
        scopes=scopes,
        attributes=dict(fitting_attributes({name: given[name] for name in given.keys() - OWN.union(kinds)})),
    )


def text(given: dict[str, Any], name: str) -> str | None:
    """An attribute that is a text; an empty one, and null, are as none."""
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidRequest.at(f"/context/{name}", f"{name} in the context must be a text", "type")
    return value or None


def texts(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name) or []
    if not isinstance(value, list) or len(value) > MOST_SCOPES or not all(isinstance(one, str) for one in value):
        message = f"{name} in the context must be a list of at most {MOST_SCOPES} texts"
        raise InvalidRequest.at(f"/context/{name}", message, "type")
    return value
