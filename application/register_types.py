"""Define config types, and tell what a definition would do to what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.assemble import layer_of
from application.catalog import Catalogs
from application.commands import Commands, DryRun, Outcome
from application.ports import Command, EventStore, Views
from application.unit_of_work import UnitOfWork
from application.views import LayerRow
from domain.config_types.config_type import ConfigType, config_type_id
from domain.config_types.definition import TypeDefinition
from domain.config_types.schema import checked
from domain.config_types.spec import TypeSpec
from domain.configs.fold import folded
from domain.configs.merge import merged
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import Conflict, Fault, StaleVersion


@dataclass(frozen=True, slots=True)
class Affected:
    """A live config that a definition does not allow."""

    environment: str
    scope: str
    config_id: str
    version: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a definition, and which live configs are not valid under it."""

    outcome: Outcome | DryRun
    invalid: tuple[Affected, ...]


class RegisterTypes:
    def __init__(self, store: EventStore, views: Views, catalogs: Catalogs, commands: Commands) -> None:
        self._store = store
        self._views = views
        self._catalogs = catalogs
        self._commands = commands

    def define(
        self,
        spec: TypeSpec,
        *,
        command: Command,
        force: bool = False,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Registered:
        """Define a type, or define it anew.

        Raises InvalidType; Conflict for a built-in type, and where live configs would become invalid, unless forced.
        """
        compiled = checked(spec.name, spec.schema, spec.rules, spec.mode)
        invalid: list[Affected] = []

        def decide(work: UnitOfWork) -> None:
            config_type = work.load(ConfigType, config_type_id(compiled.name))
            _require_custom(config_type)
            _require_version(config_type, expected_version)
            invalid[:] = self.invalid_under(compiled)
            if invalid and not (force or dry_run):
                raise _would_break(compiled.name, invalid)
            config_type.define(spec.to_data(), stamp=command.stamp)

        outcome = self._commands.run(command, decide, dry_run=dry_run, at_head=True)
        return Registered(outcome, tuple(invalid))

    def invalid_under(self, definition: TypeDefinition) -> list[Affected]:
        """The configs in force that this definition does not allow, each by itself."""
        found = []
        for environment, row in self._views.in_force(None, definition.name):
            layer = layer_of(row)
            if layer.mode == "replace":
                violations = definition.violations(merged(definition.defaults, layer.data))
            else:
                violations = definition.partial_violations(layer.data)
            if violations:
                faults = tuple(violation.fault() for violation in violations)
                found.append(
                    Affected(
                        environment, str(Scope(row.scope_kind, row.scope_id)), str(UUID(row.id)), row.version, faults
                    )
                )
        return found

    def verify(self, name: str, schema: Document) -> dict[str, Any]:
        """Which live answers an application's own model, a JSON Schema, could not read; which fields the type lacks.

        Raises NotFound, InvalidType.
        """
        definition = self._catalogs.current().definition(name)
        model = {**schema, "type": "object"}
        reader = checked("model", model, (), "replace")
        unreadable = [
            {"environment": environment, "scope": scope, "faults": [fault_data(v.fault()) for v in violations]}
            for environment, scope, value in self._live_values(definition)
            if (violations := reader.violations(value))
        ]
        known = definition.schema.get("properties", {})
        lacking = sorted(field for field in schema.get("properties", {}) if field not in known)
        return {"unreadable": unreadable, "fields_lacking": lacking}

    def _live_values(self, definition: TypeDefinition) -> Iterator[tuple[str, str, Document]]:
        """What each slot in force gives over process and global."""
        base: dict[str, dict[str, LayerRow]] = {}
        rows = list(self._views.in_force(None, definition.name))
        for environment, row in rows:
            if row.scope_kind in ("process", "global"):
                base.setdefault(environment, {})[row.scope_kind] = row
        for environment, row in rows:
            below = [base.get(environment, {}).get(kind) for kind in ("process", "global")]
            stack = [one for one in below if one is not None and one.id != row.id]
            if row.scope_kind == "process":
                stack = []
            value = folded(definition.defaults, [layer_of(one) for one in (*stack, row)]).value
            if not definition.missing(value):
                yield environment, str(Scope(row.scope_kind, row.scope_id)), value


def fault_data(fault: Fault) -> dict[str, Any]:
    """A fault as it is served."""
    return {"pointer": fault.pointer, "message": fault.message, "rule": fault.rule, **(fault.sides or {})}


def _require_custom(config_type: ConfigType) -> None:
    if config_type.definition is not None and config_type.definition["revision"] is not None:
        raise Conflict("this type is built in: define one of your own, under another name")


def _require_version(config_type: ConfigType, expected_version: int | None) -> None:
    if expected_version is not None and config_type.version != expected_version:
        message = f"this type is at version {config_type.version}, and If-Match names {expected_version}: read it again"
        raise StaleVersion(message)


def _would_break(name: str, invalid: list[Affected]) -> Conflict:
    shown = ", ".join(f"{one.scope} in {one.environment}" for one in invalid[:10])
    more = f" and {len(invalid) - 10} more" if len(invalid) > 10 else ""
    faults = [fault.under(f"/{one.environment}/{one.scope}") for one in invalid[:100] for fault in one.faults]
    detail = f"{len(invalid)} live configs of {name} would become invalid ({shown}{more}): change them first, or force"
    return Conflict(detail, faults=faults)
