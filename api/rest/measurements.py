"""What applications measure of experiments: who was exposed to what, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.access import ReportsUse
from api.deps import AtPosition, Cases, StrictRoute
from api.rest.bodies import Body
from api.rest.examples import responses
from api.rest.reports import MOST, TAKEN, Id, Time, at_us, taken_response
from application.measurements import DAY_US, Exposure, MetricOutcome
from domain.experiments.experiment import experiment_id

router = APIRouter(prefix="/api", tags=["experiments"], route_class=StrictRoute)

LARGEST = 1e15  # a value either way: sums of squares stay far from overflow
EXPOSURE: dict[str, Any] = {
    "user_id": "u-1",
    "experiment": "deeper-retrieval",
    "variant": "deep",
    "at": "2026-11-20T10:00:00.000001Z",
}
OUTCOME: dict[str, Any] = {
    "id": "5e0f7b0c-6a2d-4b6e-9d57-7c1c3a4b5d6e",
    "user_id": "u-1",
    "metric": "answer_accepted",
    "value": 1,
    "at": "2026-11-20T10:00:05.000001Z",
}
DONE = responses(400, 404, 413, 415, 503, ok={202: ("How many were new.", TAKEN)})
At = Annotated[Time | None, Field(description="Never later than it came in; when it came in where it is absent.")]


class ExposureBody(Body):
    """A user met a variant: the application used a setting that the experiment varies."""

    user_id: Id
    experiment: Id = Field(description="Its name.")
    variant: Id
    at: At = None


class ExposuresBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"environment": "production", "exposures": [EXPOSURE]}]})

    environment: str | None = None
    exposures: list[ExposureBody] = Field(max_length=MOST)


class OutcomeBody(Body):
    """One value of a metric, for a user."""

    id: UUID = Field(strict=False, description="The outcome's own: one that is sent again is kept once.")
    user_id: Id
    metric: Id
    value: float = Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)
    at: At = None


class OutcomesBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"environment": "production", "outcomes": [OUTCOME]}]})

    environment: str | None = None
    outcomes: list[OutcomeBody] = Field(max_length=MOST)


@router.post("/exposures", operation_id="report_exposures", status_code=202, dependencies=[AtPosition], responses=DONE)
def report_exposures(body: ExposuresBody, cases: Cases, access: ReportsUse) -> Response:
    """Report who met which variant, up to 1,000 at once; a user, variant and day (UTC) count once."""
    environment = cases.default_environment if body.environment is None else body.environment
    access.to_reports_about(environment, {(one.user_id, None) for one in body.exposures})
    received_us = cases.store.now_us()
    exposures = [exposure_of(one, environment, received_us=received_us) for one in body.exposures]
    return taken_response(cases.measure_experiments.exposures(environment, exposures), cases=cases)


@router.post("/outcomes", operation_id="report_outcomes", status_code=202, responses=DONE)
def report_outcomes(body: OutcomesBody, cases: Cases, access: ReportsUse) -> Response:
    """Report what users did, up to 1,000 values at once; an id counts once.

    Which experiments it concerns follows from the exposures of the user before it.
    """
    environment = cases.default_environment if body.environment is None else body.environment
    access.to_reports_about(environment, {(one.user_id, None) for one in body.outcomes})
    received_us = cases.store.now_us()
    outcomes = [
        MetricOutcome(
            one.id, environment, one.user_id, one.metric, one.value, time_of(one.at, received_us), received_us
        )
        for one in body.outcomes
    ]
    taken = cases.measure_experiments.outcomes(environment, outcomes)
    cases.guards.experiments.note(environment)
    cases.guards.ramps.note(environment)
    return taken_response(taken, cases=cases)


def exposure_of(body: ExposureBody, environment: str, *, received_us: int) -> Exposure:
    at = time_of(body.at, received_us)
    id_ = experiment_id(environment, body.experiment)
    return Exposure(environment, id_, body.user_id, body.variant, at // DAY_US, at, received_us)


def time_of(text: str | None, received_us: int) -> int:
    return received_us if text is None else at_us(text, received_us=received_us)
