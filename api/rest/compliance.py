"""Compliance: what the security policies in force demand, and what is in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.access import ReadsLog
from api.answers import json_response, moment_headers
from api.deps import AtPosition, Cases, MomentAsked, StrictRoute, position_of
from api.rest.effective import Environment
from api.rest.examples import CONFIG_ID, responses
from application.check_compliance import Compliance, Finding
from application.trace_values import MadeSo
from domain.configs.scope import Scope
from domain.times import rfc3339

router = APIRouter(prefix="/api", tags=["compliance"], route_class=StrictRoute)

EVENT = {
    "layer": "collection:c-9",
    "config_id": CONFIG_ID,
    "version": 2,
    "position": 1042,
    "operation": "UPDATE",
    "actor": "u-1",
    "at": "2026-11-20T10:00:00.000001Z",
    "reason": "to find a fault",
}
FINDING = {
    "requirement": "personal-data-out-of-logs",
    "regimes": ["gdpr"],
    "severity": "error",
    "config_type": "monitoring",
    "scope": "collection:c-9",
    "holds": False,
    "why": "logs hold personal data: switch logs.redact_personal_data on",
    "expression": "this.logs.redact_personal_data",
    "values": {"/logs/redact_personal_data": False},
    "event": EVENT,
    "demanded_by": {**EVENT, "layer": "global", "version": 1, "position": 12, "operation": "CREATE"},
}
REPORT = {
    "environment": "production",
    "position": 1042,
    "as_of": None,
    "holds": False,
    "regimes": {"gdpr": {"holds": False, "kept": 1, "violated": 1, "warnings": 0, "unknown": 0}},
    "scopes_checked": 3,
    "is_whole": True,
    "items": [FINDING],
    "next": None,
}
Places = Annotated[list[str], Query(alias="scope", max_length=200, description="Only these, as kind:id; may repeat.")]
Regimes = Annotated[list[str], Query(alias="regime", max_length=20, description="Only these regimes; may repeat.")]


@router.get(
    "/compliance",
    operation_id="compliance",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("What holds, and what does not.", REPORT)}),
)
def compliance(
    cases: Cases,
    access: ReadsLog,
    asked: MomentAsked,
    environment: Environment = None,
    scope: Places = [],
    regime: Regimes = [],
) -> Response:
    """Each requirement of the security policies in force: whether it holds, and the event that made it so.

    `holds` is null where that cannot be told. Asked for the global settings, and for each scope that has a config.
    """
    place = environment or cases.default_environment
    access.to(place)
    moment = asked.found(cases)
    position = position_of(cases, moment)
    places = [Scope.parse(text) for text in scope]
    found = cases.check_compliance.report(place, position=position, scopes=places)
    content = {
        "environment": place,
        "position": position,
        "as_of": moment.as_of if moment else None,
        **_told(found, regime),
    }
    return json_response(content, cases=cases, position=position, headers=moment_headers(moment))


def _told(found: Compliance, wanted: Sequence[str]) -> dict[str, Any]:
    by_regime: dict[str, list[Finding]] = defaultdict(list)
    findings = [one for one in found.findings if not wanted or set(wanted) & set(one.requirement.regimes)]
    for one in findings:
        for regime in one.requirement.regimes:
            if not wanted or regime in wanted:
                by_regime[regime].append(one)
    return {
        "holds": _holds(findings, is_whole=found.is_whole),
        "regimes": {name: _counted(ones, is_whole=found.is_whole) for name, ones in sorted(by_regime.items())},
        "scopes_checked": found.scopes,
        "is_whole": found.is_whole,
        "items": [finding_data(one) for one in findings],
        "next": None,
    }


def _holds(findings: Sequence[Finding], *, is_whole: bool) -> bool | None:
    """False where an error is surely there; never true where anything is not known."""
    told = {one.holds for one in findings if one.requirement.severity == "error"}
    if False in told:
        return False
    return True if findings and is_whole and None not in told else None


def _counted(findings: Sequence[Finding], *, is_whole: bool) -> dict[str, Any]:
    broken = [one.requirement.severity for one in findings if one.holds is False]
    return {
        "holds": _holds(findings, is_whole=is_whole),
        "kept": sum(one.holds is True for one in findings),
        "violated": broken.count("error"),
        "warnings": broken.count("warning"),
        "unknown": sum(one.holds is None for one in findings),
    }


def finding_data(one: Finding) -> dict[str, Any]:
    asked = one.requirement
    return {
        "requirement": asked.name,
        "regimes": list(asked.regimes),
        "severity": asked.severity,
        "config_type": asked.config_type,
        "scope": str(one.scope),
        "holds": one.holds,
        "why": one.why,
        "expression": asked.expression,
        "values": one.values,
        "event": made_so_data(one.event) if one.event else None,
        "demanded_by": made_so_data(one.demanded_by),
    }


def made_so_data(event: MadeSo) -> dict[str, Any]:
    return {
        "layer": event.layer,
        "config_id": str(event.config_id) if event.config_id else None,
        "version": event.version,
        "position": event.position,
        "operation": event.operation,
        "actor": event.actor,
        "at": rfc3339(event.at_us),
        "reason": event.reason,
    }
