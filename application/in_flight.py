"""What is in force as a command leaves it, or found it: read from the aggregates that it holds, not from the views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from application.catalog import Catalog
from application.unit_of_work import UnitOfWork
from domain.aggregate import Aggregate
from domain.config_types.config_type import config_type_id
from domain.configs.config import Config
from domain.configs.layer import Layer
from domain.configs.process_layer import ProcessLayer, process_layer_id
from domain.configs.resolution import resolve
from domain.configs.scope import GLOBAL, Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class InFlight:
    """One environment during one command; `is_before`: as it was when the command began."""

    work: UnitOfWork
    catalog: Catalog
    environment: str
    is_before: bool = False
    instead: Mapping[tuple[Scope, str], Layer] = field(default_factory=dict)  # of what is in force in some slots

    def config(self, scope: Scope, config_type: str) -> Config | None:
        """The config that is in force in a slot."""
        slot = self._load(Slot, slot_id(self.environment, scope, config_type))
        config = self._load(Config, slot.default) if slot.default is not None else None
        return config if config is not None and config.in_force else None

    def value(self, scope: Scope, config_type: str) -> Document | None:
        """What those get of a type who are at this scope and no other: global, or a collection."""
        if config_type not in self.catalog.types:
            return None
        definition = self.catalog.definition(config_type)
        self.work.rely_on(config_type_id(config_type), definition.version)
        return resolve(definition, list(self._layers(scope, config_type))).value

    def _layers(self, scope: Scope, config_type: str) -> Iterator[Layer]:
        process = self._load(ProcessLayer, process_layer_id(self.environment, config_type))
        yield Layer("environment", "overlay", process.data)
        for one in dict.fromkeys((GLOBAL, scope)):
            if (one, config_type) in self.instead:
                yield self.instead[one, config_type]
            elif config := self.config(one, config_type):
                yield Layer(str(one), config.mode, config.data, tuple(config.unset))

    def _load(self, kind: type[A], stream: UUID) -> A:
        held = self.work.load(kind, stream)
        return self.work.before(held) if self.is_before else held
