"""Which index to read, and what one would be built with now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.access import ReadsConfigs, ReadsEffective
from api.answers import json_response
from api.deps import AtPosition, Cases, StrictRoute
from api.rest.examples import responses
from domain.configs.scope import GLOBAL, Scope

router = APIRouter(prefix="/api/indexes", tags=["locks"], route_class=StrictRoute)

FINGERPRINT = "3f1c0a5e9b7d24680ace13579bdf02468ace13579bdf02468ace13579bdf0246"
SHAPE: dict[str, Any] = {
    "environment": "production",
    "collection_id": "c-9",
    "fingerprint": FINGERPRINT,
    "data": {
        "chunking": {"strategy": "fixed", "…": "…"},
        "chunk_index": None,
        "embedding": {"model_id": "BAAI/bge-large-en-v1.5", "embedding_dim": 1024},
    },
}
ROUTE: dict[str, Any] = {
    "environment": "production",
    "collection_id": "c-9",
    "index_id": "2c3a4b0e-2f0c-5d1a-8a53-1f7c2f0f7b15",
    "table": "document_chunks",
    "is_shadow": False,
    "version_label": None,
    "ingest_run_id": None,
    "fingerprint": FINGERPRINT,
    "matches": True,
}
CollectionId = Annotated[str | None, Query(description="The collection that the index is of; absent: the global one.")]
EnvironmentName = Annotated[str | None, Query(description="The default environment where it is not named.")]


@router.get(
    "/route",
    operation_id="route_to_index",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("Where to read.", ROUTE)}),
)
def route_to_index(
    cases: Cases,
    access: ReadsEffective,
    environment: EnvironmentName = None,
    collection_id: CollectionId = None,
    shadow: Annotated[bool, Query(description="The shadow instead, where one is ready.")] = False,
) -> Response:
    """Which table to read: the collection's, or else the global one; nulls where none is ready.

    `matches` is false where the index was built with other settings than are in effect now.
    """
    place, scope = environment or cases.default_environment, scope_of(collection_id)
    access.to(place, GLOBAL, scope)
    route = cases.manage_indexes.route(place, scope, shadow=shadow)
    index = route.index
    content = {
        "environment": place,
        "collection_id": collection_id,
        "index_id": None if index is None else str(index.id),
        **{name: getattr(index, name, None) for name in ("table", "version_label", "ingest_run_id")},
        "is_shadow": route.is_shadow,
        "fingerprint": route.fingerprint,
        "matches": route.matches,
    }
    return json_response(content, cases=cases, position=cases.progress.visible)


@router.get(
    "/fingerprint",
    operation_id="fingerprint_of_index",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("What an index would be built with now.", SHAPE)}),
)
def fingerprint_of_index(
    cases: Cases, access: ReadsConfigs, environment: EnvironmentName = None, collection_id: CollectionId = None
) -> Response:
    """The fingerprint of what is in effect, and what it is made of."""
    place, scope = environment or cases.default_environment, scope_of(collection_id)
    access.to(place, GLOBAL, scope)
    fingerprint, shape = cases.manage_indexes.shape(place, scope)
    content = {"environment": place, "collection_id": collection_id, "fingerprint": fingerprint, "data": shape}
    return json_response(content, cases=cases, position=cases.progress.visible)


def scope_of(collection_id: str | None) -> Scope:
    """Raises InvalidRequest."""
    return GLOBAL if collection_id is None else Scope.checked("collection", collection_id, at="/collection_id")
