"""Indexes of applications: settings that shape one come into force with one that is ready."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.access import Access, HoldsLocks, ReadsConfigs
from api.answers import command_response, json_response
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, leads_to, responses
from api.rest.index_route import FINGERPRINT, scope_of
from application.commands import DryRun, Outcome
from application.manage_indexes import NewIndex, index_id_of
from application.use_cases import UseCases
from domain.releases.index import Index
from domain.times import rfc3339

router = APIRouter(prefix="/api/indexes", tags=["locks"], route_class=StrictRoute)

NEW: dict[str, Any] = {"environment": "production", "collection_id": "c-9", "table": "document_chunks"}
INDEX: dict[str, Any] = {
    "id": "2c3a4b0e-2f0c-5d1a-8a53-1f7c2f0f7b15",
    **NEW,
    "fingerprint": FINGERPRINT,
    "is_shadow": False,
    "lock_id": None,
    "version_label": None,
    "ingest_run_id": None,
    "status": "ready",
    "chunks": 5120,
    "of": 5120,
    "registered_at": "2026-11-20T10:00:00.000001Z",
    "registered_by": "u-1",
    "ready_at": "2026-11-20T12:00:00.000001Z",
    "live_since": None,
    "replaced_at": None,
    "kept_until": None,
    "dropped_at": None,
}
CREATED = responses(*COMMAND_FAULTS, ok={201: ("The index.", INDEX), 200: ("Dry run.", DRY_RUN)})
CREATED[201]["links"] = leads_to("read_index", "ready_index", "switch_index", id="$response.body#/id")
CHANGED = responses(*COMMAND_FAULTS, ok={200: ("The index as it is now.", INDEX)})


class NewIndexBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [NEW]})

    environment: str | None = None
    collection_id: str | None = Field(None, description="Of which collection; null for the global index.")
    fingerprint: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="As a refusal told it; left out: that of the settings in force."
    )
    table: str | None = Field(None, description="Where the application keeps it; a shadow's is named by its lock.")
    lock_id: UUID | None = Field(None, strict=False, description="The lock whose settings it is built with.")
    shadow: bool = Field(False, description="Make a table for it in the database of the environment.")
    reason: Reason = None


class Progress(Body):
    chunks: int | None = Field(None, ge=0, lt=2**53, description="So many are in it; of a shadow they are counted.")
    of: int | None = Field(None, ge=0, lt=2**53, description="So many there will be.")
    reason: Reason = None


class Why(Body):
    reason: Reason = None


@router.post("", operation_id="register_index", status_code=201, responses=CREATED)
def register_index(
    body: NewIndexBody, cases: Cases, access: HoldsLocks, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Say that an index is there, or is being built. From now on settings that shape it move with an index alone.

    With `shadow`, the table `document_chunks_…` is made for the lock, named by its label, in the database that
    VARVE_INDEX_URLS names for the environment.
    """
    environment = cases.default_environment if body.environment is None else body.environment
    scope = scope_of(body.collection_id)
    access.to(environment, scope)
    lock = None if body.lock_id is None else cases.lock_configs.lock(body.lock_id)
    if lock is not None:
        access.to(lock.environment, lock.scope)
    new = NewIndex(environment, scope, body.fingerprint, body.table, lock, body.shadow)
    command = asked.command(reason=body.reason)
    outcome = cases.manage_indexes.register(new, command=command, dry_run=dry_run)
    location = {"Location": f"{router.prefix}/{index_id_of(command)}"}
    return index_response(cases, index_id_of(command), outcome, status=201, headers=location)


@router.get(
    "",
    operation_id="list_indexes",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The indexes.", {"items": [INDEX], "next": None})}),
)
def list_indexes(
    cases: Cases,
    access: ReadsConfigs,
    environment: str | None = None,
    dropped: Annotated[bool, Query(description="Those too that were dropped.")] = False,
) -> Response:
    """The indexes that the caller may see, oldest first."""
    access.has_asked = True
    found = cases.manage_indexes.indexes(environment)
    shown = [one for one in found if (dropped or one.is_kept) and access.sees(one.environment, one.scope)]
    content = {"items": [index_data(one) for one in shown], "next": None}
    return json_response(content, cases=cases, position=cases.progress.visible)


@router.get(
    "/{id:uuid}",
    operation_id="read_index",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The index.", INDEX)}),
)
def read_index(id: UUID, cases: Cases, access: ReadsConfigs) -> Response:  # noqa: A002 -- its name in the address
    """One index, dropped or not."""
    index = seen(id, cases, access)
    return json_response(index_data(index), cases=cases, position=cases.progress.visible)


@router.post("/{id:uuid}/progress", operation_id="progress_of_index", responses=CHANGED)
def progress_of_index(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Progress,
    cases: Cases,
    access: HoldsLocks,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Say how far an index is filled."""
    index, command = seen(id, cases, access), asked.command(reason=body.reason)
    progress = cases.manage_indexes.progress
    outcome = progress(index, chunks=body.chunks, of=body.of, command=command, dry_run=dry_run)
    return index_response(cases, id, outcome)


@router.post("/{id:uuid}/ready", operation_id="ready_index", responses=CHANGED)
def ready_index(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Why,
    cases: Cases,
    access: HoldsLocks,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Say that an index is whole: settings of its fingerprint may come into force, and reads follow them to it.

    A shadow is looked into: it has chunks, none over the token budget, and all of its lock's version and run.
    """
    index, command = seen(id, cases, access), asked.command(reason=body.reason)
    return index_response(cases, id, cases.manage_indexes.ready(index, command=command, dry_run=dry_run))


@router.post("/{id:uuid}/switch", operation_id="switch_index", responses=CHANGED)
def switch_index(
    id: UUID,  # noqa: A002 -- its name in the address
    body: Why,
    cases: Cases,
    access: HoldsLocks,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Let reads go to this index, built with the settings in force; the one before is kept for 48 hours.

    Where its settings are not in force yet, bring them into force: reads follow in the same commit.
    """
    index, command = seen(id, cases, access), asked.command(reason=body.reason)
    return index_response(cases, id, cases.manage_indexes.switch(index, command=command, dry_run=dry_run))


@router.delete("/{id:uuid}", operation_id="drop_index", responses=CHANGED)
def drop_index(
    id: UUID,  # noqa: A002 -- its name in the address
    cases: Cases,
    access: HoldsLocks,
    asked: Asked,
    confirm: Annotated[str, Query(max_length=255, description="The name of its table; its id where it has none.")],
    force: Annotated[bool, Query(description="Although it was read until less than 48 hours ago.")] = False,
    dry_run: DryRunFlag = False,
    reason: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Forget an index; the table of a shadow is dropped, any other is left alone."""
    index, command = seen(id, cases, access), asked.command(reason=reason)
    outcome = cases.manage_indexes.drop(index, confirm=confirm, force=force, command=command, dry_run=dry_run)
    return index_response(cases, id, outcome)


def seen(id_: UUID, cases: UseCases, access: Access) -> Index:
    """An index that the caller may do this with. Raises NotFound, Forbidden."""
    access.has_asked = True
    index = cases.manage_indexes.index(id_)
    access.to(index.environment, index.scope)
    return index


def index_response(
    cases: UseCases, id_: UUID, outcome: Outcome | DryRun, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The index as it is now."""
    return command_response(
        outcome, lambda _: index_data(cases.manage_indexes.index(id_)), cases=cases, status=status, headers=headers
    )


AS_THEY_ARE = (
    "environment",
    "table",
    "fingerprint",
    "is_shadow",
    "version_label",
    "ingest_run_id",
    "status",
    "chunks",
    "of",
    "registered_by",
)
TIMES = {
    "registered_at": "registered_us",
    "ready_at": "ready_us",
    "live_since": "live_us",
    "replaced_at": "replaced_us",
    "kept_until": "kept_until_us",
    "dropped_at": "dropped_us",
}


def index_data(index: Index) -> dict[str, Any]:
    times = {name: getattr(index, at) for name, at in TIMES.items()}
    return {
        "id": str(index.id),
        "collection_id": index.scope.id or None,
        **{name: getattr(index, name) for name in AS_THEY_ARE},
        "lock_id": None if index.lock_id is None else str(index.lock_id),
        **{name: None if at is None else rfc3339(at) for name, at in times.items()},
    }
