"""Embedding models: how long their vectors are, and which names mean the same one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.access import Defines, ReadsDefinitions
from api.answers import command_response, json_response
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, responses

router = APIRouter(prefix="/api/embedders", tags=["locks"], route_class=StrictRoute)

EMBEDDER: dict[str, Any] = {
    "name": "BAAI/bge-large-en-v1.5",
    "dimensions": 1024,
    "aliases": ["gateway/bge-large"],
}


class EmbedderBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [EMBEDDER]})

    name: str = Field(description="The model, as its makers name it.")
    dimensions: int | None = Field(None, ge=1, le=65_536, description="Length of its vectors.")
    aliases: list[str] = Field(
        default_factory=list, max_length=100, description="What others call the very same model."
    )
    reason: Reason = None


@router.put(
    "",
    operation_id="declare_embedder",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The model as it is declared now.", EMBEDDER)}),
)
def declare_embedder(
    body: EmbedderBody, cases: Cases, access: Defines, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Say how long a model's vectors are, and which other names mean it: a gateway's renaming rebuilds nothing."""
    access.to_installation()
    outcome = cases.declare_embedders.declare(
        body.name,
        dimensions=body.dimensions,
        aliases=body.aliases,
        command=asked.command(reason=body.reason),
        dry_run=dry_run,
    )
    return command_response(
        outcome, lambda _: next(one for one in embedders(cases) if one["name"] == body.name), cases=cases
    )


@router.get(
    "",
    operation_id="list_embedders",
    dependencies=[AtPosition],
    responses=responses(400, 503, ok={200: ("What was declared.", {"items": [EMBEDDER], "next": None})}),
)
def list_embedders(cases: Cases, access: ReadsDefinitions) -> Response:
    """The models that were declared, by name."""
    access.to_installation()
    return json_response({"items": embedders(cases), "next": None}, cases=cases, position=cases.progress.visible)


def embedders(cases: Cases) -> list[dict[str, Any]]:
    declared = cases.declare_embedders.declared()
    return [{"name": one.name, "dimensions": one.dimensions, "aliases": list(one.aliases)} for one in declared]
