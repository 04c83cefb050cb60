"""Change sets: drafts that are reviewed together, and come into force in one commit."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.access import Access, ChangesConfigs, ReadsConfigs
from api.conditions import ExpectedVersion
from api.deps import (
    Asked,
    AtPosition,
    Cases,
    DryRunFlag,
    StrictRoute,
    dry_run_response,
    json_response,
    outcome_headers,
)
from api.rest.change_set_bodies import CHANGE_SET, EXAMPLE_OF_CHECK, LISTED, Act, DraftsBody, NewChangeSet, wishes
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, leads_to, responses
from application.change_set_views import ChangeSetRow
from application.change_sets import SeenChangeSet, change_set_id
from application.commands import DryRun, Outcome
from application.publish_change_sets import Checked
from application.register_types import fault_data
from application.use_cases import UseCases
from domain.configs.scope import Scope
from domain.errors import Fault, InvalidRequest
from domain.profiles.profile import profile_scope
from domain.releases.change_set import ChangeSet
from domain.releases.draft import Draft
from domain.secrets.envelope import shown
from domain.times import rfc3339

router = APIRouter(prefix="/api/change-sets", tags=["change sets"], route_class=StrictRoute)

CREATED = responses(*COMMAND_FAULTS, ok={201: ("The change set.", CHANGE_SET), 200: ("Dry run.", DRY_RUN)})
CREATED[201]["links"] = leads_to("read_change_set", "publish_change_set", id="$response.body#/id")
CHANGED = responses(*COMMAND_FAULTS, ok={200: ("The change set as it is now.", CHANGE_SET)})
CHECKED = responses(*COMMAND_FAULTS, ok={200: ("What stands in the way.", EXAMPLE_OF_CHECK)})
State = Literal["draft", "proposed", "checked", "approved", "published", "rolled_back", "discarded"]


@router.post("", operation_id="create_change_set", status_code=201, responses=CREATED)
def create_change_set(
    body: NewChangeSet, cases: Cases, access: ChangesConfigs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Begin a change set, with its first drafts or without. Each draft is checked as if it were published now."""
    environment = cases.default_environment if body.environment is None else body.environment
    if not body.drafts:
        access.to(environment)
    command = asked.command(reason=body.reason)
    outcome = cases.change_sets.create(
        environment,
        title=body.title,
        description=body.description,
        wishes=wishes(body.drafts, access, environment),
        command=command,
        dry_run=dry_run,
    )
    id_ = change_set_id(command)
    return answered(cases, id_, outcome, status=201, headers={"Location": f"{router.prefix}/{id_}"})


@router.get(
    "",
    operation_id="list_change_sets",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("A page, newest first.", {"items": [LISTED], "next": None})}),
)
def list_change_sets(
    request: Request,
    cases: Cases,
    access: ReadsConfigs,
    environment: Annotated[str | None, Query(description="The default environment where it is not named.")] = None,
    state: State | None = None,
    cursor: Annotated[str | None, Query(max_length=60, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """The change sets of an environment, newest first, without their drafts."""
    access.to(environment)
    place = cases.catalogs.current().require_environment(
        cases.default_environment if environment is None else environment
    )
    position = cases.progress.visible
    rows = cases.change_set_views.page(place, state=state, before=_cursor(cursor), limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    next_ = None if last is None else f"{last.created_us}-{last.id}"
    headers = {}
    if next_ is not None:
        following = request.url.include_query_params(cursor=next_)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    content = {"items": [listed(row) for row in rows[:limit]], "next": next_}
    return json_response(content, cases=cases, position=position, headers=headers)


def _cursor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    created, _, id_ = text.partition("-")
    if not created.isdecimal() or not created.isascii() or len(created) > 18 or len(id_) != 32:
        raise InvalidRequest.at("/cursor", "cursor is what `next` of the page before said", "cursor")
    return int(created), id_


@router.get(
    "/{id:uuid}",
    operation_id="read_change_set",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The change set.", CHANGE_SET)}),
)
def read_change_set(id: UUID, cases: Cases, access: ReadsConfigs) -> Response:  # noqa: A002 -- its name in the address
    """One change set with its drafts: what each thing was when it was drafted, and what it is to be."""
    seen = cases.change_sets.seen(id)
    allowed(seen.change_set, access)
    headers = {"ETag": f'"{seen.change_set.version}"'}
    return json_response(change_set_data(seen), cases=cases, position=cases.progress.visible, headers=headers)


@router.post("/{id:uuid}/drafts", operation_id="draft_in_change_set", responses=CHANGED)
def draft_in_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    body: DraftsBody,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Put drafts; one takes the place of the draft about the same thing, over what that is by now."""
    found = cases.change_sets.find(id)
    asks = wishes(body.drafts, access, found.environment)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.change_sets.draft(id, asks, **marks, dry_run=dry_run))


@router.delete("/{id:uuid}/drafts/{subject:uuid}", operation_id="remove_draft_of_change_set", responses=CHANGED)
def remove_draft_of_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    subject: UUID,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
    reason: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Take a draft out, by the id of what it is about."""
    allowed(cases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=reason), "expected_version": expected}
    return answered(cases, id, cases.change_sets.remove_draft(id, subject, **marks, dry_run=dry_run))


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
    allowed(cases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.change_sets.propose(id, **marks, dry_run=dry_run))


@router.post("/{id:uuid}/publish", operation_id="publish_change_set", responses=CHANGED)
def publish_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Act,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Bring all that it wants into force in one commit, or nothing.

    Fields that others changed since are merged where they do not touch; where they do, both sides are told (409).
    """
    allowed(cases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.publish_change_sets.publish(id, **marks, dry_run=dry_run))


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
    allowed(cases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    checked = cases.publish_change_sets.check(id, **marks, dry_run=dry_run)
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
    access.to(cases.change_sets.find(id).environment)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.publish_change_sets.approve(id, **marks, dry_run=dry_run))


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
    allowed(cases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.change_sets.discard(id, **marks, dry_run=dry_run))


def allowed(change_set: ChangeSet, access: Access) -> None:
    """Whether the caller may do this with all that it is about. Raises NotFound, Forbidden."""
    if not change_set.drafts:
        access.to(change_set.environment)
    for draft in change_set.drafts.values():
        if draft.kind == "type" and access.changes:
            access.to_definitions()
        access.to(change_set.environment, scope_of(draft))


def scope_of(draft: Draft) -> Scope:
    """What a draft is about, as the policy knows it; types are of all, like what is global."""
    if draft.kind in ("config", "type"):
        return Scope.recorded(draft.scope or "global")
    return profile_scope(draft.name) if draft.kind == "profile" else Scope("experiment", draft.name)


def answered(
    cases: UseCases,
    id_: UUID,
    outcome: Outcome | DryRun,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """The change set as the commit left it."""
    if isinstance(outcome, DryRun):
        return dry_run_response(outcome, cases=cases)
    seen = cases.change_sets.seen(id_, upto=outcome.position)
    marks = {"ETag": f'"{seen.change_set.version}"', **outcome_headers(outcome), **(headers or {})}
    return json_response(change_set_data(seen), cases=cases, position=outcome.position, status=status, headers=marks)


def change_set_data(seen: SeenChangeSet) -> dict[str, Any]:
    """A change set with its drafts; secrets in them are placeholders."""
    one = seen.change_set
    return {
        "id": str(one.id),
        "environment": one.environment,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "origin": one.origin,
        "drafts": [draft_data(draft) for draft in one.drafts.values()],
        "authors": sorted(one.authors),
        "approved_by": sorted(one.approvals),
        "version": one.version,
        "created_at": rfc3339(seen.created.recorded_us),
        "created_by": one.created_by,
        "updated_at": rfc3339(seen.newest.recorded_us),
        "updated_by": seen.newest.principal,
        "position": seen.newest.last,
    }


def checked_data(checked: Checked) -> dict[str, Any]:
    """`problems` are all that stands in the way besides approvals."""
    refusal, standing = checked.refusal, checked.standing
    faults = () if refusal is None else refusal.faults or (Fault("", refusal.detail, refusal.code),)
    return {
        "ok": refusal is None,
        "problems": [fault_data(fault) for fault in faults],
        "digest": standing.digest,
        "approvals": {
            "demanded": standing.demanded,
            "counting": sorted(standing.counting),
            "lapsed": sorted(standing.approved - standing.counting),
        },
    }


def draft_data(draft: Draft) -> dict[str, Any]:
    """`id` is that of the thing; `base` is what it was when it was drafted, `wanted` what it is to be."""
    return {
        "id": str(draft.subject),
        "kind": draft.kind,
        "operation": draft.operation,
        "name": draft.name,
        "scope": draft.scope,
        "config_type": draft.config_type,
        "base_version": draft.base_version,
        "base": draft.base,
        "wanted": shown(draft.wanted),
        "author": draft.author,
    }


def listed(row: ChangeSetRow) -> dict[str, Any]:
    return {
        "id": str(UUID(row.id)),
        "environment": row.environment,
        "title": row.title,
        "state": row.state,
        "version": row.version,
        "created_at": rfc3339(row.created_us),
        "created_by": row.created_by,
        "updated_at": rfc3339(row.recorded_us),
        "updated_by": row.actor,
        "position": row.position,
    }
