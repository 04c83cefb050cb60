"""Locks: settings that are frozen until somebody lets go of them, or promotes them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.access import Access, HoldsLocks, ReadsConfigs
from api.answers import command_response, json_response
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import AtScope, Body, Reason
from api.rest.examples import COMMAND_FAULTS, CONFIG_ID, DRY_RUN, leads_to, responses
from application.commands import DryRun, Outcome
from application.lock_configs import NewLock, lock_id_of
from application.promote_locks import promoted_id_of
from application.use_cases import UseCases
from domain.documents import Document
from domain.releases.lock import Kind, Lock
from domain.times import rfc3339

router = APIRouter(prefix="/api/locks", tags=["locks"], route_class=StrictRoute)

NEW: dict[str, Any] = {
    "environment": "production",
    "scope": "collection",
    "collection_id": "c-9",
    "config_type": "chunk_index",
    "embedder_name": "BAAI/bge-large-en-v1.5",
    "tokenizer_name": "BAAI/bge-large-en-v1.5",
    "tokenizer_hash": None,
    "baseline_metrics": {"f1": 0.61},
    "kind": "candidate",
}
LOCK: dict[str, Any] = {
    "id": "7d3a4b0e-2f0c-5d1a-8a53-1f7c2f0f7b12",
    **NEW,
    "user_id": None,
    "scope_id": "c-9",
    "config_id": CONFIG_ID,
    "config_version": 1,
    "version_label": "2026-11-20-100000-v1",
    "config_hash": "cbd3b8a0f1f7c3e2a6f9d9f5d3a1e0b4c7a6958473625140f9e8d7c6b5a49382",
    "ingest_run_id": "2026-11-20-100000-v1-cbd3b8a0",
    "checks": {
        "guardrails": "passed",
        "tokenizer": "unknown: BAAI/bge-large-en-v1.5 is not installed at the service",
        "embedder": "passed",
    },
    "status": "held",
    "locked_at": "2026-11-20T10:00:00.000001Z",
    "locked_by": "u-1",
    "reason": "recall holds at 450 tokens",
    "promoted_from": None,
    "promoted_to": [],
    "approvals": [{"to_environment": "production", "by": "u-2"}],
    "rollback_to": None,
    "ended_at": None,
    "ended_by": None,
    "ended_because": None,
    "evidence": None,
}
LOCKED = responses(*COMMAND_FAULTS, ok={201: ("The lock.", LOCK), 200: ("Dry run.", DRY_RUN)})
LOCKED[201]["links"] = leads_to("read_lock", "unlock", "promote_lock", id="$response.body#/id")
MOVED = responses(*COMMAND_FAULTS, ok={200: ("The lock as it is now.", LOCK)})
Name = Annotated[str, Field(min_length=1, max_length=255)]
LockId = UUID


class NewLockBody(AtScope):
    model_config = ConfigDict(json_schema_extra={"examples": [NEW]})

    environment: str | None = None
    config_type: str
    version_label: str | None = Field(None, description="YYYY-MM-DD-HHMMSS-vN; made from time and version if left out.")
    embedder_name: Name
    tokenizer_name: Name
    tokenizer_hash: str | None = Field(
        None, pattern="^[0-9a-fA-F]{64}$", description="SHA-256 of its file; compared where it is installed here."
    )
    baseline_metrics: Document = Field(default_factory=dict, description="What was measured with these settings.")
    kind: Kind = "candidate"
    reason: Reason = None


class LockReason(Body):
    reason: str = Field(min_length=1, max_length=2000, description="Why; recorded with the event.")


class PromoteBody(LockReason):
    to_environment: str = Field(description="Where the locked settings come into force.")


class ApproveBody(Body):
    to_environment: str = Field(description="Where the locked settings may come into force.")
    reason: Reason = None


@router.post("", operation_id="create_lock", status_code=201, responses=LOCKED)
def create_lock(
    body: NewLockBody, cases: Cases, access: HoldsLocks, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Freeze what is in force in a slot, at its version, and record what its index is made with.

    Until it is unlocked, or another lock is promoted there, who changes what is in force in the slot is refused (423).
    """
    scope = body.place()
    access.to(body.environment, scope)
    environment = cases.default_environment if body.environment is None else body.environment
    facts = body.model_dump(include={"embedder_name", "tokenizer_name", "tokenizer_hash", "baseline_metrics", "kind"})
    new = NewLock(environment, scope, body.config_type, version_label=body.version_label, **facts)
    command = asked.command(reason=body.reason)
    outcome = cases.lock_configs.create(new, command=command, dry_run=dry_run)
    location = {"Location": f"{router.prefix}/{lock_id_of(command)}"}
    return lock_response(cases, lock_id_of(command), outcome, status=201, headers=location)


@router.get(
    "",
    operation_id="list_locks",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The locks.", {"items": [LOCK], "next": None})}),
)
def list_locks(
    cases: Cases,
    access: ReadsConfigs,
    environment: str | None = None,
    config_type: str | None = None,
    held: Annotated[bool | None, Query(description="Only those that are held, or only those that ended.")] = None,
) -> Response:
    """The locks that the caller may see, oldest first; those that ended too."""
    access.has_asked = True
    items = [
        lock_data(lock)
        for lock in cases.lock_configs.locks(environment)
        if config_type in (None, lock.config_type)
        and held in (None, lock.is_held)
        and access.sees(lock.environment, lock.scope)
    ]
    return json_response({"items": items, "next": None}, cases=cases, position=cases.progress.visible)


@router.get(
    "/{id:uuid}",
    operation_id="read_lock",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The lock.", LOCK)}),
)
def read_lock(id: LockId, cases: Cases, access: ReadsConfigs) -> Response:  # noqa: A002 -- its name in the address
    """One lock, held or ended."""
    lock = seen(id, cases, access)
    return json_response(lock_data(lock), cases=cases, position=cases.progress.visible)


@router.post("/{id:uuid}/unlock", operation_id="unlock", responses=MOVED)
def unlock(
    id: LockId,  # noqa: A002 -- its name in the address
    body: LockReason,
    cases: Cases,
    access: HoldsLocks,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Let what is in force in the slot change again."""
    lock = seen(id, cases, access)
    outcome = cases.lock_configs.unlock(lock, command=asked.command(reason=body.reason), dry_run=dry_run)
    return lock_response(cases, id, outcome)


@router.post("/{id:uuid}/approve", operation_id="approve_lock", responses=MOVED)
def approve_lock(
    id: LockId,  # noqa: A002 -- its name in the address
    body: ApproveBody,
    cases: Cases,
    access: HoldsLocks,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Approve of its promotion to an environment that demands approvals. Nobody approves what they have locked."""
    lock = seen(id, cases, access)
    access.to(body.to_environment, lock.scope)
    command = asked.command(reason=body.reason)
    outcome = cases.lock_configs.approve(lock, to_environment=body.to_environment, command=command, dry_run=dry_run)
    return lock_response(cases, id, outcome)


@router.post("/{id:uuid}/promote", operation_id="promote_lock", responses=MOVED)
def promote_lock(
    id: LockId,  # noqa: A002 -- its name in the address
    body: PromoteBody,
    cases: Cases,
    access: HoldsLocks,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Put the locked settings in force in another environment, under a production lock, which is the answer.

    What was in force there is what a rollback goes back to. A production lock there gives way, a candidate lock does
    not (423). In its own environment a candidate becomes a production lock.
    """
    lock = seen(id, cases, access)
    access.to(body.to_environment, lock.scope)
    command = asked.command(reason=body.reason)
    promote = cases.lock_configs.promote
    outcome = promote(lock, to_environment=body.to_environment, command=command, dry_run=dry_run)
    made = id if body.to_environment == lock.environment else promoted_id_of(command)
    return lock_response(cases, made, outcome)


@router.post("/{id:uuid}/rollback", operation_id="roll_lock_back", responses=MOVED)
def roll_lock_back(
    id: LockId,  # noqa: A002 -- its name in the address
    body: LockReason,
    cases: Cases,
    access: HoldsLocks,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Put in force again what was before a promotion, as it was then, and end the lock that the promotion made.

    The lock is the one that the promotion made, or the one that was promoted: then its newest promotion is meant.
    """
    lock = cases.lock_configs.promoted(seen(id, cases, access))
    access.to(lock.environment, lock.scope)
    outcome = cases.lock_configs.roll_back(lock, command=asked.command(reason=body.reason), dry_run=dry_run)
    return lock_response(cases, lock.id, outcome)


def seen(id_: UUID, cases: UseCases, access: Access) -> Lock:
    """A lock that the caller may do this with. Raises NotFound, Forbidden."""
    access.has_asked = True
    lock = cases.lock_configs.lock(id_)
    access.to(lock.environment, lock.scope)
    return lock


def lock_response(
    cases: UseCases, id_: UUID, outcome: Outcome | DryRun, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The lock as it is now."""
    return command_response(
        outcome, lambda _: lock_data(cases.lock_configs.lock(id_)), cases=cases, status=status, headers=headers
    )


AS_THEY_ARE = (
    "environment",
    "config_type",
    "config_version",
    "kind",
    "version_label",
    "config_hash",
    "ingest_run_id",
    "embedder_name",
    "tokenizer_name",
    "tokenizer_hash",
    "baseline_metrics",
    "checks",
    "status",
    "locked_by",
    "reason",
    "ended_by",
    "ended_because",
    "evidence",
)


def lock_data(lock: Lock) -> dict[str, Any]:
    back = lock.replaced
    return {
        "id": str(lock.id),
        "scope": lock.scope.kind,
        "scope_id": lock.scope.id or None,
        "user_id": lock.scope.id if lock.scope.kind == "user" else None,
        "collection_id": lock.scope.id if lock.scope.kind == "collection" else None,
        "config_id": str(lock.config_id),
        **{name: getattr(lock, name) for name in AS_THEY_ARE},
        "locked_at": rfc3339(lock.locked_us),
        "ended_at": None if lock.ended_us is None else rfc3339(lock.ended_us),
        "promoted_from": None if lock.promoted_from is None else str(lock.promoted_from),
        "promoted_to": [{"environment": name, "lock_id": str(one)} for name, one in lock.promoted_to],
        "approvals": [{"to_environment": name, "by": who} for name, who in lock.approvals],
        "rollback_to": None if back is None else {"config_id": str(back.config_id), "version": back.version},
    }
