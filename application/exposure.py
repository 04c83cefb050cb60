"""Answers to users of experiments, which tell for which experiments the user counts.

Who gets the same whatever the variant would only blur the comparison. That must not depend on the variant that the
user happens to be in, or variants would be compared by users of different kinds: so every variant is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from application.assemble import Assembler, Effective, Metrics, Unmetered
from application.catalog import Catalog
from application.views import LayerRow
from domain.configs.scope import Context, Scope
from domain.experiments.experiment import variant_of
from domain.installation.serving import SETTINGS


class ExposingAssembler:
    """An Assembler that is also given the rows of the variants that a user is not in."""

    def __init__(self, metrics: Metrics) -> None:
        self._assembler = Assembler(metrics)
        self._tried = Assembler(Unmetered())  # nobody is served what is tried

    def assembled(
        self,
        context: Context,
        scopes: Sequence[Scope],
        rows: Sequence[LayerRow],
        catalog: Catalog,
        *,
        types: Sequence[str] | None,
        position: int,
    ) -> Effective:
        """As Assembler.assembled."""
        answer = self._assembler.assembled(context, scopes, rows, catalog, types=types, position=position)
        if (serving := catalog.serving(context.environment).serving) != SETTINGS:
            return replace(answer, serving=serving)  # nobody gets what the variants set, so nobody counts
        rivals = catalog.rivals(context.environment, scopes)
        if not rivals:
            return answer
        exposed: dict[str, dict[str, frozenset[str]]] = {}
        for variant, rival in ((variant, rival) for variant, all_ in rivals.items() for rival in all_):
            experiment, _ = variant_of(variant)
            for name, pointers in self._given(rival, answer, rows, catalog, instead_of=variant):
                found = exposed.setdefault(name, {})
                found[experiment] = found.get(experiment, frozenset()) | pointers
        return replace(answer, exposed=exposed, rests_on=catalog.with_rivals(context.environment, scopes))

    def _given(
        self, variant: Scope, answer: Effective, rows: Sequence[LayerRow], catalog: Catalog, *, instead_of: Scope
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """By type, the fields that a variant gives, or would give this user."""
        given = {row.config_type for row in rows if (row.scope_kind, row.scope_id) == (variant.kind, variant.id)}
        types = sorted(given & answer.types.keys())
        if not types:
            return
        scopes = [variant if scope == instead_of else scope for scope in answer.scopes]
        tried = self._tried.assembled(answer.context, scopes, rows, catalog, types=types, position=answer.position)
        for name, one in tried.types.items():
            if pointers := one.gives(str(variant)):
                yield name, pointers
