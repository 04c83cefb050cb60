"""What a context would get were a change set published now, and whom that reaches. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from uuid import UUID

import orjson

from application.assemble import Assembler, Effective, Unmetered, layer_of
from application.catalog import Catalog
from application.change_sets import ChangeSets
from application.moments import SERVER
from application.ports import Command, EventStore
from application.publish_change_sets import PublishChangeSets
from application.resolve_config import InSlots, ResolveConfig
from application.try_changes import Tried, label_at
from application.unit_of_work import UnitOfWork
from application.views import LayerRow
from domain.configs.config import Config
from domain.configs.layer import Layer
from domain.configs.scope import Context, Scope
from domain.configs.slot import Slot, slot_id
from domain.errors import InvalidRequest
from domain.previews.difference import empty
from domain.profiles.profile import KnownProfile, Profile
from domain.releases.change_set import ChangeSet
from domain.secrets.envelope import shown

NOT_YET = "PREVIEW"  # the operation of a layer that is not recorded


@dataclass(frozen=True, slots=True)
class WouldBe:
    """An environment as a change set would leave it: the slots that it touches, and the types that it defines."""

    environment: str
    catalog: Catalog
    slots: InSlots
    defined: frozenset[str]

    def tried(self) -> list[Tried]:
        return [
            Tried(Scope(kind, id_), self.catalog.definition(config_type), layer_of(row) if row else _empty(kind, id_))
            for (kind, id_, config_type), row in self.slots.items()
        ]


class PreviewChangeSet:
    def __init__(
        self, store: EventStore, resolve_config: ResolveConfig, change_sets: ChangeSets, publishing: PublishChangeSets
    ) -> None:
        self._store = store
        self._resolve_config = resolve_config
        self._change_sets = change_sets
        self._publishing = publishing

    def effective(self, change_set: UUID, context: Context, *, types: Sequence[str] | None = None) -> Effective:
        """Raises what publishing would raise for the drafts; InvalidRequest for a context of another environment."""
        found = self._change_sets.find(change_set)
        if found.environment != context.environment:
            message = f"this change set is of {found.environment}, and the context of {context.environment}"
            raise InvalidRequest.at("/change_set", message, "environment")
        would_be = self._would_be(found)
        for name in types or ():
            would_be.catalog.row(name)
        lookup = self._resolve_config.look_up(context.environment, [context])
        then = lookup.trying(would_be.slots, catalog=would_be.catalog, assembler=Assembler(Unmetered()), types=types)
        return then.effective(context)

    def would_be(self, change_set: UUID) -> WouldBe:
        """Raises what publishing would raise for the drafts, Conflict for one that is over or has none, NotFound."""
        found = self._change_sets.find(change_set)
        found.require_open()
        found.require_drafts()
        return self._would_be(found)

    def _would_be(self, found: ChangeSet) -> WouldBe:
        work = UnitOfWork(self._store)
        attempt = self._publishing.attempt(work, found, Command(SERVER, "", "preview", b""))
        attempt.take_all(list(found.drafts.values()))
        attempt.raise_problems()
        catalog = with_profiles(attempt.place.catalog, work.changed(Profile))
        defined = frozenset(one.name for one in attempt.place.defined)
        return WouldBe(found.environment, catalog, self._slots(work, catalog.position), defined)

    def _slots(self, work: UnitOfWork, position: int) -> InSlots:
        found: InSlots = {}
        for one in work.changed(Config):
            default = work.load(Slot, slot_id(one.environment, one.scope, one.config_type)).default
            config = None if default is None else work.load(Config, default)
            place = (one.scope.kind, one.scope.id, one.config_type)
            found[place] = self._row(config, position) if config is not None and config.in_force else None
        return found

    def _row(self, config: Config, position: int) -> LayerRow:
        document, unset = orjson.dumps(shown(config.data)).decode(), orjson.dumps(config.unset).decode()
        return LayerRow(
            config.scope.kind,
            config.scope.id,
            config.config_type,
            config.id.hex,
            config.version,
            config.mode,
            document,
            unset,
            recorded_us=self._store.now_us(),
            actor=SERVER,
            operation=NOT_YET,
            reason=None,
            position=position,
        )


def _empty(kind: str, id_: str) -> Layer:
    return empty(label_at(Scope(kind, id_)))


def with_profiles(catalog: Catalog, changed: Iterable[Profile]) -> Catalog:
    """With profiles as a commit that is being decided leaves them."""
    twin = copy(catalog)
    twin.profiles = dict(catalog.profiles)
    for one in changed:
        twin.profiles.pop(one.id.hex, None)
        if one.exists:
            facts = (one.id.hex, one.environment, one.name, one.description, one.is_active, one.version)
            twin.profiles[one.id.hex] = KnownProfile(*facts, 0, SERVER, 0, SERVER, 0)
    return twin
