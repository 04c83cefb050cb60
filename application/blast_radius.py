"""How far a change reaches: which scopes would get another effective config, and in which fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import Literal

from application.assemble import layer_of
from application.contexts_seen import ContextsSeen
from application.ports import Views
from application.try_changes import Tried, label_at
from application.views import LayerRow, LayerRows
from domain.config_types.definition import TypeDefinition
from domain.configs.layer import Layer
from domain.configs.scope import GLOBAL, PROCESS, Scope
from domain.pointers import pointer_of
from domain.previews.difference import FieldChange, empty
from domain.previews.reach import Effect, Reach

MAX_EXAMPLES = 20
SHARED = (PROCESS, GLOBAL)
NOT_COUNTED = frozenset(scope.kind for scope in SHARED)
Place = tuple[str, str]
"""The kind and the id of a scope: cheaper than a Scope where there are very many."""


@dataclass(frozen=True, slots=True)
class Count:
    affected: int
    unaffected: int


@dataclass(frozen=True, slots=True)
class Example:
    """One scope, and what happens to it; pointers are those of the effective answer, the type first."""

    scope: str
    changes: list[FieldChange]


@dataclass(frozen=True, slots=True)
class HiddenCount:
    """Scopes in which nothing changes, because a higher layer hides it, and the fields that are hidden in any."""

    count: int
    fields: dict[str, int]
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Impact:
    """Each scope that has a config is a context by itself; `global` is the one of which nothing is known."""

    environment: str
    position: int
    scopes: dict[str, Count]
    contexts_seen: ContextsSeen
    fields: dict[str, int]
    examples: list[Example]
    hidden: HiddenCount


class TypeReach:
    """The effect of the changes on one type, everywhere in an environment."""

    def __init__(self, definition: TypeDefinition, shared: Iterable[LayerRow], tried: Mapping[Scope, Layer]) -> None:
        self._name = definition.name
        self._prefix = pointer_of([definition.name])
        self._tried = tried
        there = {row.scope_kind: layer_of(row) for row in shared if row.config_type == definition.name}
        before = tuple(there.get(scope.kind) or empty(label_at(scope)) for scope in SHARED)
        after = tuple(tried.get(scope, layer) for scope, layer in zip(SHARED, before, strict=True))
        self._reach = Reach(definition, before, after)

    @property
    def bare(self) -> Effect:
        """The effect where no config of this type is."""
        return self._reach.bare

    def effects(self, views: Views, environment: str) -> dict[Place, Effect]:
        """The effect on every scope that has a config of this type, or would have one."""
        under = self._reach.under
        found = {
            (row.scope_kind, row.scope_id): under(row.mode, row.data, row.unset)
            for _, row in views.in_force(environment, self._name)
            if row.scope_kind not in NOT_COUNTED
        }
        own = [scope for scope in self._tried if scope not in SHARED]
        rows = views.layers(environment, own).rows if own else []
        found.update({(scope.kind, scope.id): Effect.of(self._changes(scope, rows)) for scope in own})
        return found

    def changes(self, scope: Scope, rows: Iterable[LayerRow]) -> list[FieldChange]:
        """What happens at a scope, in fields of the effective answer; `rows` hold its configs."""
        return [replace(change, pointer=self._prefix + change.pointer) for change in self._changes(scope, rows)]

    def _changes(self, scope: Scope, rows: Iterable[LayerRow]) -> list[FieldChange]:
        if scope in SHARED:
            return self._reach.changes()
        place, becomes = (scope.kind, scope.id, self._name), self._tried.get(scope)
        own = next((layer_of(row) for row in rows if row[:3] == place), becomes and empty(label_at(scope)))
        return self._reach.changes(own, becomes)

    def counted(self, pointers: Iterable[str], count: int) -> dict[str, int]:
        """So many of each of these fields of the effective answer."""
        return {self._prefix + pointer: count for pointer in pointers}


class Group:
    """Scopes of one kind to which the same happens."""

    def __init__(self, effects: tuple[Effect, ...]) -> None:
        self.effects = effects
        self.count = 0
        self.examples: list[Scope] = []
        self.affected = any(effect.changed for effect in effects)
        self.hidden = not self.affected and any(effect.hidden for effect in effects)


def blast_radius(
    views: Views, environment: str, tried: Sequence[Tried], *, shared: LayerRows, contexts_seen: ContextsSeen
) -> Impact:
    """One pass over what is in force of each type that is changed; `shared` is that of process and global."""
    reaches = [
        TypeReach(definition, shared.rows, {one.scope: one.layer for one in tried if one.definition is definition})
        for definition in {one.definition.name: one.definition for one in tried}.values()
    ]
    groups = grouped([(reach.effects(views, environment), reach.bare) for reach in reaches])
    return Told(views, environment, reaches).impact(groups, shared.position, contexts_seen)


def grouped(effects: Sequence[tuple[dict[Place, Effect], Effect]]) -> dict[tuple[str, tuple[Effect, ...]], Group]:
    """Every scope, and the context of which nothing is known, by kind and by what happens to it in each type."""
    groups: dict[tuple[str, tuple[Effect, ...]], Group] = {}
    for place in {(GLOBAL.kind, ""): None} | {place: None for one, _ in effects for place in one}:
        key = (place[0], tuple([one.get(place, bare) for one, bare in effects]))
        group = groups.get(key)
        if group is None:
            group = groups[key] = Group(key[1])
        group.count += 1
        if len(group.examples) < MAX_EXAMPLES:
            group.examples.append(Scope(*place))
    return groups


class Told:
    """The groups as an answer."""

    def __init__(self, views: Views, environment: str, reaches: Sequence[TypeReach]) -> None:
        self._views = views
        self._environment = environment
        self._reaches = reaches

    def impact(
        self, groups: Mapping[tuple[str, tuple[Effect, ...]], Group], position: int, contexts_seen: ContextsSeen
    ) -> Impact:
        scopes: dict[str, Count] = {}
        for (kind, _), group in groups.items():
            old, affected = scopes.get(kind, Count(0, 0)), group.count if group.affected else 0
            scopes[kind] = Count(old.affected + affected, old.unaffected + group.count - affected)
        affected_groups = [group for group in groups.values() if group.affected]
        hidden_groups = [group for group in groups.values() if group.hidden]
        return Impact(
            self._environment,
            position,
            scopes,
            contexts_seen,
            self._fields(groups.values(), "changed"),
            self._examples(affected_groups),
            HiddenCount(
                sum(group.count for group in hidden_groups),
                self._fields(groups.values(), "hidden"),
                self._examples(hidden_groups),
            ),
        )

    def _fields(self, groups: Iterable[Group], which: Literal["changed", "hidden"]) -> dict[str, int]:
        fields: Counter[str] = Counter()
        for group in groups:
            for reach, effect in zip(self._reaches, group.effects, strict=True):
                fields.update(reach.counted(getattr(effect, which), group.count))
        return dict(sorted(fields.items()))

    def _examples(self, groups: Iterable[Group]) -> list[Example]:
        """Of each group in turn, so that different ones are seen."""
        turns = zip_longest(*(group.examples for group in groups))
        scopes = list(islice((scope for turn in turns for scope in turn if scope is not None), MAX_EXAMPLES))
        rows = self._views.layers(self._environment, scopes).rows if scopes else []
        return [
            Example(str(scope), [change for reach in self._reaches for change in reach.changes(scope, rows)])
            for scope in scopes
        ]
