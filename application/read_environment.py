"""The process layer: what environment variables say, recorded as events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from application.catalog import Catalog, Catalogs
from application.commands import Commands, DryRun, Outcome
from application.edit_configs import ConfigEditor, Draft, created_id
from application.ports import Command, EventStore
from application.resolve_config import ResolveConfig
from application.seal_secrets import opened
from application.unit_of_work import UnitOfWork
from domain.config_types.config_type import config_type_id
from domain.config_types.environment_variables import Reading, read
from domain.configs.fold import folded
from domain.configs.layer import Layer
from domain.configs.process_layer import ProcessLayer, process_layer_id
from domain.configs.scope import GLOBAL, Context
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.secrets.envelope import marked

MATERIALIZED = "from environment variables"  # the name of a global default that was copied from them


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value of the process layer that a higher layer hides from everybody."""

    config_type: str
    pointer: str
    variable: str | None
    value: Any
    hidden_by: str
    config_id: str | None
    hidden_value: Any


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did: the values now in the layer, what was wrong with which variable, and what is hidden."""

    outcome: Outcome | DryRun
    values: dict[str, Document]
    problems: tuple[tuple[str, str], ...]
    hidden: tuple[Hidden, ...]
    materialized: tuple[str, ...] = ()
    not_materialized: tuple[tuple[str, str], ...] = ()


class ReadEnvironment:
    """`variables` are names and texts, from the server's own environment or from a file."""

    def __init__(self, store: EventStore, catalogs: Catalogs, commands: Commands, resolve: ResolveConfig) -> None:
        self._store = store
        self._catalogs = catalogs
        self._commands = commands
        self._resolve = resolve

    def start(self, variables: Mapping[str, str], *, environment: str, command: Command) -> tuple[tuple[str, str], ...]:
        """Add what the layer lacks, and change nothing else.

        Answers the problems, by variable; never raises for them.
        """
        reading = self._read(variables)

        def decide(work: UnitOfWork) -> None:
            for name, values in reading.values.items():
                held = work.load(ProcessLayer, process_layer_id(environment, name))
                self._take(work, environment, name, {**values, **held.data}, reading=reading, command=command)

        trial = UnitOfWork(self._store)
        decide(trial)
        if trial.decision().aggregates:
            self._commands.execute(command, decide)
        return reading.problems

    def sync(
        self,
        variables: Mapping[str, str],
        *,
        environment: str,
        command: Command,
        remove_missing: bool = True,
        materialize: bool = False,
        dry_run: bool = False,
    ) -> Synced:
        """Make the layer say what the variables say. `remove_missing`: fields that no variable gives go.

        `materialize` also creates the global default of each type that has none: a copy, which hides later changes of
        the variables. Raises NotFound for an unknown environment.
        """
        self._catalogs.current().require_environment(environment)
        reading = self._read(variables)
        copies: dict[str, str | None] = {}

        def decide(work: UnitOfWork) -> None:
            copies.clear()
            self._sync(work, environment, reading, command, remove_missing=remove_missing)
            if materialize:
                copies.update(self._materialize(work, environment, command))

        outcome = self._commands.run(command, decide, dry_run=dry_run)
        made = tuple(name for name, problem in copies.items() if problem is None)
        failed = tuple((name, problem) for name, problem in copies.items() if problem is not None)
        hidden = () if dry_run else self._hidden(environment)
        return Synced(outcome, dict(reading.values), reading.problems, hidden, made, failed)

    def problems(self, variables: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """What is wrong with which variable; a value is never repeated."""
        return self._read(variables).problems

    def _read(self, variables: Mapping[str, str]) -> Reading:
        catalog = self._catalogs.current()
        return read(variables, catalog.definitions())

    def _sync(
        self, work: UnitOfWork, environment: str, reading: Reading, command: Command, *, remove_missing: bool
    ) -> None:
        for name in self._catalogs.current().types:
            values = reading.values.get(name, {})
            held = work.load(ProcessLayer, process_layer_id(environment, name))
            data = values if remove_missing else {**held.data, **values}
            self._take(work, environment, name, data, reading=reading, command=command)

    def _take(
        self, work: UnitOfWork, environment: str, name: str, data: Document, *, reading: Reading, command: Command
    ) -> None:
        definition = self._catalogs.current().definition(name)
        work.rely_on(config_type_id(name), definition.version)
        layer = work.load(ProcessLayer, process_layer_id(environment, name))
        known = {**layer.variables, **reading.variables.get(name, {})}
        layer.take(
            data,
            variables={field: known[field] for field in data if field in known},
            environment=environment,
            config_type=name,
            type_version=definition.version,
            stamp=command.stamp,
        )

    def _materialize(self, work: UnitOfWork, environment: str, command: Command) -> dict[str, str | None]:
        """Each type that was to be copied, with what stood in the way."""
        catalog, found = self._catalogs.current(), dict[str, str | None]()
        editor = ConfigEditor(work, catalog, command.stamp)
        for ordinal, name in enumerate(catalog.types):
            layer = work.load(ProcessLayer, process_layer_id(environment, name))
            slot = work.load(Slot, slot_id(environment, GLOBAL, name))
            if layer.data and slot.default is None:
                found[name] = self._copy_problem(catalog, name, layer)
                if found[name] is None:
                    data = opened(work.secrets, layer.data, stream=layer.id, version=layer.version)
                    draft = Draft(environment, GLOBAL, name, MATERIALIZED, data, is_default=True)
                    editor.create(draft, created_id(command, ordinal))
        return found

    def _copy_problem(self, catalog: Catalog, name: str, layer: ProcessLayer) -> str | None:
        definition = catalog.definition(name)
        if not self._store.secrets.can_seal and any(marked(layer.data)):
            return "it holds a secret, and there is no key to open it with: set VARVE_SECRET_KEYS"
        missing = definition.missing(folded(definition.defaults, [Layer("environment", "overlay", layer.data)]).value)
        if definition.mode == "overlay" or not missing:
            return None
        return f"not complete: no variable gives {', '.join(pointer[1:] for pointer in missing)}"

    def _hidden(self, environment: str) -> tuple[Hidden, ...]:
        """Values that even a context with no user and no collection does not get."""
        effective = self._resolve.effective(Context(environment))
        found = []
        for name, one in effective.types.items():
            for pointer, source in one.provenance().items():
                given = [hidden for hidden in source["shadowed"] if hidden["layer"] == "environment"]
                found += [
                    Hidden(name, pointer, None, hidden["value"], source["layer"], source["config_id"], source["value"])
                    for hidden in given
                ]
        return tuple(found)
