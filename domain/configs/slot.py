"""The slot: which names are taken in it, and which of its configs is the default."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.configs.scope import Scope
from domain.errors import Conflict, NameTaken, SlotTaken
from domain.stamp import Stamp


def slot_id(environment: str, scope: Scope, config_type: str) -> UUID:
    """The stream of the slot of this type at this scope in this environment."""
    return stream_id("slot", environment, str(scope), config_type)


class Slot(Aggregate):
    """Guards what must hold over all configs of one type at one scope: it is stored in one commit with them."""

    TOPIC = "slot"

    class Opened(PlacedEvent):
        TOPIC = "slot.opened"
        config_type: str

        def apply(self, aggregate: Slot) -> None:
            aggregate.environment = self.environment
            aggregate.scope = Scope.recorded(self.scope)

    class NameClaimed(PlacedEvent):
        TOPIC = "slot.name_claimed"
        name_key: str
        config_id: UUID

        def apply(self, aggregate: Slot) -> None:
            aggregate.names = {**aggregate.names, self.name_key: self.config_id}

    class NameReleased(PlacedEvent):
        TOPIC = "slot.name_released"
        name_key: str

        def apply(self, aggregate: Slot) -> None:
            aggregate.names = {key: held for key, held in aggregate.names.items() if key != self.name_key}

    class DefaultAssigned(PlacedEvent):
        TOPIC = "slot.default_assigned"
        config_id: UUID | None

        def apply(self, aggregate: Slot) -> None:
            aggregate.default = self.config_id

    environment: str
    scope: Scope

    def start(self) -> None:
        self.names: dict[str, UUID] = {}
        self.default: UUID | None = None

    @property
    def place(self) -> dict[str, str]:
        """What each of its events says of where it stands."""
        return {"environment": self.environment, "scope": str(self.scope)}

    @property
    def holds_one(self) -> bool:
        """Whether this is a collection's slot: one config, and it is the default."""
        return self.scope.kind == "collection"

    def open(self, *, environment: str, scope: Scope, config_type: str, stamp: Stamp) -> None:
        """The first thing that happens to a slot; later calls record nothing."""
        if not self.version:
            facts = {"environment": environment, "scope": str(scope), "config_type": config_type}
            self.record(Slot.Opened, stamp=stamp, **facts)

    def claim(self, key: str, config_id: UUID, *, stamp: Stamp) -> None:
        """Take a name for a config that has none here. Raises NameTaken, and SlotTaken in a collection's slot."""
        self._require_free(key, config_id)
        if self.holds_one and self.names:
            raise SlotTaken(f"{self.scope} has a config of this type already: change that one, or delete it first")
        self.record(Slot.NameClaimed, stamp=stamp, **self.place, name_key=key, config_id=config_id)

    def rename(self, renamed: Mapping[str, str], *, stamp: Stamp) -> None:
        """Give up names for others, all at once, so that two may change places.

        A change of case alone records nothing. Raises NameTaken.
        """
        holders = {old: self.names[old] for old, new in renamed.items() if old != new}
        for old in holders:
            self.record(Slot.NameReleased, stamp=stamp, **self.place, name_key=old)
        for old, config_id in holders.items():
            self._require_free(renamed[old], config_id)
            self.record(Slot.NameClaimed, stamp=stamp, **self.place, name_key=renamed[old], config_id=config_id)

    def _require_free(self, key: str, config_id: UUID) -> None:
        if self.names.get(key, config_id) != config_id:
            raise NameTaken("this name is taken in its slot (upper and lower case are the same): choose another")

    def assign_default(self, config_id: UUID | None, *, stamp: Stamp) -> None:
        """Say which config is the default, or that none is.

        Raises Conflict where a collection's would be left without.
        """
        if config_id == self.default:
            return
        if self.holds_one and config_id is None:
            raise Conflict("the config of a collection is always its default: delete it, or switch it off instead")
        self.record(Slot.DefaultAssigned, stamp=stamp, **self.place, config_id=config_id)

    def release(self, key: str, *, stamp: Stamp) -> None:
        """Free the name of a config that goes, and the default where it held it."""
        config_id = self.names[key]
        self.record(Slot.NameReleased, stamp=stamp, **self.place, name_key=key)
        if self.default == config_id:
            self.record(Slot.DefaultAssigned, stamp=stamp, **self.place, config_id=None)
