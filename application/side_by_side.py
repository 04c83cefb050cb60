"""What is in force in environments, slot by slot, side by side; and a change set of what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from application.catalog import Catalogs
from application.draft_changes import Wish
from application.ports import EventStore, Views
from application.subjects import DATA
from application.views import LayerRow
from domain.configs.config import Config
from domain.configs.diff import equal
from domain.configs.scope import PROCESS, Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Conflict, InvalidRequest
from domain.pointers import MISSING, leaves, put, value_at
from domain.secrets.envelope import is_sealed, marked, shown

NOT_COMPARED = frozenset({PROCESS.kind, "experiment", "release"})  # of one environment alone, or for a while


class Place(NamedTuple):
    """A slot, in whichever environment."""

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

    def is_as(self, other: InForce | None) -> bool:
        return other is not None and all(equal(getattr(self, n), getattr(other, n)) for n in ("mode", "data", "unset"))


@dataclass(frozen=True, slots=True)
class Compared:
    """One slot. `fields` are those that are not the same everywhere: by pointer, by environment the value."""

    place: Place
    sides: Mapping[str, InForce | None]
    fields: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of an environment; None means all of it. `configs` are ids in the environment that is released."""

    scopes: frozenset[str] | None = None
    types: frozenset[str] | None = None
    configs: frozenset[UUID] | None = None

    def holds(self, place: Place, side: InForce | None) -> bool:
        named = self.configs is None or (side is not None and side.config_id in self.configs)
        in_scopes = self.scopes is None or place.scope in self.scopes
        return named and in_scopes and (self.types is None or place.config_type in self.types)


class SideBySide:
    def __init__(self, store: EventStore, views: Views, catalogs: Catalogs) -> None:
        self._store = store
        self._views = views
        self._catalogs = catalogs

    def compare(self, environments: Sequence[str], part: Part) -> list[Compared]:
        """The slots in which they differ, by type and scope. Raises NotFound, InvalidRequest for types."""
        found = {name: self._in_force(name) for name in environments}
        places = sorted({place for slots in found.values() for place in slots})
        every = ((place, {name: slots.get(place) for name, slots in found.items()}) for place in places)
        return [
            Compared(place, sides, _fields(sides))
            for place, sides in every
            if part.holds(place, next(filter(None, sides.values()))) and not _same(list(sides.values()))
        ]

    def wishes(self, source: str, target: str, part: Part, *, deletions: bool) -> list[Wish]:
        """What makes the target, in this part, what the source is; with `deletions`, what it has alone goes.

        Secrets stay: the target keeps its own. Raises NotFound; InvalidRequest for a config that is not in force;
        Conflict where nothing differs, or the target is promoted from elsewhere.
        """
        self._require_way(source, target)
        theirs, ours = self._in_force(source), self._in_force(target)
        self._require_in_force(source, part, theirs)
        found = [
            wish
            for place, side in sorted(theirs.items())
            if part.holds(place, side) and (wish := self._wish(target, place, side, ours.get(place)))
        ]
        for place, side in sorted(ours.items()) if deletions else ():
            if place not in theirs and part.configs is None and part.holds(place, side):
                found.append(Wish("config", {}, config_id=side.config_id, deletes=True))
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

    def _require_in_force(self, source: str, part: Part, theirs: Mapping[Place, InForce]) -> None:
        there = {side.config_id for side in theirs.values()}
        for id_ in sorted(part.configs or ()):
            if id_ not in there:
                raise InvalidRequest.at("/configs", f"the config {id_} is not in force in {source}", "in_force")

    def _in_force(self, environment: str) -> dict[Place, InForce]:
        self._catalogs.current().require_environment(environment)
        rows = (row for _, row in self._views.in_force(environment, None) if row.scope_kind not in NOT_COMPARED)
        scoped = ((row, str(Scope(row.scope_kind, row.scope_id))) for row in rows if row.scope_kind != "profile")
        return {Place(row.config_type, scope): InForce.of(row) for row, scope in scoped}

    def _wish(self, target: str, place: Place, side: InForce, ours: InForce | None) -> Wish | None:
        scope = Scope.recorded(place.scope)
        default = self._store.load(Slot, slot_id(target, scope, place.config_type)).default
        data = side.data if default is None else with_own_secrets(side.data, self._store.load(Config, default).data)
        if ours is not None and InForce(side.config_id, 0, side.mode, data, side.unset).is_as(ours):
            return None
        name = self._store.load(Config, side.config_id).name if default is None else None
        fields = {DATA: data, "mode": side.mode, "unset": side.unset, "is_active": True, "is_default": True}
        return Wish("config", fields, name, scope, place.config_type)


def with_own_secrets(document: Document, own: Document) -> Document:
    """The document with the secrets of another in the place of its own, where that has any."""
    there = {pointer: value_at(own, pointer) for pointer in marked(document)}
    return put(document, {pointer: shown(value) for pointer, value in there.items() if is_sealed(value)})


def _same(sides: Sequence[InForce | None]) -> bool:
    first = sides[0]
    return all(one is None if first is None else first.is_as(one) for one in sides)


def _fields(sides: Mapping[str, InForce | None]) -> dict[str, dict[str, Any]]:
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
