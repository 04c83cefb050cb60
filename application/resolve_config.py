"""The effective configs of a context, and where each field of them came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from application.assemble import Assembler, Effective, Metrics
from application.catalog import Catalog, Catalogs
from application.moments import Moment
from application.ports import Views
from application.views import LayerRow, LayerRows
from domain.configs.scope import GLOBAL, PROCESS, Context, Scope


class ResolveConfig:
    def __init__(self, views: Views, catalogs: Catalogs, metrics: Metrics) -> None:
        self._views = views
        self._catalogs = catalogs
        self._metrics = metrics
        self._assembler = Assembler(metrics)

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

    def look_up(self, environment: str, contexts: Sequence[Context], *, types: Sequence[str] | None = None) -> Lookup:
        """The layers of many contexts of one environment, read at once.

        Raises NotFound for an unknown type or environment.
        """
        scopes = dict.fromkeys(scope for context in contexts for scope in context.named)
        found = self._views.layers(environment, (PROCESS, GLOBAL, *scopes))
        catalog = self._catalogs.at(found.definitions)
        catalog.require_environment(environment)
        for name in types or ():
            catalog.row(name)
        return Lookup(self._assembler, catalog, found, types)

    def _now(self, context: Context, types: Sequence[str] | None) -> Effective:
        scopes = context.scopes(self._catalogs.current().ladder)
        found = self._views.layers(context.environment, scopes)
        catalog = self._catalogs.at(found.definitions)
        scopes = context.scopes(catalog.ladder)
        return self._assembler.assembled(context, scopes, found.rows, catalog, types=types, position=found.position)

    def _as_of(self, moment: Moment, context: Context, types: Sequence[str] | None) -> Effective:
        """In the types, the ladder and the layers of that moment."""
        catalog = self._catalogs.as_of(moment.position)
        catalog.require_environment(context.environment)
        names = types or catalog.types
        scopes = context.scopes(catalog.ladder)
        rows = self._views.layers_at(context.environment, scopes, names, position=moment.position)
        answer = self._assembler.assembled(context, scopes, rows, catalog, types=types, position=moment.position)
        return replace(answer, moment=moment)


class Lookup:
    """Answers from rows that were read together, so that all of them are true at `position`."""

    def __init__(self, assembler: Assembler, catalog: Catalog, found: LayerRows, types: Sequence[str] | None) -> None:
        self._assembler = assembler
        self._catalog = catalog
        self._types = types
        self._rows: dict[Scope, list[LayerRow]] = defaultdict(list)
        for row in found.rows:
            self._rows[Scope(row.scope_kind, row.scope_id)].append(row)
        self.position = found.position

    def effective(self, context: Context) -> Effective:
        """The answer for one of the contexts. Raises InvalidRequest for a kind that is not on the ladder."""
        scopes = context.scopes(self._catalog.ladder)
        rows = [row for scope in scopes for row in self._rows.get(scope, ())]
        return self._assembler.assembled(
            context, scopes, rows, self._catalog, types=self._types, position=self.position
        )
