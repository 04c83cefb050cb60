"""The configs, slots and types that a log adds up to, folded event by event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from domain.config_types.definition import TypeDefinition
from tests.faults.recorded_log import LoggedEvent

SlotKey = tuple[str, str, str]  # environment, scope, config type
CARRIED = ("name", "mode", "data", "unset", "is_active", "type_version")


@dataclass
class StoredConfig:
    slot: SlotKey
    name: str = ""
    mode: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    unset: list[str] = field(default_factory=list)
    type_version: int = 0
    is_active: bool = True
    is_default: bool = False
    lives: bool = True
    must_fit: bool = False  # over the layers below it, since its document or its being in force is of this commit

    @property
    def in_force(self) -> bool:
        return self.lives and self.is_default and self.is_active


@dataclass
class StoredSlot:
    names: dict[str, str] = field(default_factory=dict)
    default: str | None = None


class State:
    """What is so after the events that were applied; `touched` and `touched_slots` are of the commit under way."""

    def __init__(self) -> None:
        self.configs: dict[str, StoredConfig] = {}
        self.living: defaultdict[SlotKey, dict[str, StoredConfig]] = defaultdict(dict)
        self.slots: dict[SlotKey, StoredSlot] = {}
        self.process: dict[tuple[str, str], dict[str, Any]] = {}
        self.types: dict[tuple[str, int], TypeDefinition] = {}
        self.touched: set[str] = set()
        self.touched_slots: set[SlotKey] = set()
        self._slot_of: dict[str, SlotKey] = {}
        self._folds: dict[str, Callable[[LoggedEvent], None]] = {
            "config.created": self._created,
            "config.updated": self._updated,
            "config.deleted": self._deleted,
            "config.default_changed": self._default_changed,
            "slot.opened": self._opened,
            "slot.name_claimed": self._name_claimed,
            "slot.name_released": self._name_released,
            "slot.default_assigned": self._default_assigned,
            "process.recorded": self._process_recorded,
            "config_type.defined": self._type_defined,
        }

    def apply(self, event: LoggedEvent) -> None:
        if fold := self._folds.get(event.topic):
            fold(event)

    def end_commit(self) -> None:
        for config_id in self.touched:
            self.configs[config_id].must_fit = False
        self.touched.clear()
        self.touched_slots.clear()

    def global_default(self, environment: str, config_type: str) -> StoredConfig | None:
        """What is in force for everybody."""
        there = self.living[environment, "global", config_type].values()
        return next((config for config in there if config.in_force), None)

    def _created(self, event: LoggedEvent) -> None:
        facts = event.payload
        config = StoredConfig((facts["environment"], facts["scope"], facts["config_type"]), must_fit=True)
        config.is_default = facts["is_default"]
        self.configs[event.stream] = self.living[config.slot][event.stream] = config
        self._take(config, facts)
        self._touch(event.stream)

    def _updated(self, event: LoggedEvent) -> None:
        config = self.configs[event.stream]
        before = (config.data, config.mode, config.unset), config.in_force
        config.lives = True
        self.living[config.slot][event.stream] = config
        self._take(config, event.payload)
        changed = (config.data, config.mode, config.unset) != before[0]
        config.must_fit = config.must_fit or changed or (config.in_force and not before[1])
        self._touch(event.stream)

    def _take(self, config: StoredConfig, facts: dict[str, Any]) -> None:
        for name in CARRIED:
            setattr(config, name, facts[name])

    def _deleted(self, event: LoggedEvent) -> None:
        config = self.configs[event.stream]
        config.lives = config.is_default = False
        self.living[config.slot].pop(event.stream, None)
        self._touch(event.stream)

    def _default_changed(self, event: LoggedEvent) -> None:
        config = self.configs[event.stream]
        before, config.is_default = config.in_force, event.payload["is_default"]
        config.must_fit = config.must_fit or (config.in_force and not before)
        self._touch(event.stream)

    def _touch(self, config_id: str) -> None:
        self.touched.add(config_id)
        self.touched_slots.add(self.configs[config_id].slot)

    def _opened(self, event: LoggedEvent) -> None:
        facts = event.payload
        key = self._slot_of[event.stream] = facts["environment"], facts["scope"], facts["config_type"]
        self.slots[key] = StoredSlot()
        self.touched_slots.add(key)

    def _name_claimed(self, event: LoggedEvent) -> None:
        self._slot(event).names[event.payload["name_key"]] = event.payload["config_id"].replace("-", "")

    def _name_released(self, event: LoggedEvent) -> None:
        self._slot(event).names.pop(event.payload["name_key"], None)

    def _default_assigned(self, event: LoggedEvent) -> None:
        config_id = event.payload["config_id"]
        self._slot(event).default = config_id and config_id.replace("-", "")

    def _slot(self, event: LoggedEvent) -> StoredSlot:
        key = self._slot_of[event.stream]
        self.touched_slots.add(key)
        return self.slots[key]

    def _process_recorded(self, event: LoggedEvent) -> None:
        self.process[event.payload["environment"], event.payload["config_type"]] = event.payload["data"]

    def _type_defined(self, event: LoggedEvent) -> None:
        facts = event.payload
        data = {**facts, "schema": facts["json_schema"], "revision": facts.get("revision")}
        self.types[facts["name"], event.version] = TypeDefinition.from_data(data, version=event.version)
