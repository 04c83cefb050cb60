"""What is answered: a body with the position at which it is true, and what became of a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from api.json_text import json_text
from application.commands import DryRun, Outcome
from application.moments import Moment
from application.register_types import fault_data
from application.use_cases import UseCases

READABLE = " \"{}[]:,;/'()=<>+*!?|&#@"  # of what is percent-encoded in a header
MOST_WARNINGS = 10  # in a header: others are found by a dry run, or by the check of the policy


def moment_headers(moment: Moment | None) -> dict[str, str]:
    """What an answer about the past says of its moment, where its body does not."""
    if moment is None:
        return {}
    rounded = {} if moment.rounded_from is None else {"Varve-Rounded-From": str(moment.rounded_from)}
    preview = {"Varve-Preview": "true"} if moment.preview else {}
    return {"Varve-Final": str(moment.final).lower(), **rounded, **preview}


def matches(request: Request, etag: str) -> bool:
    """Whether the caller has this very representation already."""
    asked = request.headers.get("if-none-match", "")
    return etag in asked or asked.strip() == "*"


def json_response(
    content: Any, *, cases: UseCases, position: int, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """An answer that is true at a position."""
    marks = {"Varve-Position": str(position), "Varve-Epoch": str(cases.store.identity.epoch)}
    return Response(json_text(content), status, headers={**marks, **(headers or {})}, media_type="application/json")


def command_response(
    outcome: Outcome | DryRun,
    content: Callable[[Outcome], dict[str, Any]],
    *,
    cases: UseCases,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer to a command: what `content` tells of it, whose `version` is its ETag; or what would be recorded."""
    if isinstance(outcome, DryRun):
        return json_response(dry_run_data(outcome), cases=cases, position=cases.progress.visible)
    told = content(outcome)
    etag = {"ETag": f'"{told["version"]}"'} if "version" in told else {}
    marks = {**etag, **outcome_headers(outcome), **(headers or {})}
    return json_response(told, cases=cases, position=outcome.position, status=status, headers=marks)


def outcome_headers(outcome: Outcome) -> dict[str, str]:
    """What the answer to a command says of its commit; `Varve-Warnings` is JSON, percent-encoded."""
    visible = {} if outcome.visible else {"Varve-Visible": "false"}
    told = [fault_data(one) for one in outcome.warnings[:MOST_WARNINGS]]
    return {**visible, "Varve-Warnings": quote(json_text(told), safe=READABLE)} if told else visible


def gone_response(outcome: Outcome | DryRun, *, cases: UseCases) -> Response:
    """The answer to a command after which there is nothing to show."""
    if isinstance(outcome, DryRun):
        return json_response(dry_run_data(outcome), cases=cases, position=cases.progress.visible)
    epoch = str(cases.store.identity.epoch)
    marks = {"Varve-Position": str(outcome.position), "Varve-Epoch": epoch, **outcome_headers(outcome)}
    return Response(status_code=204, headers=marks)


def dry_run_data(run: DryRun) -> dict[str, Any]:
    """The events that a command would have recorded."""
    events = [
        {
            "type": event.TOPIC,
            "stream_id": str(event.originator_id),
            "stream_version": event.originator_version,
            "data": event.model_dump(mode="json", exclude={"originator_id", "originator_version"}),
        }
        for event in run.events
    ]
    warnings = {"warnings": [fault_data(one) for one in run.warnings]} if run.warnings else {}
    return {"dry_run": True, "events": events, **warnings}
