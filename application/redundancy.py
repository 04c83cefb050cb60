"""Overrides that change nothing, because what lies below gives the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from application.assemble import layer_of
from application.catalog import Catalog
from application.ports import Views
from application.views import LayerRow
from domain.config_types.definition import TypeDefinition
from domain.configs.diff import equal
from domain.configs.fold import folded
from domain.configs.layer import Layer
from domain.configs.resolution import resolve
from domain.configs.scope import Scope
from domain.documents import Document


@dataclass(frozen=True, slots=True)
class Override:
    """A config in force that changes nothing; `same_as` is the layer below that gives the same."""

    id: str
    version: int
    scope: str
    config_type: str
    mode: str
    config_data: Document
    unset: list[str]
    same_as: str


@dataclass(frozen=True, slots=True)
class Redundant:
    """`count` is of all, `items` are the first of them."""

    environment: str
    position: int
    count: int
    items: list[Override]


def redundant(
    views: Views, catalog: Catalog, environment: str, types: Iterable[str], *, position: int, limit: int
) -> Redundant:
    """Compares each config in force with what process and global alone give: above them, no other layer is known."""
    count, items = 0, list[Override]()
    for name in types:
        rows = [row for _, row in views.in_force(environment, name)]
        below = Below(catalog.definition(name), rows)
        for row in rows:
            if row.scope_kind != "process" and below.gives_the_same_as(row):
                count += 1
                if len(items) < limit:
                    items.append(_override(row, below.path(row)))
    return Redundant(environment, position, count, items)


class Below:
    """What lies below the configs of one type, and whether they add to it: found once for equal ones."""

    def __init__(self, definition: TypeDefinition, rows: Sequence[LayerRow]) -> None:
        self._definition = definition
        by_kind = {row.scope_kind: (layer_of(row),) for row in rows if row.scope_kind in ("process", "global")}
        process = by_kind.get("process", ())
        self._under_global = process
        self._under_others = (*process, *by_kind.get("global", ()))
        self._known: dict[tuple[bool, str, str, str], bool] = {}

    def _layers(self, row: LayerRow) -> tuple[Layer, ...]:
        return self._under_global if row.scope_kind == "global" else self._under_others

    def path(self, row: LayerRow) -> str:
        """The label of the highest layer below that contributes."""
        return resolve(self._definition, self._layers(row)).path

    def gives_the_same_as(self, row: LayerRow) -> bool:
        key = (row.scope_kind == "global", row.mode, row.data, row.unset)
        known = self._known.get(key)
        if known is None:
            layers = self._layers(row)
            known = self._known[key] = self._same(layers, (*layers, layer_of(row)))
        return known

    def _same(self, below: Sequence[Layer], above: Sequence[Layer]) -> bool:
        """By the fold first: where it is equal, only healing, which looks at every layer, can tell the two apart."""
        one, other = (folded(self._definition.defaults, layers).value for layers in (below, above))
        if not equal(one, other):
            return False
        before, after = (resolve(self._definition, layers).value for layers in (below, above))
        return before is None if after is None else before is not None and equal(before, after)


def _override(row: LayerRow, same_as: str) -> Override:
    scope = Scope(row.scope_kind, row.scope_id)
    unset = list(orjson.loads(row.unset))
    return Override(
        str(UUID(row.id)), row.version, str(scope), row.config_type, row.mode, orjson.loads(row.data), unset, same_as
    )
