"""Changes that are only thought of: carried out in a unit of work that nobody records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from application.catalog import Catalog
from application.edit_configs import ConfigEditor, Draft
from application.ports import EventStore
from application.seal_secrets import Holder
from application.unit_of_work import UnitOfWork
from domain.config_types.definition import Mode, TypeDefinition
from domain.configs.config import Config
from domain.configs.layer import Layer
from domain.configs.process_layer import ProcessLayer, process_layer_id
from domain.configs.scope import PROCESS, Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import InvalidConfig, InvalidRequest, Refusal
from domain.previews.difference import empty
from domain.secrets.envelope import shown
from domain.stamp import Stamp

_NOBODY = Stamp("preview", "preview")


@dataclass(frozen=True, slots=True)
class PutConfig:
    """This is in force in its slot, in the place of what is there now. `mode` None: the type's own."""

    scope: Scope
    config_type: str
    data: Document
    mode: Mode | None = None
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeConfig:
    """Fields of a config change: data, mode, unset, is_active, is_default, as `ConfigEditor.update` takes them."""

    config_id: UUID
    changes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeleteConfig:
    config_id: UUID


@dataclass(frozen=True, slots=True)
class PutVariables:
    """The whole process layer of a type says this."""

    config_type: str
    data: Document


Change = PutConfig | ChangeConfig | DeleteConfig | PutVariables


@dataclass(frozen=True, slots=True)
class Tried:
    """A slot as it would be: an empty layer where nothing would be in force."""

    scope: Scope
    definition: TypeDefinition
    layer: Layer


@dataclass
class TryChanges:
    """One trial. Each change is checked as storing it would, over those before it."""

    store: EventStore
    catalog: Catalog
    environment: str
    _slots: dict[tuple[str, Scope], None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.catalog.require_environment(self.environment)
        self._work = UnitOfWork(self.store)
        self._editor = ConfigEditor(self._work, self.catalog, _NOBODY)

    def take_all(self, changes: Sequence[Change]) -> None:
        """Raises what `take` raises, its faults under /changes."""
        for index, change in enumerate(changes):
            with faults_under(f"/changes/{index}"):
                self.take(change)

    def take(self, change: Change) -> None:
        """Raises InvalidConfig, InvalidRequest, NotFound, Conflict."""
        if isinstance(change, PutConfig):
            self._put(change)
        elif isinstance(change, PutVariables):
            self._put_variables(change)
        else:
            self._edit(change)

    def _put(self, change: PutConfig) -> None:
        definition = self.catalog.definition(change.config_type)
        mode = change.mode or definition.mode
        slot = self._work.load(Slot, slot_id(self.environment, change.scope, change.config_type))
        if slot.default is None:
            name = f"preview {uuid4()}"  # no config has it, and nobody will see it
            place = (self.environment, change.scope, definition.name)
            self._editor.create(Draft(*place, name, change.data, None, mode, change.unset, is_default=True), uuid4())
        else:
            fields = {"data": change.data, "mode": mode, "unset": list(change.unset), "is_active": True}
            self._editor.update(slot.default, fields)
        self._slots[change.config_type, change.scope] = None

    def _edit(self, change: ChangeConfig | DeleteConfig) -> None:
        config = self._work.load(Config, change.config_id)
        config.require()
        if config.environment != self.environment:
            message = f"this config is in {config.environment}, not in {self.environment}: name its environment"
            raise InvalidRequest.at("/config_id", message, "environment")
        if isinstance(change, ChangeConfig):
            self._editor.update(change.config_id, change.changes)
        else:
            self._editor.delete(change.config_id)
        self._slots[config.config_type, config.scope] = None

    def _put_variables(self, change: PutVariables) -> None:
        definition = self.catalog.definition(change.config_type)
        layer = self._work.load(ProcessLayer, process_layer_id(self.environment, definition.name))
        holder = Holder(self._work.secrets, layer.id, layer.version + 1, (layer.data,))
        taken = holder.take(definition, definition.coerced(change.data))
        if faults := [*taken.violations, *definition.partial_violations(taken.document, texts=taken.texts)]:
            raise InvalidConfig.of(definition.name, (one.fault().under("/config_data") for one in faults))
        layer.take(
            taken.sealed(),
            variables={},
            environment=self.environment,
            config_type=definition.name,
            type_version=definition.version,
            stamp=_NOBODY,
        )
        self._slots[definition.name, PROCESS] = None

    def tried(self) -> Iterator[Tried]:
        """Every slot that was touched."""
        for config_type, scope in self._slots:
            yield Tried(scope, self.catalog.definition(config_type), self._layer(config_type, scope))

    def _layer(self, config_type: str, scope: Scope) -> Layer:
        label = label_at(scope)
        if scope == PROCESS:
            process = self._work.load(ProcessLayer, process_layer_id(self.environment, config_type))
            return Layer(label, "overlay", shown(process.data))
        slot = self._work.load(Slot, slot_id(self.environment, scope, config_type))
        config = self._work.load(Config, slot.default) if slot.default is not None else None
        if config is None or not config.in_force:
            return empty(label)
        return Layer(label, config.mode, shown(config.data), tuple(config.unset))


def label_at(scope: Scope) -> str:
    """What `resolution_path` says of the layer at a scope."""
    return "environment" if scope == PROCESS else str(scope)


@contextmanager
def faults_under(prefix: str) -> Iterator[None]:
    """Refusals from within name their faults as parts of a larger request."""
    try:
        yield
    except Refusal as refusal:
        refusal.faults = tuple(fault.under(prefix) for fault in refusal.faults)
        raise
