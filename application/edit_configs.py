"""Create, change, delete configs, and say which is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.catalog import Catalog, Catalogs
from application.check_documents import checked_document, layers_below
from application.commands import Commands, DryRun, Outcome
from application.ports import Command, EventStore
from application.seal_secrets import Holder
from application.unit_of_work import UnitOfWork
from application.varied_fields import require_unvaried
from domain.access.collection import Collection, collection_stream
from domain.aggregate import stream_id
from domain.config_types.config_type import config_type_id
from domain.config_types.spec import Mode
from domain.configs.config import Config, checked_name, name_key
from domain.configs.layer import Layer
from domain.configs.scope import PROCESS, Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Conflict, InvalidRequest, NotFound, StaleVersion
from domain.installation.ladder import LADDER_ID
from domain.stamp import Stamp

BUILT_IN_KINDS = frozenset({"global", "user", "collection"})  # never dropped from the ladder
DOCUMENT_FIELDS = frozenset({"data", "mode", "unset"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A config that is to be created. `mode` None: the type's own; `is_default` None: only where it must be."""

    environment: str
    scope: Scope
    config_type: str
    name: str
    data: Document
    description: str | None = None
    mode: Mode | None = None
    unset: tuple[str, ...] = ()
    is_default: bool | None = None
    is_active: bool = True


class ConfigEditor:
    """One attempt at changing configs: what is decided gathers in a unit of work."""

    def __init__(self, work: UnitOfWork, catalog: Catalog, stamp: Stamp) -> None:
        self._work = work
        self._catalog = catalog
        self._stamp = stamp

    def create(self, draft: Draft, config_id: UUID) -> None:
        """Raises InvalidConfig, NotFound (type, environment), NameTaken, SlotTaken, Conflict."""
        self._require_place(draft.environment, draft.scope)
        definition = self._catalog.definition(draft.config_type)
        mode, is_default = draft.mode or definition.mode, self._becomes_default(draft)
        config = self._work.load(Config, config_id)
        config.create(
            stamp=self._stamp,
            environment=draft.environment,
            scope=str(draft.scope),
            config_type=draft.config_type,
            type_version=definition.version,
            name=checked_name(draft.name),
            description=draft.description,
            mode=mode,
            data=self._checked(draft, mode, Holder(self._work.secrets, config_id, 1)),
            unset=list(draft.unset),
            is_default=is_default,
            is_active=draft.is_active,
        )
        slot = self._slot(config)
        slot.open(environment=draft.environment, scope=draft.scope, config_type=draft.config_type, stamp=self._stamp)
        slot.claim(config.name_key, config_id, stamp=self._stamp)
        if is_default:
            self._take_default(slot, config_id)

    def update(
        self,
        config_id: UUID,
        changes: dict[str, Any],
        *,
        expected_version: int | None = None,
        known: Sequence[Document] = (),
    ) -> None:
        """Change the fields given: name, description, data, mode, unset, is_active, is_default.

        `known` are earlier documents of the config, whose envelopes the new one may hold.
        Raises NotFound, StaleVersion, InvalidConfig, NameTaken, Conflict.
        """
        config = self._config(config_id, expected_version)
        fields = dict(changes)
        becomes_default = fields.pop("is_default", config.is_default)
        type_version = config.type_version  # an old one stays where only a name or a text changes
        if self._must_check(config, fields, becomes_default=becomes_default):
            holder = self._holder(config, (config.data, *known))
            fields["data"] = self._checked(_as_draft(config, fields), fields.get("mode", config.mode), holder)
            type_version = self._catalog.definition(config.config_type).version
        if "name" in fields and name_key(checked_name(fields["name"])) != config.name_key:
            self._slot(config).rename({config.name_key: name_key(fields["name"])}, stamp=self._stamp)
        config.update(type_version=type_version, stamp=self._stamp, **fields)
        if becomes_default != config.is_default:
            self._change_default(config, is_default=becomes_default)

    def restore(self, config_id: UUID, version: int, *, expected_version: int | None = None) -> None:
        """Make an earlier version the newest, checked against today's type.

        A deleted config comes back, not as the default, except in a collection's slot. Raises NotFound, StaleVersion,
        InvalidConfig, NameTaken, SlotTaken, Conflict.
        """
        config = self._work.load(Config, config_id)
        if not 1 <= version <= config.version:
            raise NotFound(f"there is no version {version} of a config {config_id}")
        _require_version(config, expected_version)
        require_kind(self._work, self._catalog, config.scope)
        past = self._work.past(Config, config_id, version=version)
        if not past.exists:
            raise Conflict(f"at version {version} the config was deleted: name a version at which it was there")
        data = self._checked(_as_draft(past, {}), past.mode, self._holder(config, (config.data, past.data)))
        slot, was_there, old_key = self._slot(config), config.exists, config.name_key
        definition = self._catalog.definition(config.config_type)
        config.restore(past, data=data, type_version=definition.version, stamp=self._stamp)
        if was_there:
            slot.rename({old_key: config.name_key}, stamp=self._stamp)
            return
        slot.claim(config.name_key, config_id, stamp=self._stamp)
        if slot.holds_one:
            slot.assign_default(config_id, stamp=self._stamp)
            config.change_default(to=True, stamp=self._stamp)

    def delete(self, config_id: UUID, *, expected_version: int | None = None) -> None:
        """Its name is free again, and it is in force nowhere. Raises NotFound, StaleVersion."""
        config = self._config(config_id, expected_version)
        self._slot(config).release(config.name_key, stamp=self._stamp)
        config.delete(stamp=self._stamp)

    def _config(self, config_id: UUID, expected_version: int | None) -> Config:
        config = self._work.load(Config, config_id)
        config.require()
        _require_version(config, expected_version)
        return config

    def _slot(self, config: Config) -> Slot:
        return self._work.load(Slot, slot_id(config.environment, config.scope, config.config_type))

    def _holder(self, config: Config, known: Sequence[Document]) -> Holder:
        return Holder(self._work.secrets, config.id, config.version + 1, known)

    def _require_place(self, environment: str, scope: Scope) -> None:
        """Raises NotFound or InvalidRequest for a place that is not there."""
        self._catalog.require_environment(environment)
        if scope == PROCESS:
            message = "the process layer is what environment variables say: change it by import or sync"
            raise InvalidRequest.at("/scope", message, "scope_kind")
        require_kind(self._work, self._catalog, scope)

    def _becomes_default(self, draft: Draft) -> bool:
        only_one = draft.scope.kind == "collection"
        if only_one and draft.is_default is False:
            raise Conflict("the config of a collection is always its default: leave is_default out")
        return only_one or bool(draft.is_default)

    def _checked(self, draft: Draft, mode: str, holder: Holder) -> Document:
        definition = self._catalog.definition(draft.config_type)
        self._work.rely_on(config_type_id(definition.name), definition.version)
        below: tuple[Layer, ...] = ()
        if mode == "overlay":
            below = layers_below(
                self._work, environment=draft.environment, scope=draft.scope, config_type=draft.config_type
            )
        return checked_document(definition, draft.data, mode=mode, unset=draft.unset, below=below, holder=holder)

    def _must_check(self, config: Config, fields: dict[str, Any], *, becomes_default: bool) -> bool:
        """Whether the document changes, or comes into force over layers that may have changed meanwhile."""
        comes_into_force = becomes_default and fields.get("is_active", config.is_active) and not config.in_force
        return bool(DOCUMENT_FIELDS & fields.keys()) or comes_into_force

    def _change_default(self, config: Config, *, is_default: bool) -> None:
        slot = self._slot(config)
        if is_default:
            self._take_default(slot, config.id)
        else:
            slot.assign_default(None, stamp=self._stamp)
        config.change_default(to=is_default, stamp=self._stamp)

    def _take_default(self, slot: Slot, config_id: UUID) -> None:
        """Make a config the default; the one that was gives it up in the same commit."""
        if slot.default is not None:
            self._work.load(Config, slot.default).change_default(to=False, stamp=self._stamp)
        slot.assign_default(config_id, stamp=self._stamp)


def require_kind(work: UnitOfWork, catalog: Catalog, scope: Scope) -> None:
    """Raises InvalidRequest for a kind that is not on the ladder."""
    catalog.ladder.rank(scope.kind)
    if scope.kind not in BUILT_IN_KINDS:
        work.rely_on(LADDER_ID, catalog.ladder_version)


def _require_version(config: Config, expected: int | None) -> None:
    if expected is not None and config.version != expected:
        message = f"this config is at version {config.version}, and If-Match names {expected}: read it again"
        raise StaleVersion(message)


def _as_draft(config: Config, fields: dict[str, Any]) -> Draft:
    data, unset = fields.get("data", config.data), fields.get("unset", config.unset)
    return Draft(config.environment, config.scope, config.config_type, config.name, data, unset=tuple(unset))


class EditConfigs:
    """The commands. Each answers with its commit, or with what it would record when `dry_run`."""

    def __init__(self, store: EventStore, catalogs: Catalogs, commands: Commands) -> None:
        self._store = store
        self._catalogs = catalogs
        self._commands = commands

    def create(
        self, draft: Draft, *, command: Command, owner: str | None = None, force: bool = False, dry_run: bool = False
    ) -> Outcome | DryRun:
        """The id is `created_id(command)`. With an `owner`, the collection that it stands at is theirs from now on.

        Raises InvalidConfig, NotFound, NameTaken, SlotTaken, Conflict (also for a field that a running experiment
        varies, unless `force`); Forbidden where another owns the collection.
        """

        def decide(work: UnitOfWork) -> None:
            if owner is not None:
                collection = work.load(Collection, collection_stream(draft.environment, draft.scope.id))
                collection.claim(draft.environment, draft.scope, owner=owner, stamp=command.stamp)
            self.editor(work, command).create(draft, created_id(command))
            self._require_unvaried(work, force=force)

        return self._commands.run(command, decide, dry_run=dry_run)

    def update(
        self,
        config_id: UUID,
        changes: dict[str, Any],
        *,
        command: Command,
        expected_version: int | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Raises NotFound, StaleVersion, InvalidConfig, NameTaken, Conflict."""

        def edit(work: UnitOfWork) -> None:
            self.editor(work, command).update(config_id, changes, expected_version=expected_version)
            self._require_unvaried(work, force=force)

        return self._commands.run(command, edit, dry_run=dry_run)

    def restore(
        self,
        config_id: UUID,
        version: int,
        *,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Raises NotFound, StaleVersion, InvalidConfig, NameTaken, SlotTaken, Conflict."""

        def edit(work: UnitOfWork) -> None:
            self.editor(work, command).restore(config_id, version, expected_version=expected_version)

        return self._commands.run(command, edit, dry_run=dry_run)

    def delete(
        self, config_id: UUID, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Raises NotFound, StaleVersion."""

        def edit(work: UnitOfWork) -> None:
            self.editor(work, command).delete(config_id, expected_version=expected_version)

        return self._commands.run(command, edit, dry_run=dry_run)

    def _require_unvaried(self, work: UnitOfWork, *, force: bool) -> None:
        if not force:
            require_unvaried(work, self._catalogs.current())

    def editor(self, work: UnitOfWork, command: Command) -> ConfigEditor:
        return ConfigEditor(work, self._catalogs.current(), command.stamp)


def created_id(command: Command, ordinal: int = 0) -> UUID:
    """The id of what a command creates: made from the command, so that a repeat finds it."""
    return stream_id("config", command.principal, command.command_id, str(ordinal))
