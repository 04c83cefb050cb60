"""Configs: create, read, list, change, delete, and say which is in force."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.access import ChangesConfigs, ReadsConfigs
from api.answers import command_response, gone_response, json_response, matches, moment_headers
from api.conditions import ExpectedVersion
from api.deps import Asked, AtPosition, Cases, DryRunFlag, MomentAsked, StrictRoute, catalog_of, show
from api.rest.bodies import CreateConfig, SetActive, SetDefault, UpdateConfig
from api.rest.examples import COMMAND_FAULTS, CONFIG, DRY_RUN, leads_to, responses
from api.rest.proposals import WAITING, DirectChange, environment_of, wish_of, wish_to_change
from api.rest.shapes import config_data
from application.catalog import Catalog
from application.commands import DryRun, Outcome
from application.draft_changes import Wish
from application.edit_configs import created_id
from application.ports import Command
from application.use_cases import UseCases
from application.views import ConfigFilter
from domain.errors import InvalidRequest, NotFound

router = APIRouter(prefix="/api/runtime-configs", tags=["configs"], route_class=StrictRoute)

OF_ONE = (
    "read_config",
    "update_config",
    "set_default",
    "set_active",
    "config_history",
    "rollback_config",
    "delete_config",
)
CREATED = responses(
    *COMMAND_FAULTS, ok={201: ("Created.", CONFIG), 202: WAITING, 200: ("What would be recorded (`dry_run`).", DRY_RUN)}
)
CREATED[201]["links"] = leads_to(*OF_ONE, config_id="$response.body#/id")


def config_response(
    cases: UseCases,
    config_id: UUID,
    outcome: Outcome | DryRun,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """The config as the commit left it: the first time, and whenever the same command comes again."""
    return command_response(
        outcome,
        lambda done: config_data(cases.inspect_config.after(config_id, done)),
        cases=cases,
        status=status,
        headers=headers,
    )


@router.post(
    "/",
    operation_id="create_config",
    status_code=201,
    responses=CREATED,
)
def create_config(
    body: CreateConfig, cases: Cases, access: ChangesConfigs, asked: Asked, dry_run: DryRunFlag = False
) -> Response:
    """Create a config, and bring it into force in the same commit where `is_default` says so."""
    command = asked.command(reason=body.reason)
    draft = body.draft(environment=cases.default_environment)
    access.to(draft.environment, draft.scope)
    config_id, owner = created_id(command), access.claims(draft.environment, draft.scope)
    marks: dict[str, Any] = {"status": 201, "headers": {"Location": f"{router.prefix}/{config_id}"}}
    return DirectChange(cases, command, draft.environment, dry_run).answered(
        lambda: wish_of(draft),
        lambda: cases.edit_configs.create(draft, owner=owner, command=command, force=body.force, dry_run=dry_run),
        lambda outcome: config_response(cases, config_id, outcome, **marks),
    )


@router.get(
    "/",
    operation_id="list_configs",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("A page.", {"items": [CONFIG], "next": None})}),
)
def list_configs(
    request: Request,
    cases: Cases,
    access: ReadsConfigs,
    asked: MomentAsked,
    environment: Annotated[str | None, Query(description="The default environment where it is not named.")] = None,
    scope: Annotated[str | None, Query(description="global, user, collection, another kind, or kind:id")] = None,
    config_type: str | None = None,
    user_id: str | None = None,
    collection_id: str | None = None,
    name: Annotated[
        str | None, Query(max_length=255, description="Any part of the name, in upper or lower case.")
    ] = None,
    is_active: bool | None = None,
    is_default: bool | None = None,
    cursor: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """List and search configs, now or as of a moment; the process layer is not one."""
    reach = access.reach(environment)
    moment = asked.found(cases)
    kind, id_ = _scope_filter(scope, user_id, collection_id)
    place = cases.default_environment if environment is None else environment
    wanted = ConfigFilter(place, kind, id_, config_type, name, is_active, is_default, seen_by=reach)
    _require_known(catalog_of(cases, moment), wanted)
    page = cases.views.configs(wanted, after=cursor, limit=limit, position=moment.position if moment else None)
    show(cases, page.position)
    headers = moment_headers(moment)
    if page.next:
        following = request.url.include_query_params(cursor=str(page.next))
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    content = {"items": [config_data(view) for view in page.items], "next": str(page.next) if page.next else None}
    return json_response(content, cases=cases, position=page.position, headers=headers)


def _require_known(catalog: Catalog, wanted: ConfigFilter) -> None:
    """Refuse what nothing can meet. Raises NotFound for a type or an environment, InvalidRequest for a kind."""
    if wanted.environment is not None:
        catalog.require_environment(wanted.environment)
    if wanted.config_type is not None:
        catalog.row(wanted.config_type)
    if wanted.scope_kind is not None:
        catalog.ladder.rank(wanted.scope_kind)


def _scope_filter(scope: str | None, user_id: str | None, collection_id: str | None) -> tuple[str | None, str | None]:
    """Kind and id, either of them None for any. Raises InvalidRequest where two different scopes are named."""
    named: list[tuple[str, str | None]] = [("user", user_id)] if user_id is not None else []
    named += [("collection", collection_id)] if collection_id is not None else []
    kind, _, id_ = (scope or "").partition(":")
    if scope is not None and (id_ or kind not in dict(named)):
        named.append((kind, id_ or None))
    if len(set(named)) > 1:
        message = "a config has one scope: filter by scope, user_id or collection_id"
        raise InvalidRequest.at("/scope", message, "scope_filter")
    return named[0] if named else (None, None)


@router.get(
    "/{config_id:uuid}",
    operation_id="read_config",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("The config.", CONFIG)}, empty={304: "Unchanged since it was read."}),
)
def read_config(
    config_id: UUID,
    request: Request,
    cases: Cases,
    access: ReadsConfigs,
    asked: MomentAsked,
    version: Annotated[int | None, Query(ge=1, lt=2**31, description="The config as it was at this version.")] = None,
) -> Response:
    """Read a config: as it is, as of a moment, or at a version. Its ETag is its version."""
    access.to_config(config_id)
    moment = asked.found(cases)
    if version is not None and moment is not None:
        raise InvalidRequest.at("/version", "name one: a moment, or a version", "one_moment")
    position = moment.position if moment else cases.progress.visible
    view = cases.views.config(config_id, position=moment.position if moment else None, version=version)
    if view is None or (view.is_deleted and version is None):
        raise NotFound(f"there is no config {config_id}{' at that moment' if moment else ''}")
    etag = f'"{view.version}"'
    position = position if moment else max(position, view.position)
    show(cases, position)
    if matches(request, etag):
        return Response(status_code=304, headers={"ETag": etag, "Varve-Position": str(position)})
    headers = {"ETag": etag, **moment_headers(moment)}
    return json_response(config_data(view), cases=cases, position=position, headers=headers)


@router.put(
    "/{config_id:uuid}",
    operation_id="update_config",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The config as it is now.", CONFIG), 202: WAITING}),
)
def update_config(
    config_id: UUID,
    body: UpdateConfig,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Change the fields given; what is left out stays. What changes nothing records nothing."""
    access.to_config(config_id)
    command = asked.command(reason=body.reason)
    return _updated(cases, config_id, body.changes(), command, expected=expected, force=body.force, dry_run=dry_run)


@router.delete(
    "/{config_id:uuid}",
    operation_id="delete_config",
    status_code=204,
    responses=responses(
        *COMMAND_FAULTS,
        ok={202: WAITING, 200: ("What would be recorded (`dry_run`).", DRY_RUN)},
        empty={204: "Deleted."},
    ),
)
def delete_config(
    config_id: UUID,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
    reason: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Delete a config: it is in force nowhere, its name is free again, its history stays."""
    access.to_config(config_id)
    command = asked.command(reason=reason)
    return DirectChange(cases, command, environment_of(cases, config_id), dry_run).answered(
        lambda: Wish("config", {}, config_id=config_id, deletes=True, base_version=expected),
        lambda: cases.edit_configs.delete(config_id, command=command, expected_version=expected, dry_run=dry_run),
        lambda outcome: gone_response(outcome, cases=cases),
    )


@router.put(
    "/{config_id:uuid}/default",
    operation_id="set_default",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The config as it is now.", CONFIG), 202: WAITING}),
)
def set_default(
    config_id: UUID,
    body: SetDefault,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Make it the default of its slot (the other gives it up in the same commit), or unmake it."""
    access.to_config(config_id)
    changes = {"is_default": body.is_default}
    command = asked.command(reason=body.reason)
    return _updated(cases, config_id, changes, command, expected=expected, force=body.force, dry_run=dry_run)


@router.put(
    "/{config_id:uuid}/active",
    operation_id="set_active",
    responses=responses(*COMMAND_FAULTS, ok={200: ("The config as it is now.", CONFIG), 202: WAITING}),
)
def set_active(
    config_id: UUID,
    body: SetActive,
    cases: Cases,
    access: ChangesConfigs,
    asked: Asked,
    expected: ExpectedVersion,
    dry_run: DryRunFlag = False,
) -> Response:
    """Switch it on or off: an inactive config is passed over, and an inactive default stays the default."""
    access.to_config(config_id)
    changes = {"is_active": body.is_active}
    command = asked.command(reason=body.reason)
    return _updated(cases, config_id, changes, command, expected=expected, force=body.force, dry_run=dry_run)


def _updated(
    cases: UseCases,
    config_id: UUID,
    changes: dict[str, Any],
    command: Command,
    *,
    expected: int | None,
    force: bool,
    dry_run: bool,
) -> Response:
    marks: dict[str, Any] = {"command": command, "expected_version": expected, "force": force, "dry_run": dry_run}
    return DirectChange(cases, command, environment_of(cases, config_id), dry_run).answered(
        lambda: wish_to_change(config_id, changes, expected_version=expected),
        lambda: cases.edit_configs.update(config_id, changes, **marks),
        lambda outcome: config_response(cases, config_id, outcome),
    )
