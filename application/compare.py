"""How answers differ: from one moment to the next, and between two contexts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from application.assemble import Effective
from application.assignments import Assignments
from application.catalog import Catalogs
from application.moments import Moment
from application.ports import Commit, EventStore, Recorded, Views
from application.resolve_config import ResolveConfig
from domain.configs.diff import Change, changed_leaves, equal
from domain.configs.provenance import Source
from domain.configs.scope import Context
from domain.pointers import MISSING, value_at
from domain.profiles.profile import profile_scope

NOTHING_YET = 0  # the position before the first event


@dataclass(frozen=True, slots=True)
class Turn:
    """A commit after which a context's answer is another. `changes` are by config type."""

    commit: Commit
    events: tuple[Recorded, ...]
    changes: dict[str, list[Change]]

    @property
    def reason(self) -> str | None:
        """Why it was made, where that was said."""
        return next((said for one in self.events if (said := orjson.loads(one.state).get("reason"))), None)


@dataclass(frozen=True, slots=True)
class Blamed:
    """A commit that changed one field of an answer: its value, or where it comes from."""

    commit: Commit
    before: Any  # MISSING where there was nothing
    after: Any
    source: Source | None  # None where there is nothing now


@dataclass(frozen=True, slots=True)
class Difference:
    """Two answers side by side, and what was recorded between their positions at the scopes of either."""

    left: Effective
    right: Effective
    changes: dict[str, list[Change]]
    events: tuple[Recorded, ...]


class Compare:
    def __init__(
        self, store: EventStore, views: Views, assignments: Assignments, catalogs: Catalogs, resolve: ResolveConfig
    ) -> None:
        self._store = store
        self._views = views
        self._assignments = assignments
        self._catalogs = catalogs
        self._resolve = resolve

    def timeline(
        self, context: Context, *, after: int, upto: int, types: Sequence[str] | None = None
    ) -> Iterator[Turn]:
        """Each commit beyond a position, up to another, that changed what this context gets; oldest first."""
        before = self._answer(context, after, types)
        for position in self.candidates(context, after, upto):
            now = self._answer(context, position, types)
            if changes := differences(before, now):
                commit = self._commit(position)
                yield Turn(commit, self._events(commit), changes)
            before = now

    def blame(self, context: Context, *, config_type: str, pointer: str, upto: int) -> Iterator[Blamed]:
        """Each commit that ever changed this field of what the context gets; oldest first.

        Raises NotFound for an unknown type.
        """
        self._catalogs.current().row(config_type)
        before: Source | None = None
        for position in self.candidates(context, NOTHING_YET, upto):
            answer = self._answer(context, position, None)
            one = answer.types.get(config_type) if answer else None
            now = one.provenance().get(pointer) if one else None
            if not _same_source(before, now):
                value = value_at(one.resolved.value or {}, pointer) if one else MISSING
                yield Blamed(self._commit(position), before["value"] if before else MISSING, value, now)
            before = now

    def difference(self, left: Effective, right: Effective) -> Difference:
        """Two answers by field."""
        low, high = sorted((left.position, right.position))
        return Difference(left, right, differences(left, right), tuple(self._between((left, right), low, high)))

    def _between(self, answers: Sequence[Effective], low: int, high: int) -> Iterator[Recorded]:
        positions: set[int] = set()
        for answer in answers:
            positions |= set(self.candidates(answer.context, low, high))
        for position in sorted(positions):
            yield from self._events(self._commit(position))

    def _answer(self, context: Context, position: int, types: Sequence[str] | None) -> Effective | None:
        """None where the environment was not there yet."""
        catalog = self._catalogs.as_of(position)
        if context.environment not in catalog.environments:
            return None
        known = [name for name in types if name in catalog.types] if types else None
        if types and not known:
            return None
        return self._resolve.effective(context, types=known, moment=Moment(position))

    def candidates(self, context: Context, after: int, upto: int) -> list[int]:
        """Positions beyond one, up to another, at which an answer may have changed: by its scopes, or a definition."""
        catalog = self._catalogs.as_of(upto)
        scopes = set(context.scopes(catalog.ladder))
        found: set[int] = set()
        if context.user_id is not None:
            given = self._assignments.between(context.environment, context.user_id, after=after, upto=upto)
            scopes |= {profile_scope(one.profile) for one in given if one.profile is not None}
            found |= {one.valid_from for one in given if one.valid_from > after}
        # Who is in which variant changes with a definition; what a variant sets, with its start and its conclusion.
        found |= set(self._views.changes(context.environment, list(scopes), after=after, upto=upto))
        found |= {row.valid_from for row in self._views.definitions() if after < row.valid_from <= upto}
        return sorted(found)

    def _commit(self, position: int) -> Commit:
        return self._store.commits(after=position - 1, limit=1)[0]

    def _events(self, commit: Commit) -> tuple[Recorded, ...]:
        return tuple(self._store.events(first=commit.first, last=commit.last))


def differences(left: Effective | None, right: Effective | None) -> dict[str, list[Change]]:
    """By config type, the fields in which two answers differ; a type that is not served has no fields."""
    sides = [answer.types if answer else {} for answer in (left, right)]
    found = {}
    for name in sorted(sides[0].keys() | sides[1].keys()):
        values = [side[name].resolved.value or {} if name in side else {} for side in sides]
        if changes := changed_leaves(*values):
            found[name] = changes
    return found


def _same_source(one: Source | None, other: Source | None) -> bool:
    """Whether a field has the same value from the same place."""
    if one is None or other is None:
        return one is other
    origin = ("layer", "config_id")
    return equal(one["value"], other["value"]) and all(one[key] == other[key] for key in origin)  # type: ignore[literal-required]
