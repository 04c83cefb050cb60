"""The registry of config types."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api.access import Defines, ReadsConfigs, ReadsDefinitions
from api.answers import command_response, dry_run_data, json_response, moment_headers
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, MomentAsked, StrictRoute, catalog_of, position_of
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, responses
from application.catalog import definition_data
from application.commands import DryRun
from application.inspect_type import definition_after
from application.register_types import Affected, fault_data
from application.views import DefinitionRow
from domain.config_types.spec import Mode, Rule, TypeSpec
from domain.documents import Document
from domain.times import rfc3339

router = APIRouter(prefix="/api", tags=["types"], route_class=StrictRoute)

TYPE = {
    "name": "rerank",
    "version": 1,
    "revision": None,
    "description": "how results are ranked again",
    "mode": "overlay",
    "schema": {"type": "object", "properties": {"top_n": {"type": "integer", "minimum": 1, "default": 5}}},
    "rules": [
        {"name": "few", "expression": "this.top_n <= 50", "message": "top_n must be at most 50", "fields": ["/top_n"]}
    ],
    "defined_at": "2026-11-20T10:00:00.000001Z",
    "defined_by": "u-1",
    "reason": None,
    "position": 12,
}
DEFINED = {**TYPE, "invalid": []}

TypeName = Annotated[str, Path(max_length=63)]


class RuleBody(Body):
    name: str
    expression: str = Field(description="CEL over `this`; true where the document is right.")
    message: str = Field(max_length=500)
    fields: list[str] = Field(
        min_length=1, max_length=50, description="Pointers that the rule speaks of; the fault is shown at the first."
    )


class TypeBody(Body):
    description: str = Field("", max_length=10_000)
    mode: Mode = "overlay"
    schema_: Document = Field(alias="schema", description="JSON Schema, draft 2020-12, of an object.")
    rules: list[RuleBody] = Field([], max_length=100)
    force: bool = Field(False, description="Define it although live configs become invalid.")
    reason: Reason = None

    def spec(self, name: str) -> TypeSpec:
        rules = tuple(Rule.from_data(rule.model_dump()) for rule in self.rules)
        return TypeSpec(name, self.description, self.mode, self.schema_, rules)


@router.get(
    "/config-types",
    operation_id="list_config_types",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("Every type.", {"items": [TYPE], "next": None})}),
)
def list_config_types(cases: Cases, access: ReadsDefinitions, asked: MomentAsked) -> Response:
    """Every config type, with its schema and rules, now or as of a moment."""
    access.to_installation()
    moment = asked.found(cases)
    catalog = catalog_of(cases, moment)
    content = {"items": [type_data(catalog.row(name)) for name in catalog.types], "next": None}
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=moment_headers(moment))


@router.get(
    "/config-types/{name}",
    operation_id="read_config_type",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The type.", TYPE)}),
)
def read_config_type(name: TypeName, cases: Cases, access: ReadsDefinitions, asked: MomentAsked) -> Response:
    """One config type, now or as of a moment."""
    access.to_installation()
    moment = asked.found(cases)
    row = catalog_of(cases, moment).row(name)
    headers = {"ETag": f'"{row.version}"', **moment_headers(moment)}
    return json_response(type_data(row), cases=cases, position=position_of(cases, moment), headers=headers)


@router.put(
    "/config-types/{name}",
    operation_id="define_config_type",
    responses=responses(
        *COMMAND_FAULTS, ok={200: ("The type, and which live configs are not valid under it.", DEFINED)}
    ),
)
def define_config_type(
    name: TypeName,
    body: TypeBody,
    cases: Cases,
    access: Defines,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Define a type, or define it anew. Refused where live configs would become invalid, unless forced."""
    access.to_installation()
    registered = cases.register_types.define(
        body.spec(name),
        command=asked.command(reason=body.reason),
        force=body.force,
        expected_version=expected,
        dry_run=dry_run,
    )
    outcome = registered.outcome
    # Without force nothing was invalid when it was recorded, whatever a repeat finds now.
    told = registered.invalid if body.force or dry_run else ()
    invalid = [affected_data(one) for one in told]
    if isinstance(outcome, DryRun):
        tried = {**dry_run_data(outcome), "invalid": invalid}
        return json_response(tried, cases=cases, position=cases.progress.visible)
    return command_response(
        outcome,
        lambda done: {**type_data(definition_after(cases.store, name, commit=done.commit)), "invalid": invalid},
        cases=cases,
    )


class VerifyBody(Body):
    schema_: Document = Field(alias="schema", description="The JSON Schema of the application's own model.")


@router.post(
    "/config-types/{name}/verify",
    operation_id="verify_config_type",
    dependencies=[AtPosition],
    responses=responses(
        400,
        404,
        413,
        415,
        503,
        ok={200: ("What the model could not read.", {"unreadable": [], "fields_lacking": ["rerank_top_n"]})},
    ),
)
def verify_config_type(name: TypeName, body: VerifyBody, cases: Cases, access: ReadsConfigs) -> Response:
    """For an application's CI.

    Which live effective configs its own model could not read, and which fields the type lacks.
    """
    access.to_all()
    found = cases.register_types.verify(name, body.schema_)
    return json_response(found, cases=cases, position=cases.progress.visible)


def type_data(row: DefinitionRow) -> dict[str, Any]:
    """A type, as it is served."""
    return {
        **definition_data(row),
        "version": row.version,
        "defined_at": rfc3339(row.recorded_us),
        "defined_by": row.actor,
        "reason": row.reason,
        "position": row.valid_from,
    }


def affected_data(one: Affected) -> dict[str, Any]:
    return {
        "environment": one.environment,
        "scope": one.scope,
        "config_id": one.config_id,
        "version": one.version,
        "errors": [fault_data(fault) for fault in one.faults],
    }
