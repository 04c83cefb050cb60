"""Which change did it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from api.access import ReadsLog
from api.answers import json_response
from api.deps import Cases, StrictRoute
from api.rest.bodies import Body
from api.rest.compare import TURN, WhoBody, commit_data, event_data, moment_at
from api.rest.examples import responses
from application.bisect import Found, Metric
from application.moments import Moment
from domain.errors import InvalidRequest

router = APIRouter(prefix="/api", tags=["time"], route_class=StrictRoute)

FOUND = {
    "next": None,
    "first_bad": {key: TURN[key] for key in ("position", "at", "actor", "operation", "events")},
    "last_good": 1039,
    "probes": [{"position": 1039, "bad": False}, {"position": 1042, "bad": True}],
}


class MetricBody(Body):
    """A number that is recorded as a setting beside those under trial."""

    config_type: str
    pointer: str = Field(max_length=1000)
    at_least: float | None = Field(None, allow_inf_nan=False)
    at_most: float | None = Field(None, allow_inf_nan=False)

    def metric(self) -> Metric:
        if (self.at_least is None) == (self.at_most is None):
            raise InvalidRequest.at("/verdict", "say what is good: at_least, or at_most", "verdict")
        return Metric(self.config_type, self.pointer, self.at_least, self.at_most)


class ProbeBody(Body):
    position: int = Field(ge=0, lt=2**63)
    bad: bool


class BisectBody(Body):
    """The verdict on a probe comes from a recorded number, or from the caller, one probe after the other."""

    context: WhoBody
    good: str = Field(max_length=100, description="A moment at which it was good: a time, tag:NAME, or position:N.")
    bad: str = Field(max_length=100, description="A later moment at which it was bad.")
    verdict: MetricBody | None = None
    probes: list[ProbeBody] = Field([], max_length=100, description="What came of each position that was `next`.")


@router.post(
    "/bisects",
    operation_id="bisect",
    responses=responses(400, 404, 413, 415, 503, ok={200: ("The first bad commit.", FOUND)}),
)
def bisect(body: BisectBody, cases: Cases, access: ReadsLog) -> Response:
    """The first commit after which a context is badly served, found in O(log n) probes. Reads only.

    With a `verdict`, a recorded number decides. Without, `next` is the position to try: ask again with it among the
    `probes`, until `first_bad` is there.
    """
    access.to_context(body.context.context(cases))
    good, bad = moment_at(cases, body.good, "/good"), moment_at(cases, body.bad, "/bad")
    assert good is not None
    assert bad is not None
    if good.position >= bad.position:
        raise InvalidRequest.at("/bad", "bad lies before good: exchange them", "order")
    context = body.context.context(cases)
    if body.verdict is not None:
        is_bad = body.verdict.metric().is_bad
        return json_response(
            found_data(cases.bisect.first_bad(context, good=good, bad=bad, is_bad=is_bad)),
            cases=cases,
            position=bad.position,
        )
    probes = {one.position: one.bad for one in body.probes}
    found = cases.bisect.step(context, good=good, bad=bad, probes=probes)
    if isinstance(found, Moment):
        content: dict[str, Any] = {"next": found.position, "first_bad": None, "last_good": None, "probes": []}
        return json_response(content, cases=cases, position=bad.position)
    return json_response(found_data(found), cases=cases, position=bad.position)


def found_data(found: Found) -> dict[str, Any]:
    return {
        "next": None,
        "first_bad": {**commit_data(found.commit), "events": [event_data(event) for event in found.events]},
        "last_good": found.last_good,
        "probes": [{"position": position, "bad": verdict} for position, verdict in found.probes],
    }
