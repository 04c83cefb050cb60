"""Settings in and out of an installation: bundles, and documents of other systems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

import orjson

from application import file_mapping
from application.bundle import VERSION, Content, Wanted, WantedType, bundle_content, exported_config
from application.catalog import Catalog, Catalogs, definition_data
from application.commands import Commands, DryRun, Outcome
from application.edit_configs import Draft
from application.file_mapping import Mapped, Mapping
from application.inferred_schema import inferred_schema
from application.ports import Command, EventStore, Views
from application.register_types import RegisterTypes
from application.shipped import loaded_among
from application.take_in import TakeIn
from application.unit_of_work import UnitOfWork
from application.views import ConfigFilter, ConfigView
from domain.config_types.config_type import config_type_id
from domain.config_types.spec import Mode, TypeSpec
from domain.configs.config import name_key
from domain.configs.merge import merged
from domain.configs.scope import PROCESS, Scope
from domain.documents import Document
from domain.errors import TooLarge
from domain.pointers import pointer_of

MOST_TYPES = 200  # each is compiled, which takes a millisecond and more
PROFILE, EXPERIMENT = "profile", "experiment"  # the kinds of scope that no config is put at by itself
EVERYTHING = 2**31 - 2  # in one page: one statement, so that a bundle is true at one position


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do. `position` is None after a dry run."""

    created: int
    updated: int
    unchanged: int
    types_defined: tuple[str, ...]
    variables_changed: int
    ladder_changed: bool
    profiles_changed: int
    position: int | None
    visible: bool = True
    repeated: bool = False
    commits: int = 0
    dropped: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()


class Transfer:
    def __init__(self, store: EventStore, views: Views, catalogs: Catalogs, commands: Commands) -> None:
        self._store = store
        self._views = views
        self._catalogs = catalogs
        self._commands = commands
        self._types = RegisterTypes(store, views, catalogs, commands)

    def export(self, environment: str | None = None) -> Document:
        """The settings of one environment, or of all, in a fixed order; what ships is named, not held.

        Raises NotFound for an unknown environment.
        """
        catalog = self._catalogs.current()
        if environment is not None:
            catalog.require_environment(environment)
        page = self._views.configs(ConfigFilter(environment), after=None, limit=EVERYTHING)
        found = sorted(
            page.items, key=lambda c: (c.environment, c.config_type, c.scope_kind, c.scope_id, name_key(c.name))
        )
        configs = [exported_config(view) for view in found if view.scope_kind not in (PROFILE, EXPERIMENT)]
        types = [definition_data(catalog.row(name)) for name in catalog.types]
        loaded = loaded_among({one["name"]: one["revision"] for one in types})
        custom = [one for one in types if one.pop("revision") is None]
        return {
            "varve_bundle": VERSION,
            "ladder": list(catalog.ladder.kinds),
            **({"builtin": loaded} if loaded else {}),
            "types": custom,
            "environment_variables": self._variables(environment),
            "configs": configs,
            "profiles": list(_profiles(catalog, environment, found)),
        }

    def _variables(self, environment: str | None) -> dict[str, dict[str, Document]]:
        found: dict[str, dict[str, Document]] = {}
        rows = [pair for pair in self._views.in_force(environment, None) if pair[1].scope_kind == PROCESS.kind]
        for where, row in sorted(rows, key=lambda pair: (pair[0], pair[1].config_type)):
            if data := orjson.loads(row.data):
                found.setdefault(where, {})[row.config_type] = data
        return found

    def import_bundle(
        self, bundle: Document, *, command: Command, atomic: bool = False, dry_run: bool = False
    ) -> Imported:
        """Make the settings of the bundle so; nothing that it does not name is touched.

        A config is known by its environment, scope, type and name. What is too much for one commit is checked whole
        and then recorded in several, unless `atomic`. Raises InvalidRequest with every fault by pointer; TooLarge.
        """
        return self._import(bundle_content(bundle), command=command, atomic=atomic, dry_run=dry_run)

    def import_mapped(
        self,
        document: Document,
        *,
        mapping: Mapping,
        environment: str,
        scope: Scope,
        name: str,
        command: Command,
        define: bool = False,
        dry_run: bool = False,
    ) -> Imported:
        """Make each section that the mapping names the default config of its type at this scope, called `name`.

        Types that `define` made keep their definition when the file comes again. Raises InvalidRequest with every fault
        by pointer, such as /chunking/max_chunk_size.
        """
        mapped = self._mapped(document, mapping, define=define)
        _require_few(len(mapped.defined))
        types = tuple(WantedType(_inferred(made, data), f"/{made}") for made, data in self._new(mapped))
        drafts = [
            Draft(environment, scope, config_type, name, data, mode=self._mode(config_type, data), is_default=True)
            for config_type, data in {**mapped.configs, **mapped.defined}.items()
        ]
        configs = tuple(Wanted(draft, pointer_of((draft.config_type,)), "/config_data") for draft in drafts)
        done = self._import(Content(types=types, configs=configs), command=command, atomic=True, dry_run=dry_run)
        return replace(done, dropped=mapped.dropped, unmapped=mapped.unmapped)

    def _mapped(self, document: Document, mapping: Mapping, *, define: bool) -> Mapped:
        catalog = self._catalogs.current()
        known = set(catalog.types)
        if define:  # a custom type that an earlier import made is made of the same section again
            named = {section.config_type for section in mapping.sections}
            known = {one for one in known if one in named or definition_data(catalog.row(one))["revision"] is not None}
        return file_mapping.apply(document, mapping, known_types=known, define=define)

    def _mode(self, config_type: str, data: Document) -> Mode | None:
        """The type's own, but a document that is not complete by itself is laid over what others give."""
        catalog = self._catalogs.current()
        if config_type not in catalog.types:
            return None
        definition = catalog.definition(config_type)
        return "overlay" if definition.missing(merged(definition.defaults, data)) else None

    def _new(self, mapped: Mapped) -> Iterable[tuple[str, Document]]:
        known = self._catalogs.current().types
        return [(name, data) for name, data in mapped.defined.items() if name not in known]

    def _import(self, content: Content, *, command: Command, atomic: bool, dry_run: bool) -> Imported:
        _require_few(len(content.types))
        content = content.in_order()
        parts = [content] if atomic else content.parts()
        if dry_run or (len(parts) > 1 and self._store.commit_of(command.principal, command.command_id) is None):
            checked = self._run(content, command, dry_run=True)
            if dry_run:
                return checked
        done = [self._run(part, _part_of(command, n), dry_run=False) for n, part in enumerate(parts, start=1)]
        return done[0] if len(done) == 1 else _together(done)

    def _run(self, content: Content, command: Command, *, dry_run: bool) -> Imported:
        touched: set[UUID] = set()

        def decide(work: UnitOfWork) -> None:
            attempt = self._attempt(work, command)
            attempt.take(content)
            touched.clear()
            touched.update(attempt.touched)

        outcome = self._commands.run(command, decide, dry_run=dry_run, at_head=bool(content.types))
        return self._told(content, outcome, touched)

    def _attempt(self, work: UnitOfWork, command: Command) -> TakeIn:
        rows = list(self._views.definitions())
        position = max((row.valid_from for row in rows), default=0)
        return TakeIn(work, rows, position=position, command=command, types=self._types)

    def _told(self, content: Content, outcome: Outcome | DryRun, touched: set[UUID]) -> Imported:
        """Counted from the events, so that a repeat is told what the first was."""
        if isinstance(outcome, DryRun):
            events = [(event.TOPIC, event.originator_id) for event in outcome.events]
        else:
            first, last = outcome.commit.first, outcome.commit.last
            recorded = self._store.events(first=first, last=last) if last >= first else ()
            events = [(event.topic, event.stream) for event in recorded]
        of = _streams_by_topic(events)
        created = of.get("config.created", set()) & touched
        changed = (of.get("config.updated", set()) | of.get("config.default_changed", set())) & touched - created
        types = {one.spec.name for one in content.types} | {one.draft.config_type for one in content.configs}
        names = {config_type_id(name): name for name in types}
        imported = Imported(
            created=len(created),
            updated=len(changed),
            unchanged=max(0, len(content.configs) - len(created) - len(changed)),
            types_defined=tuple(sorted(names[one] for one in of.get("config_type.defined", ()) if one in names)),
            variables_changed=len(of.get("process.recorded", ())),
            ladder_changed="ladder.changed" in of,
            profiles_changed=len(of.get("profile.created", set()) | of.get("profile.updated", set())),
            position=None,
        )
        if isinstance(outcome, DryRun):
            return imported
        return replace(
            imported, commits=1, position=outcome.position, visible=outcome.visible, repeated=outcome.repeated
        )


def _profiles(catalog: Catalog, environment: str | None, configs: Iterable[ConfigView]) -> Iterator[Document]:
    """The profiles of one environment, or of all, with what they set."""
    settings: dict[tuple[str, str], dict[str, Document]] = {}
    for view in configs:
        if view.scope_kind == PROFILE and view.is_default:
            settings.setdefault((view.environment, view.scope_id), {})[view.config_type] = view.data
    for known in sorted(catalog.profiles.values(), key=lambda one: (one.environment, one.name)):
        if environment in (None, known.environment):
            yield {
                "environment": known.environment,
                "name": known.name,
                "description": known.description,
                "is_active": known.is_active,
                "settings": settings.get((known.environment, known.name), {}),
            }


def _require_few(types: int) -> None:
    if types > MOST_TYPES:
        raise TooLarge(f"an import defines at most {MOST_TYPES} types, not {types:,}: do it in parts")


def _streams_by_topic(events: Iterable[tuple[str, UUID]]) -> dict[str, set[UUID]]:
    found: dict[str, set[UUID]] = {}
    for topic, stream in events:
        found.setdefault(topic, set()).add(stream)
    return found


def _inferred(name: str, data: Document) -> TypeSpec:
    return TypeSpec(name, "Made from a file.", "overlay", inferred_schema(data))


def _part_of(command: Command, number: int) -> Command:
    """The first part bears the command's own id, so that a repeat of the whole is known by it."""
    return command if number == 1 else replace(command, command_id=f"{command.command_id}/part-{number}")


def _together(parts: list[Imported]) -> Imported:
    """The sum of what the commits of one import did."""
    return replace(
        parts[0],
        created=sum(part.created for part in parts),
        updated=sum(part.updated for part in parts),
        unchanged=sum(part.unchanged for part in parts),
        profiles_changed=sum(part.profiles_changed for part in parts),
        position=parts[-1].position,
        visible=all(part.visible for part in parts),
        repeated=all(part.repeated for part in parts),
        commits=len(parts),
    )
