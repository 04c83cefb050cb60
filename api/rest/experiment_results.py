"""What has come of an experiment, and the rows that say so."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.access import ReadsReports
from api.answers import json_response
from api.deps import AtPosition, Cases, StrictRoute
from api.rest.examples import responses
from api.rest.experiment_answer import experiment_data
from api.rest.experiments import EXPERIMENT, allowed
from api.rest.measurements import EXPOSURE, OUTCOME
from api.rest.results_answer import COMPARISON, results_data
from application.measurements import Exposure, MetricOutcome, Page
from domain.times import rfc3339

router = APIRouter(prefix="/api/experiments", tags=["experiments"], route_class=StrictRoute)

T = TypeVar("T", Exposure, MetricOutcome)
Cursor = Annotated[str | None, Query(pattern=r"^\d{1,18}$", description="`next` of the page before.")]
ENDS = {"next": "20000", "first": 1, "last": 31204}
RECEIVED = {"received_at": "2026-11-20T10:00:06.000001Z"}
EXPOSURES = {"items": [{**EXPOSURE, **RECEIVED}], **ENDS}
OUTCOMES = {"items": [{**OUTCOME, **RECEIVED}], **ENDS}
CONTROL = {"name": "control", "users": 512, "mean": 0.41, **dict.fromkeys(COMPARISON), "verdict": None}
DEEP = {
    "name": "deep",
    "users": 498,
    "mean": 0.53,
    "difference": 0.12,
    "relative": 0.29,
    "interval": {"low": 0.06, "high": 0.18},
    "p_value": 0.00012,
    "anytime_interval": {"low": 0.01, "high": 0.23},
    "anytime_p_value": 0.021,
    "verdict": "better",
}
RESULTS: dict[str, Any] = {
    "id": EXPERIMENT["id"],
    "environment": "production",
    "name": "deeper-retrieval",
    "status": "running",
    "started_at": "2026-11-20T10:05:00.000001Z",
    "users": {"control": 512, "deep": 498},
    "users_in_several_variants": 3,
    "shares": {"due": {"control": 0.5, "deep": 0.5}, "p_value": 0.66, "match": True},
    "metrics": [
        {"name": "answer_accepted", "better": "higher", "kind": "rate", "tolerated_change_percent": None,
         "variants": [CONTROL, DEEP]},
    ],
}  # fmt: skip


@router.get(
    "/{id:uuid}/results",
    operation_id="read_experiment_results",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("Each variant beside the control.", RESULTS)}),
)
def read_experiment_results(id: UUID, cases: Cases, access: ReadsReports) -> Response:  # noqa: A002 -- its name in the address
    """Each variant beside the control, by metric, over the exposures and outcomes that are kept.

    A verdict rests on the anytime interval, so that it may be looked at as often as one likes. Where users are not
    distributed as the shares say, or either variant has fewer than 100, there is none.
    """
    known = allowed(cases.catalogs.current(), id, access)
    told = experiment_data(known, cases.catalogs.current())
    content = results_data(told, cases.measure_experiments.results(known))
    return json_response(content, cases=cases, position=cases.progress.visible)


@router.get(
    "/{id:uuid}/exposures",
    operation_id="list_experiment_exposures",
    responses=responses(400, 404, 503, ok={200: ("Some of them, and where more are.", EXPOSURES)}),
)
def list_experiment_exposures(
    id: UUID,  # noqa: A002 -- its name in the address
    request: Request,
    cases: Cases,
    access: ReadsReports,
    cursor: Cursor = None,
) -> Response:
    """The exposures that are kept, in the order of arrival, to be analysed elsewhere.

    A page is of 10,000 places in that order, which all experiments share: it may have few items, or none, while `next`
    says that more follow. `first` and `last` are the places of what is kept, so that one knows how far one is.
    """
    known = allowed(cases.catalogs.current(), id, access)
    access.to(known.environment)
    found = cases.measure_experiments.exposures_of(known, after=int(cursor or 0))
    items = [
        {"user_id": one.user_id, "experiment": known.name, "variant": one.variant, **times_of(one)}
        for one in found.rows
    ]
    return page_response(items, found, request=request, cases=cases)


@router.get(
    "/{id:uuid}/outcomes",
    operation_id="list_experiment_outcomes",
    responses=responses(400, 404, 503, ok={200: ("Some of them, and where more are.", OUTCOMES)}),
)
def list_experiment_outcomes(
    id: UUID,  # noqa: A002 -- its name in the address
    request: Request,
    cases: Cases,
    access: ReadsReports,
    cursor: Cursor = None,
) -> Response:
    """The outcomes that are kept of its metrics, of every user of its environment; pages are as those of exposures."""
    known = allowed(cases.catalogs.current(), id, access)
    access.to(known.environment)
    found = cases.measure_experiments.outcomes_of(known, after=int(cursor or 0))
    items = [
        {"id": str(one.id), "user_id": one.user_id, "metric": one.metric, "value": one.value, **times_of(one)}
        for one in found.rows
    ]
    return page_response(items, found, request=request, cases=cases)


def times_of(one: Exposure | MetricOutcome) -> dict[str, str]:
    return {"at": rfc3339(one.at_us), "received_at": rfc3339(one.received_us)}


def page_response(items: list[dict[str, Any]], page: Page[T], *, request: Request, cases: Cases) -> Response:
    headers = {}
    if page.next is not None:
        url = request.url.include_query_params(cursor=page.next)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    following = None if page.next is None else str(page.next)
    content = {"items": items, "next": following, "first": page.first, "last": page.last}
    return json_response(content, cases=cases, position=cases.progress.visible, headers=headers)
