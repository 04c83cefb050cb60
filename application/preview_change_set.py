"""What a context would get were a change set published now. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

import orjson

from application.assemble import Assembler, Effective, Unmetered
from application.change_sets import ChangeSets
from application.moments import SERVER
from application.ports import Command, EventStore, Views
from application.publish_change_sets import PublishChangeSets
from application.resolve_config import ResolveConfig
from application.unit_of_work import UnitOfWork
from application.views import LayerRow
from domain.configs.config import Config
from domain.configs.scope import Context
from domain.configs.slot import Slot, slot_id
from domain.errors import InvalidRequest
from domain.secrets.envelope import shown

NOT_YET = "PREVIEW"  # the operation of a layer that is not recorded


class PreviewChangeSet:
    def __init__(
        self,
        store: EventStore,
        views: Views,
        resolve_config: ResolveConfig,
        change_sets: ChangeSets,
        publishing: PublishChangeSets,
    ) -> None:
        self._store = store
        self._views = views
        self._resolve_config = resolve_config
        self._change_sets = change_sets
        self._publishing = publishing

    def effective(self, change_set: UUID, context: Context, *, types: Sequence[str] | None = None) -> Effective:
        """Raises what publishing would raise for the drafts; InvalidRequest for a context of another environment."""
        found = self._change_sets.find(change_set)
        if found.environment != context.environment:
            message = f"this change set is of {found.environment}, and the context of {context.environment}"
            raise InvalidRequest.at("/change_set", message, "environment")
        work = UnitOfWork(self._store)
        attempt = self._publishing.attempt(work, found, Command(SERVER, "", "preview", b""))
        attempt.take_all(list(found.drafts.values()))
        attempt.raise_problems()
        now = self._resolve_config.effective(context)
        rows = self._views.layers(context.environment, now.scopes).rows
        would_be = {row[:3]: row for row in self._in_force(work, now.position)}
        touched = {(one.scope.kind, one.scope.id, one.config_type) for one in work.changed(Config)}
        rows = [row for row in rows if row[:3] not in touched] + list(would_be.values())
        catalog, assembler = attempt.place.catalog, Assembler(Unmetered())
        for name in types or ():
            catalog.row(name)
        return assembler.assembled(context, now.scopes, rows, catalog, types=types, position=now.position)

    def _in_force(self, work: UnitOfWork, position: int) -> Iterator[LayerRow]:
        """What would be in force in the slots that change."""
        for config in work.changed(Config):
            default = work.load(Slot, slot_id(config.environment, config.scope, config.config_type)).default
            if default == config.id and config.in_force:
                document, unset = orjson.dumps(shown(config.data)).decode(), orjson.dumps(config.unset).decode()
                yield LayerRow(
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
