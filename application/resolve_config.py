"""The effective configs of a context, and where each field of them came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from application.assemble import Assembler, Effective, Metrics
from application.assignments import Assignments
from application.catalog import Catalog, Catalogs
from application.exposure import ExposingAssembler
from application.moments import Moment
from application.ports import Views
from application.views import LayerRow, LayerRows
from domain.configs.scope import GLOBAL, PROCESS, Context, Scope

InSlots = dict[tuple[str, str, str], LayerRow | None]
"""By kind and id of the scope, and type: what is in force there; None where nothing is."""


class ResolveConfig:
    def __init__(self, views: Views, assignments: Assignments, catalogs: Catalogs, metrics: Metrics) -> None:
        self._views = views
        self._assignments = assignments
        self._catalogs = catalogs
        self._metrics = metrics
        self._assembler = ExposingAssembler(metrics)

    def effective(
        self, context: Context, *, types: Sequence[str] | None = None, moment: Moment | None = None
    ) -> Effective:
        """The effective configs of these types, or of every type that is defined: now, or as of a moment.

        Raises NotFound for an unknown type or environment, InvalidRequest for a kind that is not on the ladder.
        """
        began = perf_counter()
        answer = self._now(context, types) if moment is None else self._as_of(moment, context, types)
        self._metrics.resolved(perf_counter() - began, past=moment is not None)
        return answer

    def look_up(
        self,
        environment: str,
        contexts: Sequence[Context],
        *,
        types: Sequence[str] | None = None,
        catalog: Catalog | None = None,
    ) -> Lookup:
        """The layers of many contexts of one environment, read at once.

        `catalog` is the one that says who is in which experiment. Raises NotFound for an unknown type or environment.
        """
        current = catalog or self._catalogs.current()
        scopes = dict.fromkeys(scope for context in contexts for scope in (*context.named, *current.variants(context)))
        users = dict.fromkeys(context.user_id for context in contexts if context.user_id is not None)
        found = self._views.layers(
            environment, current.with_rivals(environment, (PROCESS, GLOBAL, *scopes)), users=tuple(users)
        )
        catalog = self._catalogs.at(found.definitions)
        if catalog.position != current.position and catalog.deals_users:  # others may be in them now
            return self.look_up(environment, contexts, types=types, catalog=catalog)
        catalog.require_environment(environment)
        for name in types or ():
            catalog.row(name)
        return Lookup(self._assembler, catalog, found, types)

    def _now(self, context: Context, types: Sequence[str] | None, catalog: Catalog | None = None) -> Effective:
        current = catalog or self._catalogs.current()
        variants = current.variants(context)
        scopes = context.scopes(current.ladder, variants=variants)
        users = () if context.user_id is None else (context.user_id,)
        read = current.with_rivals(context.environment, scopes)
        found = self._views.layers(context.environment, read, users=users)
        catalog = self._catalogs.at(found.definitions)
        if catalog.position != current.position and catalog.variants(context) != variants:
            return self._now(context, types, catalog)
        scopes = context.scopes(catalog.ladder, profile=profile_in_force(catalog, context, found), variants=variants)
        return self._assembler.assembled(context, scopes, found.rows, catalog, types=types, position=found.position)

    def _as_of(self, moment: Moment, context: Context, types: Sequence[str] | None) -> Effective:
        """In the types, the ladder and the layers of that moment."""
        catalog = self._catalogs.as_of(moment.position)
        catalog.require_environment(context.environment)
        names = types or catalog.types
        profile = catalog.in_force(context.environment, self._given(catalog, context, moment.position))
        scopes = context.scopes(catalog.ladder, profile=profile, variants=catalog.variants(context))
        read = catalog.with_rivals(context.environment, scopes)
        rows = self._views.layers_at(context.environment, read, names, position=moment.position)
        answer = self._assembler.assembled(context, scopes, rows, catalog, types=types, position=moment.position)
        return replace(answer, moment=moment)

    def _given(self, catalog: Catalog, context: Context, position: int) -> str | None:
        """The profile that the user was given; where there were none, nothing need be asked."""
        if context.user_id is None or not catalog.profiles:
            return None
        found = self._assignments.of(context.environment, context.user_id, position=position)
        return found.profile if found else None


class Lookup:
    """Answers from rows that were read together, so that all of them are true at `position`."""

    def __init__(
        self, assembler: Assembler | ExposingAssembler, catalog: Catalog, found: LayerRows, types: Sequence[str] | None
    ) -> None:
        self._assembler = assembler
        self._catalog = catalog
        self._types = types
        self._rows: dict[Scope, list[LayerRow]] = defaultdict(list)
        for row in found.rows:
            self._rows[Scope(row.scope_kind, row.scope_id)].append(row)
        self._found = found
        self.position = found.position

    def trying(
        self,
        slots: InSlots,
        *,
        assembler: Assembler,
        catalog: Catalog | None = None,
        types: Sequence[str] | None = None,
    ) -> Lookup:
        """One with this in these slots, for answers that nobody is served: users do not count for experiments."""
        by_slot: InSlots = {**{row[:3]: row for row in self._found.rows}, **slots}
        found = self._found._replace(rows=[row for row in by_slot.values() if row is not None])
        return Lookup(assembler, catalog or self._catalog, found, types or self._types)

    def effective(self, context: Context) -> Effective:
        """The answer for one of the contexts. Raises InvalidRequest for a kind that is not on the ladder."""
        profile = profile_in_force(self._catalog, context, self._found)
        scopes = context.scopes(self._catalog.ladder, profile=profile, variants=self._catalog.variants(context))
        read = self._catalog.with_rivals(context.environment, scopes)
        rows = [row for scope in read for row in self._rows.get(scope, ())]
        return self._assembler.assembled(
            context, scopes, rows, self._catalog, types=self._types, position=self.position
        )


def profile_in_force(catalog: Catalog, context: Context, found: LayerRows) -> str | None:
    """The profile that the context's user is given, where it is switched on."""
    return catalog.in_force(context.environment, found.profiles.get(context.user_id or ""))
