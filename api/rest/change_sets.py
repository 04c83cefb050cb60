"""Change sets: drafts that are reviewed together, and come into force in one commit."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.access import ChangesConfigs, ReadsConfigs
from api.answers import json_response
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.change_set_bodies import DraftsBody, NewChangeSet, wishes
from api.rest.change_set_examples import CHANGE_SET, LISTED
from api.rest.change_set_shapes import allowed, answered, change_set_data, listed
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, leads_to, responses
from api.rest.preview import CONTEXTS_SEEN, IMPACT
from application.change_sets import change_set_id
from application.contexts_seen import SEEN_DAYS
from application.copy_drafts import wishes_of
from domain.errors import InvalidRequest

router = APIRouter(prefix="/api/change-sets", tags=["change sets"], route_class=StrictRoute)

CREATED = responses(*COMMAND_FAULTS, ok={201: ("The change set.", CHANGE_SET), 200: ("Dry run.", DRY_RUN)})
CREATED[201]["links"] = leads_to("read_change_set", "publish_change_set", id="$response.body#/id")
CHANGED = responses(*COMMAND_FAULTS, ok={200: ("The change set as it is now.", CHANGE_SET)})
State = Literal["draft", "proposed", "checked", "approved", "ramping", "published", "rolled_back", "discarded"]


@router.post("", operation_id="create_change_set", status_code=201, responses=CREATED)
def create_change_set(
    body: NewChangeSet, cases: Cases, access: ChangesConfigs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Begin a change set, with its first drafts or without. Each draft is checked as if it were published now."""
    environment = cases.default_environment if body.environment is None else body.environment
    copied = None if body.copy_of is None else cases.releases.change_sets.find(body.copy_of)
    if copied is not None:
        allowed(copied, access)
    if copied is not None and copied.environment != environment:
        message = f"that change set is of {copied.environment}: name this environment, or make a release"
        raise InvalidRequest.at("/copy_of", message, "environment")
    if copied is None and not body.drafts:
        access.to(environment)
    command = asked.command(reason=body.reason)
    outcome = cases.releases.change_sets.create(
        environment,
        title=body.title,
        description=body.description,
        wishes=[*wishes(body.drafts, access, environment), *([] if copied is None else wishes_of(copied))],
        origin=None if copied is None else {"copy_of": str(copied.id)},
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
    rows = cases.releases.views.page(place, state=state, before=_cursor(cursor), limit=limit + 1)
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
    seen = cases.releases.change_sets.seen(id)
    allowed(seen.change_set, access)
    headers = {"ETag": f'"{seen.change_set.version}"'}
    return json_response(change_set_data(seen), cases=cases, position=cases.progress.visible, headers=headers)


@router.get(
    "/{id:uuid}/impact",
    operation_id="impact_of_change_set",
    dependencies=[AtPosition],
    responses=responses(400, 404, 409, 503, ok={200: ("Whom it would reach.", IMPACT)}),
)
def impact_of_change_set(
    id: UUID,  # noqa: A002 -- its name in the address
    cases: Cases,
    access: ReadsConfigs,
    seen_days: Annotated[int, Query(ge=1, le=3650, description=CONTEXTS_SEEN)] = SEEN_DAYS,
) -> Response:
    """Who would get another effective config, and in which fields, were it published now. Nothing is stored.

    It is told like the impact of single changes, for whoever may read the configs of the environment.
    """
    access.to(cases.releases.change_sets.find(id).environment)
    impact = cases.preview.impact_of(cases.releases.preview.would_be(id), seen_days=seen_days)
    return json_response(impact, cases=cases, position=impact.position)


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
    found = cases.releases.change_sets.find(id)
    asks = wishes(body.drafts, access, found.environment)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.releases.change_sets.draft(id, asks, **marks, dry_run=dry_run))


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
    allowed(cases.releases.change_sets.find(id), access)
    marks: dict[str, Any] = {"command": asked.command(reason=reason), "expected_version": expected}
    return answered(cases, id, cases.releases.change_sets.remove_draft(id, subject, **marks, dry_run=dry_run))
