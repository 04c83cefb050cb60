"""What the whole installation agrees on, as it was at one position: types, environments, the ladder, API keys."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import replace
from itertools import chain
from threading import Lock
from types import MappingProxyType
from typing import Any

import orjson

from application.known_environments import KnownEnvironment, known_environment
from application.ports import Views
from application.views import DefinitionRow
from domain.access.api_key import Grant, KnownKey
from domain.access.roles import Role
from domain.config_types.definition import TypeDefinition
from domain.configs.scope import Context, Ladder, Scope
from domain.errors import NotFound
from domain.experiments.known import Happened, KnownExperiment, Traffic, given, known_experiment
from domain.installation.serving import KnownServing
from domain.profiles.profile import KnownProfile, profile_id
from domain.releases.change_set import ChangeSet
from domain.releases.ramp import KnownRamp
from domain.webhooks.known import KnownWebhook, Mark, known_webhook

KEPT_CATALOGS = 16


class Catalog:
    """One state of the definitions. A type is compiled when it is first asked for."""

    def __init__(self, rows: Iterable[DefinitionRow], *, position: int) -> None:
        self.position = position
        self._types: dict[str, DefinitionRow] = {}
        self._compiled: dict[str, TypeDefinition] = {}
        self.environments: dict[str, KnownEnvironment] = {}  # retired ones are not among them
        self.ladder, self.ladder_version, self.resolver = Ladder.INITIAL, 0, 0
        self.keys: dict[str, KnownKey] = {}
        self.experiments: dict[str, KnownExperiment] = {}  # by id, in the order of their creation
        self.traffic = Traffic()
        self.ramps: dict[str, KnownRamp] = {}  # by id: releases that a part of the users get
        self._variants: dict[tuple[str, Scope], tuple[Scope, ...]] = {}  # by environment and variant, all beside it
        self.profiles: dict[str, KnownProfile] = {}  # by id; deleted ones are not among them
        self._servings: dict[str, KnownServing] = {}  # by environment
        self.webhooks: dict[str, KnownWebhook] = {}  # by id; deleted ones are not among them
        for row in rows:
            if row.valid_from <= position:
                self._take(row)
        self.types = tuple(sorted(self._types))

    def _take(self, row: DefinitionRow) -> None:
        if row.kind == "config_type":
            self._types[row.name] = row
        elif row.kind.startswith(("environment", "policy.")):
            self._take_environment(row)
        elif row.kind == "ladder":
            self.ladder, self.ladder_version = Ladder(tuple(orjson.loads(row.body)["kinds"])), row.version
        elif row.kind == "resolver":
            self.resolver = orjson.loads(row.body)["resolver"]
        elif row.kind == "serving":
            known = known_serving(row)
            self._servings[known.environment] = known
        elif row.kind == "profile":
            self._take_profile(row)
        elif take := _BY_STREAM.get(row.kind.partition(".")[0]):
            take(self, row)
        elif row.kind == "api_key":
            key = self.keys.get(row.name)
            self.keys[row.name] = replace(key, revoked_us=row.recorded_us) if key else issued_key(row)

    def _take_environment(self, row: DefinitionRow) -> None:
        found = known_environment(row, self.environments.get(row.name))
        if found is None:
            self.environments.pop(row.name, None)
        else:
            self.environments[row.name] = found

    def _take_profile(self, row: DefinitionRow) -> None:
        found = known_profile(row, self.profiles.get(row.name))
        if found is None:
            self.profiles.pop(row.name, None)
        else:
            self.profiles[row.name] = found

    def _take_experiment(self, row: DefinitionRow) -> None:
        event = Happened(
            row.kind, row.name, row.version, row.valid_from, orjson.loads(row.body), row.recorded_us, row.actor
        )
        known = self.experiments[row.name] = known_experiment(event, self.experiments.get(row.name))
        self.traffic.take(known)
        self._variants |= {(known.environment, scope): known.scopes for scope in known.scopes}

    def _take_ramp(self, row: DefinitionRow) -> None:
        if row.kind == ChangeSet.RampEnded.TOPIC:
            del self.ramps[row.name]
        else:
            body = orjson.loads(row.body)
            guardrails = tuple(body.get("guardrails") or ())
            self.ramps[row.name] = KnownRamp(
                row.name, body["environment"], body["percent"], row.recorded_us, guardrails
            )

    def _take_webhook(self, row: DefinitionRow) -> None:
        mark, before = Mark(row.version, row.valid_from, row.recorded_us, row.actor), self.webhooks.get(row.name)
        found = known_webhook(row.kind, row.name, body=orjson.loads(row.body), mark=mark, before=before)
        if found is None:
            self.webhooks.pop(row.name, None)
        else:
            self.webhooks[row.name] = found

    def variants(self, context: Context) -> tuple[Scope, ...]:
        """The scopes of the releases and the variants that a context's user is in."""
        ramps = tuple(ramp.scope for ramp in self.ramps.values() if ramp.takes(context)) if self.ramps else ()
        return (*ramps, *given(self.experiments.values(), self.traffic, context)) if self.experiments else ramps

    @property
    def deals_users(self) -> bool:
        """Whether what a user gets may depend on a bucket."""
        return bool(self.experiments or self.ramps)

    def rivals(self, environment: str, scopes: Iterable[Scope]) -> dict[Scope, tuple[Scope, ...]]:
        """For each variant among these scopes, every variant of its experiment."""
        if not self._variants:
            return {}
        return {scope: self._variants[environment, scope] for scope in scopes if scope.kind == "experiment"}

    def with_rivals(self, environment: str, scopes: Sequence[Scope]) -> tuple[Scope, ...]:
        """These scopes, and those of the variants that a user is not in."""
        return tuple(dict.fromkeys(chain(scopes, *self.rivals(environment, scopes).values())))

    def serving(self, environment: str) -> KnownServing:
        return self._servings.get(environment) or KnownServing(environment)

    def experiment(self, experiment_id: str) -> KnownExperiment:
        """Raises NotFound."""
        try:
            return self.experiments[experiment_id]
        except KeyError:
            message = f"there is no experiment {experiment_id}: GET /api/experiments lists what there is"
            raise NotFound(message) from None

    def profile(self, profile_id: str) -> KnownProfile:
        """Raises NotFound."""
        try:
            return self.profiles[profile_id]
        except KeyError:
            raise NotFound(f"there is no profile {profile_id}: GET /api/profiles lists what there is") from None

    def in_force(self, environment: str, profile: str | None) -> str | None:
        """The profile of this name, where it is there and switched on."""
        if profile is None:
            return None
        known = self.profiles.get(profile_id(environment, profile).hex)
        return known.name if known is not None and known.is_active else None

    def definition(self, name: str) -> TypeDefinition:
        """Raises NotFound, with the names that there are."""
        if name not in self._compiled:
            self._compiled[name] = TypeDefinition.from_data(
                definition_data(self.row(name)), version=self.row(name).version
            )
        return self._compiled[name]

    def having(self, definition: TypeDefinition) -> Catalog:
        """This one with a type that a commit, which is being decided, defines anew."""
        data = definition.to_data()
        body = orjson.dumps({**data, "json_schema": data["schema"]}).decode()
        row = DefinitionRow("config_type", definition.name, definition.version, self.position, body, 0, "", None)
        twin = copy(self)
        twin._types = {**self._types, definition.name: row}
        twin._compiled = {**self._compiled, definition.name: definition}
        twin.types = tuple(sorted(twin._types))
        return twin

    def row(self, name: str) -> DefinitionRow:
        """The newest definition of a type. Raises NotFound."""
        try:
            return self._types[name]
        except KeyError:
            raise NotFound(f"there is no config type {name[:64]}: there are {', '.join(self.types)}") from None

    def definitions(self, names: Sequence[str] | None = None) -> MappingProxyType[str, TypeDefinition]:
        """Types by name: those named, or all."""
        return MappingProxyType({name: self.definition(name) for name in (self.types if names is None else names)})

    def environment(self, name: str) -> KnownEnvironment:
        """Raises NotFound, with the names that there are."""
        try:
            return self.environments[name]
        except KeyError:
            known = ", ".join(sorted(self.environments))
            raise NotFound(f"there is no environment {name[:64]}: there are {known}") from None

    def require_environment(self, name: str) -> str:
        """Raises NotFound, with the names that there are."""
        return self.environment(name).name


_BY_STREAM: dict[str, Callable[[Catalog, DefinitionRow], None]] = {
    "experiment": Catalog._take_experiment,
    "webhook": Catalog._take_webhook,
    "change_set": Catalog._take_ramp,
}
"""By the first part of the topic: what takes events that together say how a thing is."""


def definition_data(row: DefinitionRow) -> dict[str, Any]:
    """A definition in the shape of `TypeDefinition.to_data`, from the event that recorded it."""
    body = orjson.loads(row.body)
    names = ("name", "revision", "description", "mode", "rules")
    return {**{name: body.get(name) for name in names}, "schema": body["json_schema"]}


def known_profile(row: DefinitionRow, before: KnownProfile | None) -> KnownProfile | None:
    """A profile, from the event that was recorded last; None where that deleted it."""
    body = orjson.loads(row.body)
    if "is_active" not in body:
        return None
    created = (before.created_us, before.created_by) if before else (row.recorded_us, row.actor)
    name = Scope.recorded(body["scope"]).id
    facts = (row.name, body["environment"], name, body.get("description"), body["is_active"])
    return KnownProfile(*facts, row.version, *created, row.recorded_us, row.actor, row.valid_from)


def known_serving(row: DefinitionRow) -> KnownServing:
    """How a switch stands, from the event that changed it last."""
    body = orjson.loads(row.body)
    return KnownServing(body["environment"], body["serving"], row.reason, row.recorded_us, row.actor)


def issued_key(row: DefinitionRow) -> KnownKey:
    """A key, from the event that recorded it."""
    body = orjson.loads(row.body)
    grant = Grant(Role(body["role"]), tuple(body["environments"]), body.get("user_id"), body.get("collection_id"))
    issued = (row.recorded_us, row.actor)
    return KnownKey(row.name, body["label"], grant, body["secret_sha256"], body.get("expires_us"), *issued)


class Catalogs:
    """The catalog at the position that the views are at; compiled types are kept from one to the next."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._mutex = Lock()
        self._current = Catalog((), position=-1)
        self._rows: Sequence[DefinitionRow] = ()  # all that the views held at the last refresh, oldest first
        self._past: dict[int, Catalog] = {}

    def current(self) -> Catalog:
        """The newest that the views hold."""
        if self._current.position < 0:
            self.refresh()
        return self._current

    def at(self, definitions: int) -> Catalog:
        """The catalog of views whose newest definition is at this position."""
        current = self._current
        if current.position == definitions:
            return current
        with self._mutex:
            rows = self._rows = self._views.definitions()
            newest = max((row.valid_from for row in rows), default=0)
            if newest > self._current.position:
                self._current = self._successor(rows, newest)
            if definitions >= self._current.position:
                return self._current
            return Catalog(rows, position=definitions)

    def _successor(self, rows: Sequence[DefinitionRow], newest: int) -> Catalog:
        catalog = Catalog(rows, position=newest)
        for name, compiled in self._current._compiled.items():
            if catalog.row(name).version == compiled.version:
                catalog._compiled[name] = compiled
        return catalog

    def as_of(self, position: int) -> Catalog:
        """The catalog as it was at a position that the views show.

        Those that were asked for of late are kept, with what they compiled.
        """
        self.current()
        with self._mutex:
            earlier = bisect_right(self._rows, position, key=lambda row: row.valid_from)
            newest = self._rows[earlier - 1].valid_from if earlier else 0
            if newest == self._current.position:
                return self._current
            found = self._past.pop(newest, None) or Catalog(self._rows[:earlier], position=newest)
            self._past[newest] = found  # the last asked for comes last
            while len(self._past) > KEPT_CATALOGS:
                del self._past[next(iter(self._past))]
            return found

    def refresh(self) -> None:
        """Definitions have changed."""
        self.at(self._current.position + 1)
