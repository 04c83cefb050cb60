"""Change sets as they are served."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Response

from api.access import Access
from api.answers import command_response
from application.change_set_views import ChangeSetRow
from application.change_sets import SeenChangeSet
from application.commands import DryRun, Outcome
from application.publish_change_sets import Checked
from application.register_types import fault_data
from application.use_cases import UseCases
from domain.access.roles import Action
from domain.configs.scope import Scope
from domain.errors import Fault
from domain.profiles.profile import profile_scope
from domain.releases.change_set import ChangeSet
from domain.releases.draft import Draft
from domain.secrets.envelope import shown
from domain.times import rfc3339


def allowed(change_set: ChangeSet, access: Access, *, action: Action | None = None) -> None:
    """Whether the caller may do this with all that it is about. Raises NotFound, Forbidden."""
    if not change_set.drafts:
        access.to(change_set.environment, action=action)
    for draft in change_set.drafts.values():
        if draft.kind == "type" and access.changes:
            access.to_definitions()
        access.to(change_set.environment, scope_of(draft), action=action)


def scope_of(draft: Draft) -> Scope:
    """What a draft is about, as the policy knows it; types are of all, like what is global."""
    if draft.kind in ("config", "type"):
        return Scope.recorded(draft.scope or "global")
    return profile_scope(draft.name) if draft.kind == "profile" else Scope("experiment", draft.name)


def answered(
    cases: UseCases,
    id_: UUID,
    outcome: Outcome | DryRun,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """The change set as the commit left it."""
    return command_response(
        outcome,
        lambda done: change_set_data(cases.releases.change_sets.seen(id_, upto=done.position)),
        cases=cases,
        status=status,
        headers=headers,
    )


def change_set_data(seen: SeenChangeSet) -> dict[str, Any]:
    """A change set with its drafts; secrets in them are placeholders."""
    one = seen.change_set
    return {
        "id": str(one.id),
        "environment": one.environment,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "origin": one.origin,
        "drafts": [draft_data(draft) for draft in one.drafts.values()],
        "authors": sorted(one.authors),
        "approved_by": sorted(one.approvals),
        "publish_at": one.publish_at,
        "ramp": None if one.ramp is None else {**one.ramp.to_data(), "percent": one.percent},
        "problem": one.problem,
        "rolled_back": None if one.rolled_back is None else rolled_back_data(one.rolled_back),
        "version": one.version,
        "created_at": rfc3339(seen.created.recorded_us),
        "created_by": one.created_by,
        "updated_at": rfc3339(seen.newest.recorded_us),
        "updated_by": seen.newest.principal,
        "position": seen.newest.last,
    }


def rolled_back_data(event: ChangeSet.RolledBack) -> dict[str, Any]:
    """`evidence` is what the service had, where it did it by itself."""
    return {"by": event.actor, "reason": event.reason, "evidence": event.evidence}


def checked_data(checked: Checked) -> dict[str, Any]:
    """`problems` are all that stands in the way besides approvals."""
    refusal, standing = checked.refusal, checked.standing
    faults = () if refusal is None else refusal.faults or (Fault("", refusal.detail, refusal.code),)
    return {
        "ok": refusal is None,
        "problems": [fault_data(fault) for fault in faults],
        "digest": standing.digest,
        "approvals": {
            "demanded": standing.demanded,
            "counting": sorted(standing.counting),
            "lapsed": sorted(standing.approved - standing.counting),
        },
    }


def draft_data(draft: Draft) -> dict[str, Any]:
    """`id` is that of the thing; `base` is what it was when it was drafted, `wanted` what it is to be."""
    return {
        "id": str(draft.subject),
        "kind": draft.kind,
        "operation": draft.operation,
        "name": draft.name,
        "scope": draft.scope,
        "config_type": draft.config_type,
        "base_version": draft.base_version,
        "base": draft.base,
        "wanted": shown(draft.wanted),
        "author": draft.author,
    }


def listed(row: ChangeSetRow) -> dict[str, Any]:
    """`due_at`: when the service publishes it, or gives it to more users; of one that has halted null."""
    return {
        "id": str(UUID(row.id)),
        "environment": row.environment,
        "title": row.title,
        "state": row.state,
        "version": row.version,
        "created_at": rfc3339(row.created_us),
        "created_by": row.created_by,
        "updated_at": rfc3339(row.recorded_us),
        "updated_by": row.actor,
        "due_at": None if row.due_us is None else rfc3339(row.due_us),
        "position": row.position,
    }
