"""The keys under which secrets are kept."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.access import Operates
from api.answers import command_response, json_response
from api.deps import Asked, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import Body, Reason
from api.rest.examples import responses
from application.secret_keys import Rotation

router = APIRouter(prefix="/api/secrets", tags=["secrets"], route_class=StrictRoute)

ROTATION = {"dry_run": False, "key": "5f4b7a526f0e5d0a9a530f7c2f0f7b11", "master": "m-2", "rewrapped": 3}


class RotateSecrets(Body):
    """What a rotation may say of itself."""

    reason: Reason = None


@router.post(
    "/rotations",
    operation_id="rotate_secrets",
    status_code=201,
    responses=responses(
        400,
        409,
        413,
        415,
        422,
        503,
        ok={201: ("The keys as they are now.", ROTATION), 200: ("What would be done (`dry_run`).", ROTATION)},
    ),
)
def rotate_secrets(
    body: RotateSecrets, cases: Cases, access: Operates, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Seal under a new data key from now on, and wrap every data key under the first master key of the server's file.

    Then the other master keys may leave the file. No event is touched: what was sealed before stays readable, and no
    digest changes.
    """
    access.to_installation()
    done = cases.rotate_secrets.rotate(command=asked.command(reason=body.reason), dry_run=dry_run)
    if done.outcome is None:
        return json_response(rotation_data(done.rotation, dry_run=True), cases=cases, position=cases.progress.visible)
    return command_response(
        done.outcome, lambda _: rotation_data(done.rotation, dry_run=False), cases=cases, status=201
    )


def rotation_data(rotation: Rotation, *, dry_run: bool) -> dict[str, Any]:
    return {"dry_run": dry_run, **rotation._asdict()}
