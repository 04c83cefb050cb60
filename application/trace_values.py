"""The event that gave a field of an answer its value, however often its config was changed since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from application.assemble import ResolvedType
from application.catalog import Catalog
from application.ports import Views
from application.views import ConfigView
from domain.configs.diff import equal
from domain.configs.fold import DEFAULT, owned_leaves
from domain.configs.layer import Layer, Origin
from domain.pointers import MISSING, related, value_at

VERSIONS_A_LOOK = 200


@dataclass(frozen=True, slots=True)
class MadeSo:
    """`layer` is the one that the value comes from; a default's event is the definition of the type."""

    layer: str
    config_id: UUID | None
    version: int | None
    position: int
    operation: str
    actor: str
    at_us: int
    reason: str | None


class TraceValues:
    """For the answers of one moment. What was traced once is kept, so that many requirements share it."""

    def __init__(self, views: Views, catalog: Catalog) -> None:
        self._views = views
        self._catalog = catalog
        self._answered: dict[tuple[ResolvedType, tuple[str, ...]], MadeSo] = {}
        self._known: dict[tuple[UUID, int, str], ConfigView] = {}

    def made_so(self, answer: ResolvedType, pointers: tuple[str, ...]) -> MadeSo:
        """The newest event behind the leaves that these pointers lead to; of nothing but defaults, the definition."""
        key = (answer, pointers)
        if key not in self._answered:
            found = self._behind(answer, pointers)
            self._answered[key] = max(
                found, key=lambda one: one.position, default=self._defined(answer.definition.name)
            )
        return self._answered[key]

    def _behind(self, answer: ResolvedType, pointers: tuple[str, ...]) -> Iterator[MadeSo]:
        layers = {layer.label: layer for layer in answer.layers}
        for pointer, _, owner in owned_leaves(answer.resolved.value or {}, answer.resolved.owners):
            if owner in layers and any(related(pointer, one) for one in pointers):
                yield self._traced(layers[owner], pointer)

    def _traced(self, layer: Layer, pointer: str) -> MadeSo:
        origin = layer.origin
        assert origin is not None  # only a draft has none, and drafts are not answered for
        if origin.config_id is None or origin.version is None or origin.version == 1:
            return _of_origin(layer.label, origin)
        key = (origin.config_id, origin.version, pointer)
        if key not in self._known:
            self._known[key] = self._first_alike(*key)
        view = self._known[key]
        facts = (view.operation, view.updated_by, view.updated_us, view.reason)
        return MadeSo(layer.label, view.id, view.version, view.position, *facts)

    def _first_alike(self, config_id: UUID, version: int, pointer: str) -> ConfigView:
        """The version since which the config is in force and says the same here."""
        versions = self._versions(config_id, version)
        first = next(versions)
        for earlier in versions:
            if earlier.in_force_reason is not None or not _says_the_same(earlier, first, pointer):
                break
            first = earlier
        return first

    def _versions(self, config_id: UUID, version: int) -> Iterator[ConfigView]:
        before = version + 1
        while before > 1:
            page = self._views.history(config_id, before=before, limit=VERSIONS_A_LOOK)
            yield from page
            before = page[-1].version if page else 1

    def _defined(self, config_type: str) -> MadeSo:
        row = self._catalog.row(config_type)
        return MadeSo(DEFAULT, None, None, row.valid_from, "DEFINE", row.actor, row.recorded_us, row.reason)


def _of_origin(layer: str, origin: Origin) -> MadeSo:
    made = (origin.position, origin.operation, origin.actor, origin.at_us, origin.reason)
    return MadeSo(layer, origin.config_id, origin.version, *made)


def _says_the_same(one: ConfigView, other: ConfigView, pointer: str) -> bool:
    before, after = value_at(one.data, pointer), value_at(other.data, pointer)
    if before is MISSING or after is MISSING:
        return before is after and _gives_back(one, pointer) == _gives_back(other, pointer)
    return equal(before, after)


def _gives_back(view: ConfigView, pointer: str) -> bool:
    return any(f"{pointer}/".startswith(f"{unset}/") for unset in view.unset)
