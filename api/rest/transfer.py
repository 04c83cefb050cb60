"""Settings in and out: bundles, documents of other systems, files of environment variables."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import PurePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access import Access, Imports, ReadsConfigs
from api.answers import command_response, json_response
from api.deps import Asked, AtPosition, Cases, DryRunFlag, StrictRoute
from api.rest.bodies import Body, Reason
from api.rest.examples import COMMAND_FAULTS, responses
from api.rest.installation import synced_data
from application.commands import DryRun
from application.map_file import mapping_from_document, mapping_from_options
from application.ports import Command
from application.read_environment import Synced
from application.read_files import holds_variables, named_sections, settings_among
from application.transfer import Imported
from application.use_cases import UseCases
from domain.configs.scope import Scope
from domain.documents import Document

router = APIRouter(prefix="/api", tags=["transfer"], route_class=StrictRoute)

BUNDLE = {
    "varve_bundle": 1,
    "ladder": ["global", "user", "collection"],
    "types": [],
    "environment_variables": {"production": {"llm": {"temperature": 0.7}}},
    "configs": [
        {
            "environment": "production",
            "scope": "collection:c-9",
            "config_type": "chunking",
            "name": "contracts",
            "description": None,
            "mode": "replace",
            "config_data": {"max_chunk_size": 1500},
            "unset": [],
            "is_default": True,
            "is_active": True,
        }
    ],
    "profiles": [
        {
            "environment": "production",
            "name": "experimental_v1",
            "description": None,
            "is_active": True,
            "settings": {"llm": {"temperature": 0.2}},
        }
    ],
}
IMPORTED = {
    "kind": "bundle",
    "dry_run": False,
    "created": 1,
    "updated": 0,
    "unchanged": 0,
    "types_defined": [],
    "variables_changed": 1,
    "ladder_changed": False,
    "profiles_changed": 0,
    "position": 1042,
    "repeated": False,
    "commits": 1,
    "dropped": [],
    "unmapped": [],
}


class BundleImport(Body):
    """What `varve export` wrote; `{"varve_bundle": 1, "builtin": ["platform"]}` loads types that ship."""

    kind: Literal["bundle"]
    bundle: Document
    atomic: bool = Field(False, description="All in one commit, or nothing: at most 10,000 events.")
    reason: Reason = None


class DocumentImport(Body):
    """A nested document of another system, and what its sections are for."""

    kind: Literal["document"]
    document: Document
    mapping: Document = Field({}, description="As in a map file: `map` and `ignore`.")
    map: list[str] = Field([], max_length=1000, description="PATH=TYPE, such as rag.chunking=chunking; over `mapping`.")
    define: bool = Field(False, description="Make types for sections that have none.")
    environment: str | None = None
    scope: str = Field("global", description="global, or kind:id")
    name: str = Field("imported", description="The name of the configs.")
    reason: Reason = None


class VariablesImport(Body):
    """Environment variables, as a `.env` file holds them."""

    kind: Literal["env"]
    variables: dict[str, str]
    environment: str | None = None
    replace: bool = Field(False, description="Take out of the layer what no variable gives.")
    materialize: bool = Field(
        False, description="Also copy the values into a global default of each type that has none."
    )
    reason: Reason = None


class FileImport(Body):
    """A file as it is; the service reads it. One that holds no bundle is a document, whose sections may name types."""

    kind: Literal["file"]
    name: str = Field(max_length=255, description="Ends in .toml, .yaml, .yml, .json or .env, which says what it is.")
    text: str
    define: bool = Field(False, description="Make types for sections that have none.")
    environment: str | None = None
    reason: Reason = None

    def understood(self, cases: UseCases) -> BundleImport | DocumentImport | VariablesImport:
        """What it asks for. Raises InvalidFile with line and column."""
        own: dict[str, Any] = {"environment": self.environment, "reason": self.reason}
        if holds_variables(self.name):
            found = cases.text_files.variables(self.text, name=self.name)
            return VariablesImport(kind="env", variables=settings_among(found), **own)
        document = cases.text_files.document(self.text, name=self.name)
        if "varve_bundle" in document:
            return BundleImport(kind="bundle", bundle=document, reason=self.reason)
        sections = named_sections(document, types=frozenset(cases.catalogs.current().types))
        name = PurePath(self.name).stem
        return DocumentImport(kind="document", document=document, map=sections, define=self.define, name=name, **own)


Import = Annotated[BundleImport | DocumentImport | VariablesImport | FileImport, Field(discriminator="kind")]


@router.post(
    "/imports",
    operation_id="import_settings",
    responses=responses(*COMMAND_FAULTS, ok={200: ("What was imported, or would be.", IMPORTED)}),
)
def import_settings(body: Import, cases: Cases, access: Imports, asked: Asked, dry_run: DryRunFlag = False) -> Response:
    """Import a bundle, a document, environment variables, or a file as it is.

    The same again records nothing; a fault stores nothing.
    """
    if isinstance(body, FileImport):
        body = body.understood(cases)
    _require_allowed(access, body)
    command = asked.command(reason=body.reason)
    if isinstance(body, VariablesImport):
        return _synced(_sync(body, cases, command, dry_run=dry_run), cases)
    if isinstance(body, BundleImport):
        done = cases.transfer.import_bundle(body.bundle, command=command, atomic=body.atomic, dry_run=dry_run)
    else:
        done = _import_document(body, cases, command, dry_run=dry_run)
    return _imported(body.kind, done, cases, dry_run=dry_run)


def _require_allowed(access: Access, body: BundleImport | DocumentImport | VariablesImport) -> None:
    if isinstance(body, BundleImport):
        access.to_all()
        return
    access.to(body.environment)
    if isinstance(body, DocumentImport) and body.define:
        access.to_all()


def _import_document(body: DocumentImport, cases: UseCases, command: Command, *, dry_run: bool) -> Imported:
    named = mapping_from_document(body.mapping, name="mapping")
    return cases.transfer.import_mapped(
        body.document,
        mapping=mapping_from_options(body.map).over(named),
        environment=body.environment or cases.default_environment,
        scope=Scope.parse(body.scope),
        name=body.name,
        define=body.define,
        command=command,
        dry_run=dry_run,
    )


def _sync(body: VariablesImport, cases: UseCases, command: Command, *, dry_run: bool) -> Synced:
    return cases.read_environment.sync(
        body.variables,
        environment=body.environment or cases.default_environment,
        command=command,
        remove_missing=body.replace,
        materialize=body.materialize,
        dry_run=dry_run,
    )


def _imported(kind: str, done: Imported, cases: UseCases, *, dry_run: bool) -> Response:
    content: dict[str, Any] = {"kind": kind, "dry_run": dry_run, **asdict(done)}
    headers = {} if content.pop("visible") else {"Varve-Visible": "false"}
    position = cases.progress.visible if done.position is None else done.position
    return json_response(content, cases=cases, position=position, headers=headers)


def _synced(synced: Synced, cases: UseCases) -> Response:
    dry_run = isinstance(synced.outcome, DryRun)
    content = {"kind": "env", "dry_run": dry_run, **synced_data(synced)}
    if isinstance(synced.outcome, DryRun):
        return json_response(content, cases=cases, position=cases.progress.visible)
    return command_response(synced.outcome, lambda _: content, cases=cases)


@router.get(
    "/exports",
    operation_id="export_settings",
    dependencies=[AtPosition],
    responses=responses(400, 404, 503, ok={200: ("A bundle.", BUNDLE)}),
)
def export_settings(
    cases: Cases,
    access: ReadsConfigs,
    environment: Annotated[str | None, Query(description="Only this one; all where none is named.")] = None,
) -> Response:
    """The settings that there are, as a bundle that an import takes: equal settings give equal bytes."""
    if environment is None:
        access.to_all()
    else:
        access.to(environment)
    position = cases.progress.visible
    return json_response(cases.transfer.export(environment), cases=cases, position=position)
