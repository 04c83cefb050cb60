"""Evaluations: what was measured with which settings, and whether it is as good as before."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.access import HoldsLocks, ReadsReports
from api.answers import command_response, json_response
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.evaluation_bodies import EVALUATION, EvaluationBody, evaluation_data, row_data
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, leads_to, responses
from api.rest.reports import Environment, Limit
from application.commands import Outcome
from application.evaluation_views import EvaluationFilter
from application.record_evaluations import evaluation_id_of, unknown_evaluation
from domain.releases.evaluation import Evaluation

router = APIRouter(prefix="/api/evaluations", tags=["evaluations"], route_class=StrictRoute)

RECORDED = responses(*COMMAND_FAULTS, ok={201: ("The evaluation.", EVALUATION), 200: ("Dry run.", DRY_RUN)})
RECORDED[201]["links"] = leads_to("read_evaluation", id="$response.body#/id")


@router.post("", operation_id="record_evaluation", status_code=201, responses=RECORDED)
def record_evaluation(
    body: EvaluationBody, cases: Cases, access: HoldsLocks, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Record a run with its manifest and metrics; the verdict against the baseline is made here, metric by metric.

    Without a baseline, and for what cannot be compared, it is `unknown`. It is evidence: never changed, never deleted.
    """
    environment = cases.default_environment if body.environment is None else body.environment
    access.to(environment)
    command = asked.command(reason=body.reason)
    outcome = cases.record_evaluations.record(body.run(environment=environment), command=command, dry_run=dry_run)
    id_ = evaluation_id_of(command)

    def content(outcome: Outcome) -> dict[str, Any]:
        recorded = cases.store.load(Evaluation, id_).recorded
        assert recorded is not None
        facts, commit = recorded.model_dump(mode="json"), outcome.commit
        return evaluation_data(id_, facts, recorded_us=commit.recorded_us, position=commit.last)

    headers = {"Location": f"{router.prefix}/{id_}"}
    return command_response(outcome, content, cases=cases, status=201, headers=headers)


@router.get(
    "",
    operation_id="list_evaluations",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("A page, newest first.", {"items": [EVALUATION], "next": None})}),
)
def list_evaluations(
    request: Request,
    cases: Cases,
    access: ReadsReports,
    environment: Environment = None,
    verdict: Literal["pass", "fail", "unknown"] | None = None,
    dataset_hash: Annotated[str | None, Query(max_length=128)] = None,
    config_hash: Annotated[str | None, Query(max_length=128)] = None,
    lock_id: UUID | None = None,
    change_set_id: UUID | None = None,
    cursor: Annotated[int | None, Query(ge=1, lt=2**63, description="`next` of the page before.")] = None,
    limit: Limit = 100,
) -> Response:
    """What was recorded in an environment, the newest first."""
    place = cases.default_environment if environment is None else environment
    access.to(place)
    cases.catalogs.current().require_environment(place)
    position = cases.progress.visible
    wanted = EvaluationFilter(place, verdict, dataset_hash, config_hash, lock_id, change_set_id)
    rows = cases.evaluation_views.page(wanted, before=cursor, limit=limit + 1)
    next_ = str(rows[limit - 1].position) if len(rows) > limit else None
    headers = {}
    if next_ is not None:
        following = request.url.include_query_params(cursor=next_)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    content = {"items": [row_data(row) for row in rows[:limit]], "next": next_}
    return json_response(content, cases=cases, position=position, headers=headers)


@router.get(
    "/{id:uuid}",
    operation_id="read_evaluation",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The evaluation.", EVALUATION)}),
)
def read_evaluation(id: UUID, cases: Cases, access: ReadsReports) -> Response:  # noqa: A002 -- its name in the address
    """One evaluation, with the manifest, and the verdict metric by metric."""
    row = cases.evaluation_views.one(id)
    if row is None or not access.sees_environment(row.environment):
        raise unknown_evaluation(id)
    access.to(row.environment)
    return json_response(row_data(row), cases=cases, position=cases.progress.visible)
