"""One attempt at an import: what differs is changed, and all faults are gathered before they are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson

from application.assign_profiles import ProfileEditor
from application.bundle import Content, Wanted, WantedProfile, WantedType, WantedVariables, refused
from application.catalog import Catalog
from application.edit_configs import ConfigEditor, Draft, created_id
from application.ports import Command
from application.register_types import RegisterTypes
from application.seal_secrets import Holder, Taken
from application.unit_of_work import UnitOfWork
from application.views import DefinitionRow
from domain.aggregate import Aggregate
from domain.config_types.config_type import ConfigType, config_type_id
from domain.config_types.definition import TypeDefinition
from domain.config_types.schema import checked
from domain.config_types.spec import TypeSpec
from domain.config_types.violation import Violation
from domain.configs.config import Config, name_key
from domain.configs.diff import equal
from domain.configs.merge import merged
from domain.configs.process_layer import ProcessLayer, process_layer_id
from domain.configs.scope import Ladder
from domain.configs.slot import Slot, slot_id
from domain.errors import Fault, Refusal
from domain.installation.ladder import LADDER_ID, LadderLog


class TakeIn:
    """`rows` are the definitions that there are; those of the import are added, so that its configs can use them."""

    def __init__(
        self, work: UnitOfWork, rows: list[DefinitionRow], *, position: int, command: Command, types: RegisterTypes
    ) -> None:
        self._work = work
        self._rows = rows
        self._position = position
        self._command = command
        self._types = types
        self._defined: list[Aggregate] = []
        self._faults: list[Fault] = []
        self.touched: set[UUID] = set()

    def take(self, content: Content) -> None:
        """Change what must change. Raises InvalidRequest with every fault."""
        if content.ladder:
            self._take_ladder(content.ladder)
        for wanted in content.types:
            self._take_type(wanted)
        if self._faults:  # what follows would be measured by definitions that are not to be
            raise refused(self._faults)
        catalog = Catalog(self._rows, position=self._position)
        for variables in content.variables:
            self._take_variables(variables, catalog)
        editor = ConfigEditor(self._work, catalog, self._command.stamp)
        for ordinal, wanted_config in enumerate(content.configs):
            self._take_config(wanted_config, editor, created_id(self._command, ordinal))
        for wanted_profile in content.profiles:
            self._take_profile(wanted_profile, editor, catalog)
        if self._faults:
            raise refused(self._faults)
        # An editor relies on the version it used; of what is defined in this same commit, the log has the one before.
        for aggregate in self._defined:
            self._work.rely_on(aggregate.id, aggregate.version - len(aggregate.pending_events))

    @contextmanager
    def _faults_at(self, at: str) -> Iterator[None]:
        try:
            yield
        except Refusal as refusal:
            self._faults += [fault.under(at) for fault in refusal.faults] or [Fault(at, refusal.detail, refusal.code)]

    def _take_ladder(self, kinds: tuple[str, ...]) -> None:
        """Add rungs; an order that contradicts the present one is refused, since it would change answers by the way."""
        log = self._work.load(LadderLog, LADDER_ID)
        present = log.ladder.kinds if log.ladder else ()
        if _within(kinds, present):
            return
        with self._faults_at(""):
            ladder = Ladder.checked(kinds)
            if not _within(present, kinds):
                message = f"the ladder here is {', '.join(present)}: bring the two into one order before you import"
                self._faults.append(Fault("/ladder", message, "ladder"))
                return
            log.change(ladder, stamp=self._command.stamp)
            self._define(log, "ladder", "ladder", {"kinds": list(kinds)})

    def _take_type(self, wanted: WantedType) -> None:
        spec, config_type = wanted.spec, self._work.load(ConfigType, config_type_id(wanted.spec.name))
        known = config_type.definition
        if known is not None and (known["revision"] is None) != (spec.revision is None):
            self._faults.append(_name_taken(wanted))
            return
        with self._faults_at(wanted.at):
            data = spec.to_data()
            if known is not None and (equal(data, known) or _is_newer(known, spec)):
                data = known
            else:
                self._require_harmless(wanted, checked(spec.name, spec.schema, spec.rules, spec.mode))
            config_type.define(data, stamp=self._command.stamp)
            body = {**data, "json_schema": data["schema"]}
            self._define(config_type, "config_type", spec.name, body)

    def _require_harmless(self, wanted: WantedType, definition: TypeDefinition) -> None:
        affected = self._types.invalid_under(definition)
        if affected:
            places = ", ".join(f"{one.scope} in {one.environment}" for one in affected[:10])
            message = f"configs of {wanted.spec.name} would become invalid ({places}): change them first"
            self._faults.append(Fault(wanted.at, message, "in_use"))

    def _define(self, aggregate: Aggregate, kind: str, name: str, body: dict[str, Any]) -> None:
        if aggregate.pending_events:
            self._defined.append(aggregate)
        text = orjson.dumps(body).decode()
        self._rows.append(DefinitionRow(kind, name, aggregate.version, self._position, text, 0, "", None))

    def _take_variables(self, wanted: WantedVariables, catalog: Catalog) -> None:
        with self._faults_at(wanted.at):
            catalog.require_environment(wanted.environment)
            definition = catalog.definition(wanted.config_type)
            layer = self._work.load(ProcessLayer, process_layer_id(wanted.environment, wanted.config_type))
            holder = Holder(self._work.secrets, layer.id, layer.version + 1, (layer.data,))
            taken = holder.take(definition, definition.coerced(wanted.values))
            if violations := _of_values(definition, taken):
                self._faults += [violation.fault().under(wanted.at) for violation in violations]
                return
            self._work.rely_on(config_type_id(definition.name), definition.version)
            layer.take(
                taken.sealed(),
                variables={field: name for field, name in layer.variables.items() if field in taken.document},
                environment=wanted.environment,
                config_type=wanted.config_type,
                type_version=definition.version,
                stamp=self._command.stamp,
            )

    def _take_profile(self, wanted: WantedProfile, editor: ConfigEditor, catalog: Catalog) -> None:
        with self._faults_at(wanted.at):
            catalog.require_environment(wanted.profile.environment)
            ProfileEditor(self._work, editor, self._command).make(wanted.profile)

    def _take_config(self, wanted: Wanted, editor: ConfigEditor, new_id: UUID) -> None:
        draft = wanted.draft
        slot = self._work.load(Slot, slot_id(draft.environment, draft.scope, draft.config_type))
        known = slot.names.get(name_key(draft.name))
        try:
            if known is None:
                editor.create(draft, new_id)
            elif changes := _changes(self._work.load(Config, known), draft):
                editor.update(known, changes)
            self.touched.add(known or new_id)
        except Refusal as refusal:
            faults = refusal.faults or (Fault("", refusal.detail, refusal.code),)
            self._faults += [wanted.fault(fault) for fault in faults]


def _name_taken(wanted: WantedType) -> Fault:
    name = wanted.spec.name
    if wanted.spec.revision is None:
        return Fault(f"{wanted.at}/name", f"{name} is built in: give this type another name", "built_in")
    message = f"there is a type of your own named {name}, which stays: load the others, each by its name"
    return Fault(wanted.at, message, "name_taken")


def _is_newer(known: dict[str, Any], spec: TypeSpec) -> bool:
    """Whether the log has a revision of a built-in type that is not below ours."""
    return spec.revision is not None and known["revision"] >= spec.revision


def _of_values(definition: TypeDefinition, taken: Taken) -> list[Violation]:
    """What values of a process layer do wrong: each alone, and together where nothing is missing."""
    violations = [*taken.violations, *definition.partial_violations(taken.document, texts=taken.texts)]
    whole = merged(definition.defaults, taken.document)
    if violations or definition.missing(whole):
        return violations
    return definition.violations(whole, texts=taken.texts)


def _within(fewer: tuple[str, ...], more: tuple[str, ...]) -> bool:
    """Whether these kinds stand in the same order among those."""
    return tuple(kind for kind in more if kind in fewer) == fewer


def _changes(config: Config, draft: Draft) -> dict[str, Any]:
    """What of a config is not as the draft wants it."""
    wanted = {
        "name": draft.name,
        "description": draft.description,
        "mode": draft.mode or config.mode,
        "data": draft.data,
        "unset": list(draft.unset),
        "is_active": draft.is_active,
        "is_default": config.is_default if draft.is_default is None else draft.is_default,
    }
    return {field: value for field, value in wanted.items() if not equal(value, getattr(config, field))}
