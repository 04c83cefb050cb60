"""Whether an environment is ready for its users."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.access import ReadsLog
from api.answers import json_response
from api.deps import AtPosition, Cases, StrictRoute
from api.rest.examples import responses
from application.go_live import GoingLive, HeldBackup, checklist, is_ready
from application.index_probes import INDEX_PROBES
from application.service_probes import SERVICE_PROBES
from application.settings_probes import SETTINGS_PROBES
from domain.errors import InvalidRequest
from domain.times import rfc3339

router = APIRouter(prefix="/api", tags=["environments"], route_class=StrictRoute)

PROBES = (*SETTINGS_PROBES, *INDEX_PROBES, *SERVICE_PROBES)
ITEM: dict[str, Any] = {
    "id": "manifest_frozen",
    "probe": "The production locks, and whether what they froze is in force.",
    "state": "failed",
    "message": "no production lock is held: lock what was measured, then varve lock promote LOCK --to production",
}
CHECKLIST: dict[str, Any] = {
    "environment": "production",
    "checked_at": "2026-11-20T10:00:00.000001Z",
    "ready": False,
    "items": [ITEM],
    "next": None,
}
Size = Annotated[int | None, Query(ge=0, lt=2**63, description="Of the Merkle tree of a backup that was verified.")]
Root = Annotated[str | None, Query(pattern="^[0-9a-fA-F]{64}$", description="Its root: `varve backup` tells both.")]


@router.get(
    "/environments/{name}/go-live",
    operation_id="check_go_live",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The checklist.", CHECKLIST)}),
)
def check_go_live(
    name: str,
    request: Request,
    cases: Cases,
    access: ReadsLog,
    backup_size: Size = None,
    backup_root: Root = None,
) -> Response:
    """Look at everything that must be in order before users come: each item `passed`, `failed` or `unknown`.

    What cannot be looked at is `unknown`, with the reason, and never taken for passed. `ready` is null where nothing
    failed and something is unknown.
    """
    access.to(name)
    going = GoingLive(cases, name, request.app.state.running, _backup(backup_size, backup_root))
    items = checklist(going, PROBES)
    content = {
        "environment": name,
        "checked_at": rfc3339(cases.store.now_us()),
        "ready": is_ready(items),
        "items": [item._asdict() for item in items],
        "next": None,
    }
    return json_response(content, cases=cases, position=cases.progress.visible)


def _backup(size: int | None, root: str | None) -> HeldBackup | None:
    if size is None and root is None:
        return None
    if size is None or root is None:
        lacking = "backup_size" if size is None else "backup_root"
        raise InvalidRequest.at(f"/{lacking}", "name size and root of the backup: varve backup tells both", "required")
    return HeldBackup(size, root)
