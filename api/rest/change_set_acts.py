"""What is done with a change set as a whole: proposed, checked, approved, published, rolled back, discarded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api.access import ChangesConfigs
from api.conditions import ExpectedVersion
from api.deps import Asked, Cases, DryRunFlag, StrictRoute, json_response
from api.rest.change_set_bodies import EXAMPLE_OF_CHECK, Act, Publish, RollBack, Step
from api.rest.change_set_shapes import allowed, answered, checked_data
from api.rest.change_sets import CHANGED
from api.rest.change_sets import router as change_sets
from api.rest.examples import COMMAND_FAULTS, responses

router = APIRouter(prefix=change_sets.prefix, tags=["change sets"], route_class=StrictRoute)

CHECKED = responses(*COMMAND_FAULTS, ok={200: ("What stands in the way.", EXAMPLE_OF_CHECK)})


@router.post("/{id:uuid}/propose", operation_id="propose_change_set", responses=CHANGED)
def propose_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Act,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Ask for its review."""
    allowed(cases.releases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.releases.change_sets.propose(id, **marks, dry_run=dry_run))


@router.post("/{id:uuid}/publish", operation_id="publish_change_set", responses=CHANGED)
def publish_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Publish,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Bring all that it wants into force in one commit, or nothing.

    Fields that others changed since are merged where they do not touch; where they do, both sides are told (409).
    """
    allowed(cases.releases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    ramp = None if body.ramp is None else body.ramp.ramp()
    if body.publish_at is not None:
        outcome = cases.releases.ramps.schedule(id, body.publish_at, ramp=ramp, **marks, dry_run=dry_run)
    elif ramp is not None:
        outcome = cases.releases.ramps.begin(id, ramp, **marks, dry_run=dry_run)
    else:
        outcome = cases.releases.publishing.publish(id, **marks, dry_run=dry_run)
    return answered(cases, id, outcome)


@router.post("/{id:uuid}/step", operation_id="step_change_set", responses=CHANGED)
def step_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Step,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Give a release that a part of the users have to more of them; at 100 % it is published for all."""
    allowed(cases.releases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.releases.ramps.step(id, body.percent, **marks, dry_run=dry_run))


@router.post("/{id:uuid}/check", operation_id="check_change_set", responses=CHECKED)
def check_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Act,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Try to publish it, with this reason: all that stands in the way is told at once. Nothing comes into force.

    Where nothing stands in the way but approvals, it is proposed and checked by this.
    """
    allowed(cases.releases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    checked = cases.releases.publishing.check(id, **marks, dry_run=dry_run)
    return json_response(checked_data(checked), cases=cases, position=cases.progress.visible)


@router.post("/{id:uuid}/approve", operation_id="approve_change_set", responses=CHANGED)
def approve_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Act,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Approve of the drafts as they are, over the values that they touch today: change either, and it counts no more.

    Nobody approves what they have a part in.
    """
    access.to(cases.releases.change_sets.find(id).environment)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.releases.publishing.approve(id, **marks, dry_run=dry_run))


@router.post("/{id:uuid}/rollback", operation_id="rollback_change_set", responses=CHANGED)
def rollback_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    body: RollBack,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Give back, in one commit, what publishing it brought, over what is there today. It is not published again.

    What has changed since stands in the way (409), field by field, unless `force` names it.
    """
    allowed(cases.releases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    force = frozenset(body.force)
    return answered(cases, id, cases.releases.publishing.roll_back(id, force=force, **marks, dry_run=dry_run))


@router.post("/{id:uuid}/discard", operation_id="discard_change_set", responses=CHANGED)
def discard_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Act,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Give it up for good. Its drafts stay readable."""
    allowed(cases.releases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.releases.change_sets.discard(id, **marks, dry_run=dry_run))
