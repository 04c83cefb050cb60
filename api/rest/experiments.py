"""Experiments: variants of settings, each served to its share of users."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.access import Access, ChangesConfigs, ReadsConfigs
from api.answers import command_response, json_response, moment_headers
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, MomentAsked, StrictRoute, catalog_of, position_of
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, leads_to, responses
from api.rest.experiment_answer import experiment_data
from application.catalog import Catalog
from application.commands import DryRun, Outcome
from application.moments import Moment
from application.use_cases import UseCases
from domain.configs.scope import GLOBAL, Scope
from domain.experiments.experiment import experiment_id
from domain.experiments.known import KnownExperiment

router = APIRouter(prefix="/api/experiments", tags=["experiments"], route_class=StrictRoute)

PLAN: dict[str, Any] = {
    "environment": "production",
    "name": "deeper-retrieval",
    "hypothesis": "more results raise recall",
    "variants": [
        {"name": "control", "weight": 50, "profile": None, "is_control": True},
        {"name": "deep", "weight": 50, "profile": "experimental_v1", "is_control": False},
    ],
    "traffic_percent": 20,
    "layer": None,
    "eligibility": 'context.user_id != "u-1"',
    "primary_metric": {"name": "answer_accepted", "better": "higher", "kind": "rate"},
    "guardrails": [{"name": "latency_ms", "better": "lower", "kind": "mean", "tolerated_change_percent": 5}],
    "starts_at": None,
    "ends_at": None,
}
EXPERIMENT = {
    "id": "6e1c8a44-b7be-5a7f-9f6d-0d6f0f3a9b1c",
    **PLAN,
    "status": "running",
    "shares": {"control": 0.5, "deep": 0.5},
    "schedule_problem": None,
    "buckets": {
        "traffic_salt": "6e1c8a44b7be5a7f9f6d0d6f0f3a9b1c",
        "traffic": [[0, 2000]],
        "variant_salt": "6e1c8a44b7be5a7f9f6d0d6f0f3a9b1c-variant",
        "variants": [[0, 5000, "control"], [5000, 10000, "deep"]],
    },
    "adopted": None,
    "version": 2,
    "created_at": "2026-11-20T10:00:00.000001Z",
    "created_by": "anonymous",
    "weighed_at": None,
    "started_at": "2026-11-20T10:05:00.000001Z",
    "updated_at": "2026-11-20T10:05:00.000001Z",
    "updated_by": "anonymous",
    "position": 1042,
}
CREATED = responses(*COMMAND_FAULTS, ok={201: ("The draft.", EXPERIMENT), 200: ("Dry run.", DRY_RUN)})
CREATED[201]["links"] = leads_to("read_experiment", "start_experiment", id="$response.body#/id")
CHANGED = responses(*COMMAND_FAULTS, ok={200: ("The experiment as it is now.", EXPERIMENT)})
Text = Annotated[str, Field(min_length=1, max_length=255)]
LongText = Annotated[str, Field(max_length=10_000)]
Better = Literal["higher", "lower"]


class Variant(Body):
    name: Text
    weight: float = Field(allow_inf_nan=False, description="Beside the others'; 0 serves it to nobody new.")
    profile: Text | None = Field(None, description="The profile that it serves; null changes nothing.")
    is_control: bool = False


class Metric(Body):
    name: Text
    better: Better = "higher"
    kind: Literal["mean", "rate"] = Field("mean", description="rate: a user without an outcome counts as 0.")


class Guardrail(Metric):
    tolerated_change_percent: float = Field(ge=0, le=1_000, description="For the worse, of the control's.")


class PlanFields(Body):
    hypothesis: LongText | None = None
    variants: list[Variant] = Field(default_factory=list, max_length=20)
    traffic_percent: float = Field(100.0, allow_inf_nan=False)
    layer: Text | None = Field(None, description="Experiments of one layer share no user.")
    eligibility: Annotated[str, Field(max_length=2_000)] | None = Field(None, description="CEL over `context`.")
    primary_metric: Metric | None = None
    guardrails: list[Guardrail] = Field(default_factory=list, max_length=20)
    starts_at: Text | None = Field(None, description="A draft starts by itself then, unless it was started before.")
    ends_at: Text | None = Field(None, description="It is paused then, to be concluded.")


class PlanBody(PlanFields):
    reason: Reason = None


class CreateExperiment(PlanBody):
    model_config = ConfigDict(json_schema_extra={"examples": [PLAN]})

    environment: str | None = None
    name: str

    def plan(self) -> dict[str, Any]:
        return self.model_dump(exclude={"environment", "name", "reason"})


class ReviseExperiment(PlanBody):
    """What is left out stays as it is."""

    def changes(self) -> dict[str, Any]:
        return self.model_dump(include=self.model_fields_set - {"reason"})


class Act(Body):
    reason: Reason = None


class Conclude(Act):
    adopt: Text | None = Field(None, description="The variant whose settings become global ones; null drops all.")


@router.post("", operation_id="create_experiment", status_code=201, responses=CREATED)
def create_experiment(
    body: CreateExperiment, cases: Cases, access: ChangesConfigs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Plan an experiment. It serves nothing before it is started."""
    environment = cases.default_environment if body.environment is None else body.environment
    access.to(environment, Scope("experiment", body.name))
    command = asked.command(reason=body.reason)
    outcome = cases.run_experiments.create(environment, body.name, body.plan(), command=command, dry_run=dry_run)
    id_ = experiment_id(environment, body.name)
    return answered(cases, id_, outcome, status=201, headers={"Location": f"{router.prefix}/{id_}"})


@router.get(
    "",
    operation_id="list_experiments",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("Every experiment.", {"items": [EXPERIMENT], "next": None})}),
)
def list_experiments(
    cases: Cases,
    access: ReadsConfigs,
    asked: MomentAsked,
    environment: Annotated[str | None, Query(description="The default environment where it is not named.")] = None,
    status: Literal["draft", "running", "paused", "concluded"] | None = None,
) -> Response:
    """The experiments of an environment, oldest first; now or as of a moment."""
    access.to(environment, GLOBAL)
    moment = asked.found(cases)
    place = cases.default_environment if environment is None else environment
    catalog = catalog_of(cases, moment)
    catalog.require_environment(place)
    found = [one for one in catalog.experiments.values() if one.environment == place and status in (None, one.status)]
    items = [experiment_data(one, catalog, problem=problem_of(cases, one, moment)) for one in found]
    content = {"items": items, "next": None}
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=moment_headers(moment))


@router.get(
    "/{id:uuid}",
    operation_id="read_experiment",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The experiment.", EXPERIMENT)}),
)
def read_experiment(id: UUID, cases: Cases, access: ReadsConfigs, asked: MomentAsked) -> Response:  # noqa: A002 -- its name in the address
    """One experiment, now or as of a moment."""
    moment = asked.found(cases)
    catalog = catalog_of(cases, moment)
    known = allowed(catalog, id, access)
    headers = {"ETag": f'"{known.version}"', **moment_headers(moment)}
    content = experiment_data(known, catalog, problem=problem_of(cases, known, moment))
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=headers)


@router.put("/{id:uuid}", operation_id="revise_experiment", responses=CHANGED)
def revise_experiment(
    id: UUID,  # noqa: A002 -- its name in the address
    body: ReviseExperiment,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Change the plan; once users are in it, weights, traffic, guardrails, hypothesis and end alone.

    Another weight moves as few users as can be.
    """
    known = allowed(cases.catalogs.current(), id, access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.run_experiments.revise(known, body.changes(), **marks, dry_run=dry_run))


@router.post("/{id:uuid}/start", operation_id="start_experiment", responses=CHANGED)
def start_experiment(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Act,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Serve the variants, each with what its profile sets at this moment; or go on after a pause."""
    known = allowed(cases.catalogs.current(), id, access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.run_experiments.start(known, **marks, dry_run=dry_run))


@router.post("/{id:uuid}/pause", operation_id="pause_experiment", responses=CHANGED)
def pause_experiment(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Act,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Serve no variant for the time being. Who is in which is kept."""
    known = allowed(cases.catalogs.current(), id, access)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.run_experiments.pause(known, **marks, dry_run=dry_run))


@router.post("/{id:uuid}/conclude", operation_id="conclude_experiment", responses=CHANGED)
def conclude_experiment(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Conclude,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """End it for good: what one variant sets becomes global in the same commit, or nothing does."""
    known = allowed(cases.catalogs.current(), id, access)
    if body.adopt is not None:
        access.to(known.environment, GLOBAL)
    marks: dict[str, Any] = {"command": asked.command(reason=body.reason), "expected_version": expected}
    return answered(cases, id, cases.run_experiments.conclude(known, adopt=body.adopt, **marks, dry_run=dry_run))


def problem_of(cases: UseCases, known: KnownExperiment, moment: Moment | None) -> str | None:
    """Of now; of the past it is not kept."""
    return cases.guards.schedule.problem_of(known) if moment is None else None


def allowed(catalog: Catalog, id_: UUID, access: Access) -> KnownExperiment:
    """An experiment that the caller may do this with. Raises NotFound, Forbidden."""
    access.has_asked = True
    known = catalog.experiment(id_.hex)
    access.to(known.environment, Scope("experiment", known.name))
    return known


def answered(
    cases: UseCases,
    id_: UUID,
    outcome: Outcome | DryRun,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """The experiment as the commit left it."""

    def content(outcome: Outcome) -> dict[str, Any]:
        catalog = cases.catalogs.as_of(outcome.position)
        return experiment_data(catalog.experiment(id_.hex), catalog)

    return command_response(outcome, content, cases=cases, status=status, headers=headers)
