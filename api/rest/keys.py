"""API keys, and the owners of collections."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.access import Access, ManagesKeys
from api.answers import command_response, json_response
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, DRY_RUN, leads_to, responses
from application.commands import Outcome
from application.manage_keys import key_id_of, new_secret, unknown_key
from application.use_cases import UseCases
from domain.access.api_key import Grant, KnownKey, written
from domain.access.roles import Role
from domain.configs.scope import Scope
from domain.errors import InvalidRequest
from domain.times import microseconds, rfc3339

router = APIRouter(prefix="/api", tags=["access"], route_class=StrictRoute)

KEY = {
    "id": "1f0c8a44b7be5a7f9f6d0d6f0f3a9b1c",
    "label": "answering service",
    "role": "reader",
    "environments": ["production"],
    "user_id": None,
    "collection_id": None,
    "expires_at": None,
    "issued_at": "2026-11-20T10:00:00.000001Z",
    "issued_by": "anonymous",
    "revoked_at": None,
    "is_live": True,
}
ISSUED = {**KEY, "api_key": "varve_1f0c8a44b7be5a7f9f6d0d6f0f3a9b1c_aN3…"}
OWNER = {"environment": "production", "collection_id": "c-9", "user_id": "u-1"}

ISSUED_KEY = responses(
    *COMMAND_FAULTS, ok={201: ("The key; its secret is told this once.", ISSUED), 200: ("Dry run.", DRY_RUN)}
)
ISSUED_KEY[201]["links"] = leads_to("read_key", "revoke_key", key_id="$response.body#/id")

KeyId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


class KeyBody(Body):
    label: str = Field(max_length=255, description="Who uses it.")
    role: Role = Field(strict=False)
    environments: list[str] = Field(max_length=100, description='["*"] for every one.')
    user_id: str | None = Field(None, description="Bind it to this user.")
    collection_id: str | None = Field(None, description="Bind it to this collection.")
    expires_at: str | None = Field(None, max_length=100, description="A time with its offset; never if absent.")
    reason: Reason = None

    def grant(self) -> Grant:
        return Grant.checked(self.role, self.environments, user_id=self.user_id, collection_id=self.collection_id)

    def expires_us(self) -> int | None:
        if self.expires_at is None:
            return None
        found = microseconds(self.expires_at)
        if found is None:
            message = "expires_at is a time with its offset, such as 2027-11-20T10:00:00Z"
            raise InvalidRequest.at("/expires_at", message, "time")
        return found


class OwnerBody(Body):
    environment: str | None = None
    user_id: str | None = Field(description="The user who owns it from now on; null for nobody.")
    reason: Reason = None


@router.post(
    "/keys",
    operation_id="issue_key",
    status_code=201,
    responses=ISSUED_KEY,
)
def issue_key(body: KeyBody, cases: Cases, access: ManagesKeys, asked: Asked, dry_run: DryRunFlag = False) -> Response:
    """Issue an API key. Of its secret only a digest is kept: `api_key` is in this answer, and in no other.

    The same request again (Idempotency-Key) tells the key without its secret.
    """
    grant = body.grant()
    for environment in grant.environments:
        access.to(environment)
    command, secret = asked.command(reason=body.reason), new_secret()
    outcome = cases.manage_keys.issue(
        grant,
        label=body.label,
        secret=secret,
        expires_us=body.expires_us(),
        now_us=now_us(),
        command=command,
        dry_run=dry_run,
    )
    key_id = key_id_of(command)

    def content(outcome: Outcome) -> dict[str, Any]:
        api_key = None if outcome.repeated else written(key_id, secret)
        return {**key_data(cases.manage_keys.known(key_id)), "api_key": api_key}

    headers = {"Location": f"{router.prefix}/keys/{key_id}", "Cache-Control": "no-store"}
    return command_response(outcome, content, cases=cases, status=201, headers=headers)


@router.get(
    "/keys",
    operation_id="list_keys",
    dependencies=[AtPosition],
    responses=responses(400, 503, ok={200: ("Every key.", {"items": [KEY], "next": None})}),
)
def list_keys(
    cases: Cases,
    access: ManagesKeys,
    is_live: Annotated[bool | None, Query(description="Only keys that are good, or only the others.")] = None,
) -> Response:
    """The keys of the environments that the caller administers, oldest first; never a secret."""
    access.to_installation()
    shown = [key_data(one) for one in cases.manage_keys.all() if manages(access, one)]
    items = [one for one in shown if is_live is None or one["is_live"] is is_live]
    return json_response({"items": items, "next": None}, cases=cases, position=cases.progress.visible)


@router.get(
    "/keys/{key_id}",
    operation_id="read_key",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The key.", KEY)}),
)
def read_key(key_id: KeyId, cases: Cases, access: ManagesKeys) -> Response:
    """One key; never its secret."""
    return json_response(key_data(managed(key_id, cases, access)), cases=cases, position=cases.progress.visible)


@router.delete(
    "/keys/{key_id}",
    operation_id="revoke_key",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The key, which opens nothing any more.", KEY)}),
)
def revoke_key(
    key_id: KeyId,
    cases: Cases,
    access: ManagesKeys,
    asked: Asked,
    dry_run: DryRunFlag = False,
    reason: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Revoke a key: it opens nothing from now on, in every process within moments."""
    managed(key_id, cases, access)
    outcome = cases.manage_keys.revoke(key_id, command=asked.command(reason=reason), dry_run=dry_run)
    return command_response(outcome, lambda _: key_data(cases.manage_keys.known(key_id)), cases=cases)


@router.put(
    "/collections/{collection_id}/owner",
    operation_id="assign_owner",
    responses=responses(*COMMAND_FAULTS, ok={200: ("Whose it is now.", OWNER)}),
)
def assign_owner(
    collection_id: str,
    body: OwnerBody,
    cases: Cases,
    access: ManagesKeys,
    asked: Asked,
    dry_run: DryRunFlag = False,
) -> Response:
    """Give a collection to a user, whose editors' keys and tokens may then change its configs."""
    environment = cases.default_environment if body.environment is None else body.environment
    access.to(environment)
    outcome = cases.manage_keys.assign_owner(
        environment,
        Scope.checked("collection", collection_id, at="/collection_id"),
        owner=body.user_id,
        command=asked.command(reason=body.reason),
        dry_run=dry_run,
    )
    content = {"environment": environment, "collection_id": collection_id, "user_id": body.user_id}
    return command_response(outcome, lambda _: content, cases=cases)


def managed(key_id: str, cases: UseCases, access: Access) -> KnownKey:
    """A key that the caller administers. Raises NotFound for any other."""
    access.to_installation()
    known = cases.manage_keys.known(key_id)
    if not manages(access, known):
        raise unknown_key(key_id)
    return known


def manages(access: Access, key: KnownKey) -> bool:
    return all(access.administers(environment) for environment in key.grant.environments)


def key_data(key: KnownKey) -> dict[str, Any]:
    grant = key.grant
    return {
        "id": key.key_id,
        "label": key.label,
        "role": grant.role,
        "environments": grant.environments,
        "user_id": grant.user_id,
        "collection_id": grant.collection_id,
        "expires_at": None if key.expires_us is None else rfc3339(key.expires_us),
        "issued_at": rfc3339(key.issued_us),
        "issued_by": key.issued_by,
        "revoked_at": None if key.revoked_us is None else rfc3339(key.revoked_us),
        "is_live": key.is_live(now_us=now_us()),
    }


def now_us() -> int:
    """The clock that keys expire by."""
    return time.time_ns() // 1000
