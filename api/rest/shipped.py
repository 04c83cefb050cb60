"""The bundles that ship with the service, for whoever wants to load one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.access import ReadsDefinitions
from api.answers import json_response
from api.deps import Cases, StrictRoute
from api.rest.examples import responses
from application.catalog import Catalog, definition_data
from application.shipped import SHIPPED, ShippedBundle, shipped

EXAMPLES = shipped("platform/backup")[0].examples

router = APIRouter(prefix="/api", tags=["transfer"], route_class=StrictRoute)

SHIPPED_ANSWER = {
    "items": [
        {
            "name": "platform",
            "description": "Types for the rest of a platform's settings.",
            "types": [
                {
                    "name": "backup",
                    "description": "What is copied away, how often, and for how long it is kept.",
                    "revision": 1,
                    "loaded": None,
                    "examples": EXAMPLES,
                }
            ],
        }
    ],
    "next": None,
}


@router.get(
    "/imports/builtin",
    operation_id="list_shipped_bundles",
    responses=responses(400, 503, ok={200: ("The bundles.", SHIPPED_ANSWER)}),
)
def list_shipped_bundles(cases: Cases, access: ReadsDefinitions) -> Response:
    """What an import of `{"varve_bundle": 1, "builtin": [name]}` loads, whole or as name/type; and examples."""
    access.to_installation()
    catalog = cases.catalogs.current()
    items = [_shipped(bundle, catalog) for bundle in SHIPPED.values()]
    return json_response({"items": items, "next": None}, cases=cases, position=cases.progress.visible)


def _shipped(bundle: ShippedBundle, catalog: Catalog) -> dict[str, Any]:
    types = [
        {
            "name": one.spec.name,
            "description": one.spec.description,
            "revision": one.spec.revision,
            "loaded": _revision(one.spec.name, catalog),
            "examples": one.examples,
        }
        for one in bundle.types
    ]
    return {"name": bundle.name, "description": bundle.description, "types": types}


def _revision(name: str, catalog: Catalog) -> int | None:
    """None for a type that is not there, and for one of the installation's own."""
    found: int | None = definition_data(catalog.row(name))["revision"] if name in catalog.types else None
    return found
