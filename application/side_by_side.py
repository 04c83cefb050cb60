"""What is in force in environments, and their profiles, side by side; and a change set of what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from application.catalog import Catalogs
from application.compare_profiles import ProfileSide, profile_wishes, profiles_of
from application.draft_changes import Wish
from application.own_secrets import with_own_secrets
from application.ports import EventStore, Views
from application.subjects import DATA
from application.views import LayerRow
from domain.configs.config import Config, name_key
from domain.configs.diff import equal
from domain.configs.scope import PROCESS, Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Conflict, InvalidRequest
from domain.pointers import MISSING, leaves, value_at

NOT_COMPARED = frozenset({PROCESS.kind, "experiment", "release"})  # of one environment alone, or for a while


class Place(NamedTuple):
    """A slot, in whichever environment; of a profile, the type is empty."""

    config_type: str
    scope: str


@dataclass(frozen=True, slots=True)
class InForce:
    """What is in force in one slot of one environment."""

    config_id: UUID
    version: int
    mode: str
    data: Document
    unset: list[str]

    @classmethod
    def of(cls, row: LayerRow) -> InForce:
        return cls(UUID(row.id), row.version, row.mode, orjson.loads(row.data), orjson.loads(row.unset))

    def is_as(self, other: Side | None) -> bool:
        return isinstance(other, InForce) and all(
            equal(getattr(self, n), getattr(other, n)) for n in ("mode", "data", "unset")
        )


Side = InForce | ProfileSide


class There(NamedTuple):
    """What is compared of one environment; profiles by their names in lower case."""

    slots: dict[Place, InForce]
    profiles: dict[str, ProfileSide]


@dataclass(frozen=True, slots=True)
class Compared:
    """One slot, or one profile. `fields` are not the same everywhere: by pointer, by environment the value."""

    place: Place
    sides: Mapping[str, Side | None]
    fields: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of an environment. `configs` are ids in the environment that is released.

    Where nothing is named, that is all of it. Naming profiles leaves configs out, unless some are named too, and the
    other way round.
    """

    scopes: frozenset[str] | None = None
    types: frozenset[str] | None = None
    configs: frozenset[UUID] | None = None
    profiles: frozenset[str] | None = None

    @property
    def names_configs(self) -> bool:
        return any(one is not None for one in (self.scopes, self.types, self.configs))

    def holds_profile(self, key: str) -> bool:
        """`key`: its name in lower case."""
        return not self.names_configs if self.profiles is None else key in {name_key(one) for one in self.profiles}

    def holds(self, place: Place, side: InForce | None) -> bool:
        if self.profiles is not None and not self.names_configs:
            return False
        named = self.configs is None or (side is not None and side.config_id in self.configs)
        in_scopes = self.scopes is None or place.scope in self.scopes
        return named and in_scopes and (self.types is None or place.config_type in self.types)


class SideBySide:
    def __init__(self, store: EventStore, views: Views, catalogs: Catalogs) -> None:
        self._store = store
        self._views = views
        self._catalogs = catalogs

    def compare(self, environments: Sequence[str], part: Part) -> list[Compared]:
        """The profiles, and the slots, in which they differ, by type and scope. Raises NotFound, InvalidRequest."""
        found = {name: self._there(name) for name in environments}
        return [*_profiles(found, part), *_slots(found, part)]

    def wishes(self, source: str, target: str, part: Part, *, deletions: bool) -> list[Wish]:
        """What makes the target, in this part, what the source is; with `deletions`, what it has alone goes.

        Secrets stay: the target keeps its own. Raises NotFound; InvalidRequest for a config or a profile that is not
        there; Conflict where nothing differs, or the target is promoted from elsewhere.
        """
        self._require_way(source, target)
        theirs, ours = self._there(source), self._there(target)
        _require_named(source, theirs, ours, part)
        found = [
            wish
            for place, side in sorted(theirs.slots.items())
            if part.holds(place, side) and (wish := self._wish(target, place, side, ours.slots.get(place)))
        ]
        for place, side in sorted(ours.slots.items()) if deletions else ():
            if place not in theirs.slots and part.configs is None and part.holds(place, side):
                found.append(Wish("config", {}, config_id=side.config_id, deletes=True))
        keys = [key for key in sorted({*theirs.profiles, *ours.profiles}) if part.holds_profile(key)]
        found += profile_wishes(self._store, theirs.profiles, ours.profiles, keys=keys, deletions=deletions)
        if not found:
            raise Conflict(f"nothing of what was named differs between {source} and {target}: nothing to release")
        return found

    def _require_way(self, source: str, target: str) -> None:
        catalog = self._catalogs.current()
        catalog.require_environment(source)
        way = catalog.environment(target).demands.promoted_from
        if source == target:
            raise InvalidRequest.at("/to", "a release goes to another environment: name two", "environment")
        if way not in (None, source):
            raise Conflict(f"{target} is promoted from {way}, not from {source}: release to {way} first")

    def _there(self, environment: str) -> There:
        catalog = self._catalogs.current()
        catalog.require_environment(environment)
        rows = [row for _, row in self._views.in_force(environment, None) if row.scope_kind not in NOT_COMPARED]
        scoped = ((row, str(Scope(row.scope_kind, row.scope_id))) for row in rows if row.scope_kind != "profile")
        slots = {Place(row.config_type, scope): InForce.of(row) for row, scope in scoped}
        return There(slots, profiles_of(environment, catalog, rows))

    def _wish(self, target: str, place: Place, side: InForce, ours: InForce | None) -> Wish | None:
        scope = Scope.recorded(place.scope)
        default = self._store.load(Slot, slot_id(target, scope, place.config_type)).default
        data = side.data if default is None else with_own_secrets(side.data, self._store.load(Config, default).data)
        if ours is not None and InForce(side.config_id, 0, side.mode, data, side.unset).is_as(ours):
            return None
        name = self._store.load(Config, side.config_id).name if default is None else None
        fields = {DATA: data, "mode": side.mode, "unset": side.unset, "is_active": True, "is_default": True}
        return Wish("config", fields, name, scope, place.config_type)


def _require_named(source: str, theirs: There, ours: There, part: Part) -> None:
    """Raises InvalidRequest for a config that is not in force, and for a profile that neither of them has."""
    in_force = {side.config_id for side in theirs.slots.values()}
    for id_ in sorted(part.configs or ()):
        if id_ not in in_force:
            raise InvalidRequest.at("/configs", f"the config {id_} is not in force in {source}", "in_force")
    for name in sorted(part.profiles or ()):
        if name_key(name) not in theirs.profiles.keys() | ours.profiles.keys():
            raise InvalidRequest.at("/profiles", f"there is no profile {name} in {source}", "missing")


def _slots(found: Mapping[str, There], part: Part) -> Iterator[Compared]:
    for place in sorted({place for there in found.values() for place in there.slots}):
        sides = {name: there.slots.get(place) for name, there in found.items()}
        if part.holds(place, next(filter(None, sides.values()))) and not _same(list(sides.values())):
            yield Compared(place, sides, _fields(sides))


def _profiles(found: Mapping[str, There], part: Part) -> Iterator[Compared]:
    for key in sorted({key for there in found.values() for key in there.profiles}):
        sides = {name: there.profiles.get(key) for name, there in found.items()}
        if part.holds_profile(key) and not _same(list(sides.values())):
            yield Compared(Place("", next(filter(None, sides.values())).scope), sides, _fields(sides))


def _same(sides: Sequence[Side | None]) -> bool:
    first = sides[0]
    return all(one is None if first is None else first.is_as(one) for one in sides)


def _fields(sides: Mapping[str, Side | None]) -> dict[str, dict[str, Any]]:
    """Of what is not the same everywhere, the value in each environment that has one."""
    pointers = sorted({pointer for side in sides.values() if side for pointer, _ in leaves(side.data)})
    found = {
        pointer: {name: value_at(side.data, pointer) if side else MISSING for name, side in sides.items()}
        for pointer in pointers
    }
    return {
        pointer: {name: value for name, value in values.items() if value is not MISSING}
        for pointer, values in found.items()
        if not all(equal(value, next(iter(values.values()))) for value in values.values())
    }
