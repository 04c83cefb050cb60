"""The effective configs of a context, and where each field of them came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from application.assemble import Assembler, Effective, Metrics
from application.catalog import Catalogs
from application.moments import Moment
from application.ports import Views
from domain.configs.scope import Context


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
