"""The policies of an environment: what may be in force there."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.access import Governs, ReadsDefinitions
from api.answers import command_response, gone_response, json_response, moment_headers
from api.deps import Asked, AtPosition, Cases, DryRunFlag, MomentAsked, StrictRoute, catalog_of, position_of
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, responses
from application.catalog import Catalog
from application.register_types import fault_data
from application.use_cases import UseCases
from domain.configs.scope import GLOBAL
from domain.documents import Document
from domain.errors import NotFound
from domain.installation.policy import Policy, PolicyRule, Severity

router = APIRouter(prefix="/api/environments/{name}/policies", tags=["environments"], route_class=StrictRoute)

WRITTEN: dict[str, Any] = {
    "config_type": "llm",
    "schema": {"properties": {"max_retries": {"minimum": 3}}},
    "rules": [
        {
            "name": "moves_slowly",
            "expression": "this.temperature <= 1.5 * old.temperature",
            "message": "temperature moves by half at most",
            "severity": "error",
        }
    ],
}
POLICY = {"name": "steady", "environment": "production", **WRITTEN}
VIOLATION = {
    "pointer": "/llm/max_retries",
    "message": "max_retries must be at least 3 (user:u-1)",
    "rule": "steady.minimum",
}
CHECKED = {**POLICY, "violations": [VIOLATION]}
CHECK = "Tell under `violations` what is in force now that the policy does not want."


class RuleBody(Body):
    name: str
    expression: str = Field(description="CEL over this, old and context.")
    message: str
    severity: Severity = "error"


class PolicyBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [WRITTEN]})

    config_type: str
    json_schema: Document = Field({}, alias="schema", description="JSON Schema that effective values must meet.")
    rules: list[RuleBody] = Field([], max_length=1000)
    reason: Reason = None

    def policy(self, name: str) -> Policy:
        rules = tuple(PolicyRule(**rule.model_dump()) for rule in self.rules)
        return Policy(name, self.config_type, self.json_schema, rules)


@router.get(
    "",
    operation_id="list_policies",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("All of them.", {"items": [POLICY], "next": None})}),
)
def list_policies(name: str, cases: Cases, access: ReadsDefinitions, asked: MomentAsked) -> Response:
    """The policies of an environment, now or as of a moment."""
    access.to(name, GLOBAL)
    moment = asked.found(cases)
    known = catalog_of(cases, moment).environment(name)
    items = [policy_data(name, one) for _, one in sorted(known.policies.items())]
    content, headers = {"items": items, "next": None}, moment_headers(moment)
    return json_response(content, cases=cases, position=position_of(cases, moment), headers=headers)


@router.get(
    "/{policy}",
    operation_id="read_policy",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The policy.", POLICY)}),
)
def read_policy(
    name: str,
    policy: str,
    cases: Cases,
    access: ReadsDefinitions,
    asked: MomentAsked,
    check: Annotated[bool, Query(description=CHECK)] = False,
) -> Response:
    """One policy, now or as of a moment; `check` asks it of what is in force now."""
    access.to(name) if check else access.to(name, GLOBAL)
    moment = asked.found(cases)
    found = policy_in(catalog_of(cases, moment), name, policy)
    content = checked_data(cases, name, found) if check else policy_data(name, found)
    headers, position = moment_headers(moment), position_of(cases, moment)
    return json_response(content, cases=cases, position=position, headers=headers)


@router.put(
    "/{policy}",
    operation_id="set_policy",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The policy, and what violates it now.", CHECKED)}),
)
def set_policy(
    name: str,
    policy: str,
    body: PolicyBody,
    cases: Cases,
    access: Governs,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Hold changes to this policy from now on. What is in force already stays, and is told under `violations`."""
    access.to(name)
    wanted = body.policy(policy)
    command = asked.command(reason=body.reason)
    outcome = cases.govern_environments.set_policy(name, wanted, command=command, dry_run=dry_run)
    return command_response(outcome, lambda _: checked_data(cases, name, wanted), cases=cases)


@router.delete(
    "/{policy}",
    operation_id="delete_policy",
    status_code=204,
    responses=responses(*COMMAND_FAULTS, ok={200: ("What would be recorded.", DRY_RUN)}, empty={204: "It is gone."}),
)
def delete_policy(
    name: str,
    policy: str,
    cases: Cases,
    access: Governs,
    asked: Asked,
    reason: Annotated[str | None, Query(max_length=2000)] = None,
    dry_run: DryRunFlag = False,
) -> Response:
    """Hold changes to it no more."""
    access.to(name)
    command = asked.command(reason=reason)
    outcome = cases.govern_environments.delete_policy(name, policy, command=command, dry_run=dry_run)
    return gone_response(outcome, cases=cases)


def policy_in(catalog: Catalog, environment: str, name: str) -> Policy:
    """Raises NotFound."""
    policies = catalog.environment(environment).policies
    if name not in policies:
        there = ", ".join(sorted(policies)) or "none"
        raise NotFound(f"{environment} has no policy {name[:64]}: there are {there}")
    return policies[name]


def policy_data(environment: str, policy: Policy) -> dict[str, Any]:
    """A policy as it is served."""
    facts = policy.facts()
    schema = {"config_type": policy.config_type, "schema": policy.schema, "rules": facts["rules"]}
    return {"name": policy.name, "environment": environment, **schema}


def checked_data(cases: UseCases, environment: str, policy: Policy) -> dict[str, Any]:
    """The same, with what violates it now."""
    found = cases.govern_environments.violations(environment, policy)
    return {**policy_data(environment, policy), "violations": [fault_data(one) for one in found]}
