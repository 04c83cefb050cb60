"""What is done with a change set as a whole: proposed, checked, approved, published, rolled back, discarded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from api.access import Access, ChangesConfigs
from api.answers import json_response
from api.conditions import ExpectedVersion
from api.deps import Asked, Cases, CommandRequest, DryRunFlag, StrictRoute
from api.rest.change_set_bodies import Act, Publish, RollBack, Step
from api.rest.change_set_examples import EXAMPLE_OF_CHECK
from api.rest.change_set_shapes import allowed, answered, checked_data
from api.rest.change_sets import CHANGED
from api.rest.change_sets import router as change_sets
from api.rest.examples import COMMAND_FAULTS, responses
from application.use_cases import UseCases

router = APIRouter(prefix=change_sets.prefix, tags=["change sets"], route_class=StrictRoute)


@dataclass(frozen=True, slots=True)
class ActRequest:
    """What comes with every act: which change set, by whom, and whether it is only tried."""

    id: UUID
    cases: UseCases
    access: Access
    asked: CommandRequest
    expected: int | None
    dry_run: bool

    def marks(self, reason: str | None, *, whole_environment: bool = False) -> dict[str, Any]:
        """The command and its conditions, for whoever may do this with all that the change set is about.

        `whole_environment`: it takes the right to its environment as a whole. Raises NotFound, Forbidden.
        """
        change_set = self.cases.releases.change_sets.find(self.id)
        if whole_environment:
            self.access.to(change_set.environment)
        else:
            allowed(change_set, self.access)
        command = self.asked.command(reason=reason)
        return {"command": command, "expected_version": self.expected, "dry_run": self.dry_run}


async def act_request(
    id: UUID,  # noqa: A002 -- its name in the address
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> ActRequest:
    return ActRequest(id, cases, access, asked, expected, dry_run)


Acting = Annotated[ActRequest, Depends(act_request)]
CHECKED = responses(*COMMAND_FAULTS, ok={200: ("What stands in the way.", EXAMPLE_OF_CHECK)})


@router.post("/{id:uuid}/propose", operation_id="propose_change_set", responses=CHANGED)
def propose_change_set(body: Act, act: Acting) -> Response:
    """Ask for its review."""
    marks = act.marks(body.reason)
    return answered(act.cases, act.id, act.cases.releases.change_sets.propose(act.id, **marks))


@router.post("/{id:uuid}/publish", operation_id="publish_change_set", responses=CHANGED)
def publish_change_set(body: Publish, act: Acting) -> Response:
    """Bring all that it wants into force in one commit, or nothing.

    Fields that others changed since are merged where they do not touch; where they do, both sides are told (409).
    """
    marks = act.marks(body.reason)
    ramp = None if body.ramp is None else body.ramp.ramp()
    if body.publish_at is not None:
        outcome = act.cases.releases.ramps.schedule(act.id, body.publish_at, ramp=ramp, **marks)
    elif ramp is not None:
        outcome = act.cases.releases.ramps.begin(act.id, ramp, **marks)
    else:
        outcome = act.cases.releases.publishing.publish(act.id, **marks)
    return answered(act.cases, act.id, outcome)


@router.post("/{id:uuid}/step", operation_id="step_change_set", responses=CHANGED)
def step_change_set(body: Step, act: Acting) -> Response:
    """Give a release that a part of the users have to more of them; at 100 % it is published for all."""
    marks = act.marks(body.reason)
    return answered(act.cases, act.id, act.cases.releases.ramps.step(act.id, body.percent, **marks))


@router.post("/{id:uuid}/check", operation_id="check_change_set", responses=CHECKED)
def check_change_set(body: Act, act: Acting) -> Response:
    """Try to publish it, with this reason: all that stands in the way is told at once. Nothing comes into force.

    Where nothing stands in the way but approvals, it is proposed and checked by this.
    """
    marks = act.marks(body.reason)
    checked = act.cases.releases.publishing.check(act.id, **marks)
    return json_response(checked_data(checked), cases=act.cases, position=act.cases.progress.visible)


@router.post("/{id:uuid}/approve", operation_id="approve_change_set", responses=CHANGED)
def approve_change_set(body: Act, act: Acting) -> Response:
    """Approve of the drafts as they are, over the values that they touch today: change either, and it counts no more.

    Nobody approves what they have a part in.
    """
    marks = act.marks(body.reason, whole_environment=True)
    return answered(act.cases, act.id, act.cases.releases.publishing.approve(act.id, **marks))


@router.post("/{id:uuid}/rollback", operation_id="rollback_change_set", responses=CHANGED)
def rollback_change_set(body: RollBack, act: Acting) -> Response:
    """Give back, in one commit, what publishing it brought, over what is there today. It is not published again.

    What has changed since stands in the way (409), field by field, unless `force` names it.
    """
    marks = act.marks(body.reason)
    force = frozenset(body.force)
    return answered(act.cases, act.id, act.cases.releases.publishing.roll_back(act.id, force=force, **marks))


@router.post("/{id:uuid}/discard", operation_id="discard_change_set", responses=CHANGED)
def discard_change_set(body: Act, act: Acting) -> Response:
    """Give it up for good. Its drafts stay readable."""
    marks = act.marks(body.reason)
    return answered(act.cases, act.id, act.cases.releases.change_sets.discard(act.id, **marks))
