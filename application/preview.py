"""What a change would do, before it is made. Nothing here is ever stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from application.assemble import degradation_data
from application.blast_radius import SHARED, Impact, blast_radius
from application.catalog import Catalog, Catalogs
from application.contexts_seen import SEEN_DAYS, TryOnContexts
from application.ports import EventStore, Views
from application.preview_change_set import WouldBe
from application.preview_sample import Sample, Sampled, sampled
from application.redundancy import Redundant, redundant
from application.reports import Reports
from application.resolve_config import ResolveConfig
from application.try_changes import Change, ChangeConfig, PutConfig, Tried, TryChanges, label_at
from application.views import LayerRows
from domain.configs.layer import Layer
from domain.configs.resolution import Resolved, resolve
from domain.configs.scope import Context, Ladder, Scope
from domain.documents import Document
from domain.errors import InvalidRequest
from domain.previews.difference import FieldChange, Stack, differing, empty, field_changes, given

MAX_REDUNDANT = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What a context is served of the type."""

    effective: Document | None
    resolution_path: str
    degraded: list[dict[str, Any]]

    @classmethod
    def of(cls, resolved: Resolved) -> Answer:
        return cls(resolved.value, resolved.path, [degradation_data(one) for one in resolved.degraded])


@dataclass(frozen=True, slots=True)
class InContext:
    """One context, as it would be and as it is. `applies`: the draft's scope is among the context's."""

    user_id: str | None
    collection_ids: tuple[str, ...]
    scopes: list[str]
    applies: bool
    draft: Answer
    now: Answer
    changes: list[FieldChange]


@dataclass(frozen=True, slots=True)
class Tested:
    """A draft that could be stored. `config_data` is the document as it would be; `sample` is null without one."""

    environment: str
    scope: str
    config_type: str
    mode: str
    config_data: Document
    unset: tuple[str, ...]
    position: int
    contexts: list[InContext]
    sample: Sampled | None


class Preview:
    def __init__(
        self, store: EventStore, views: Views, catalogs: Catalogs, resolve_config: ResolveConfig, reports: Reports
    ) -> None:
        self._store = store
        self._views = views
        self._catalogs = catalogs
        self._resolve_config = resolve_config
        self._contexts = TryOnContexts(reports, resolve_config)

    def test(
        self,
        draft: PutConfig | ChangeConfig,
        *,
        environment: str,
        sample: Sample | None = None,
        contexts: Sequence[Context] = (),
    ) -> Tested:
        """The draft checked as if it were stored, and its effect as the default of its slot, in force.

        `contexts` are of this environment; without any it is the draft's own scope. Raises InvalidConfig,
        InvalidRequest, NotFound, Conflict.
        """
        tried = self._tried(draft, environment)
        own = Context.checked(environment, scopes=[tried.scope])
        one = self._in_context(tried, own)
        position = self._resolve_config.effective(own, types=[tried.definition.name]).position
        documents = {"draft": one.draft.effective, "now": one.now.effective}
        return Tested(
            environment,
            str(tried.scope),
            tried.definition.name,
            tried.layer.mode,
            tried.layer.data,
            tried.layer.unset,
            position,
            [self._in_context(tried, context) for context in contexts] or [one],
            None if sample is None else sampled(tried.definition, sample, **documents),
        )

    def _tried(self, draft: PutConfig | ChangeConfig, environment: str) -> Tried:
        trial = TryChanges(self._store, self._catalogs.current(), environment)
        if isinstance(draft, ChangeConfig):
            draft = replace(draft, changes={**draft.changes, "is_default": True, "is_active": True})
        trial.take(draft)
        return next(trial.tried())

    def _in_context(self, tried: Tried, context: Context) -> InContext:
        answer = self._resolve_config.effective(context, types=[tried.definition.name])
        found, scopes = answer.types[tried.definition.name], answer.scopes
        applies = tried.scope in scopes
        now = after = Stack(found.layers, found.resolved)
        told: dict[int, set[str]] = {}
        if applies:
            layers, rung = with_rung(found.layers, scopes, tried.scope, self._catalogs.current().ladder)
            changed = (*layers[:rung], tried.layer, *layers[rung + 1 :])
            now, after = Stack(layers, found.resolved), Stack(changed, resolve(tried.definition, changed))
            differ = differing(tried.definition, layers[: rung + 1], changed[: rung + 1])
            told[rung] = differ | given(tried.layer)
        changes = field_changes(now, after, told=told)
        others = [str(scope) for scope in context.others]
        answers = Answer.of(after.resolved), Answer.of(now.resolved)
        return InContext(context.user_id, context.collection_ids, others, applies, *answers, changes)

    def impact(self, changes: Sequence[Change], *, environment: str, seen_days: int = SEEN_DAYS) -> Impact:
        """Whom these changes, made in this order and together, would reach, among them the contexts seen of late.

        Raises what making them would raise.
        """
        if not changes:
            raise InvalidRequest.at("/changes", "name at least one change", "min_items")
        catalog, shared = self._snapshot(environment)
        trial = TryChanges(self._store, catalog, environment)
        trial.take_all(changes)
        tried = list(trial.tried())
        types = sorted({one.definition.name for one in tried})
        seen = self._contexts.reached(environment, tried, types=types, days=seen_days, now_us=self._store.now_us())
        return blast_radius(self._views, environment, tried, shared=shared, contexts_seen=seen)

    def impact_of(self, would_be: WouldBe, *, seen_days: int = SEEN_DAYS) -> Impact:
        """Whom a change set would reach. Of types that it defines, those count that are there already."""
        environment, tried = would_be.environment, would_be.tried()
        catalog, shared = self._snapshot(environment)
        types = sorted({one.definition.name for one in tried} | would_be.defined)
        seen = self._contexts.reached(
            environment,
            tried,
            types=[name for name in types if name in catalog.types] or catalog.types,
            catalog=would_be.catalog,
            days=seen_days,
            now_us=self._store.now_us(),
        )
        return blast_radius(self._views, environment, tried, shared=shared, contexts_seen=seen)

    def redundant(self, *, environment: str, config_type: str | None = None, limit: int = 100) -> Redundant:
        """Configs in force that change nothing. Raises NotFound (type, environment), InvalidRequest for the limit."""
        if not 1 <= limit <= MAX_REDUNDANT:
            raise InvalidRequest.at("", f"limit is 1 to {MAX_REDUNDANT}", "limit")
        catalog, shared = self._snapshot(environment)
        types = catalog.types if config_type is None else [catalog.definition(config_type).name]
        return redundant(self._views, catalog, environment, types, position=shared.position, limit=limit)

    def _snapshot(self, environment: str) -> tuple[Catalog, LayerRows]:
        found = self._views.layers(environment, SHARED)
        catalog = self._catalogs.at(found.definitions)
        catalog.require_environment(environment)
        return catalog, found


def with_rung(
    layers: Sequence[Layer], scopes: Sequence[Scope], scope: Scope, ladder: Ladder
) -> tuple[tuple[Layer, ...], int]:
    """The layers with a rung for this scope, empty where there was none, and its index."""
    order = {label_at(one): (ladder.rank(one.kind), place) for place, one in enumerate(scopes)}
    label = label_at(scope)
    for index, layer in enumerate(layers):
        if layer.label == label:
            return tuple(layers), index
        if order[layer.label] > order[label]:
            return (*layers[:index], empty(label), *layers[index:]), index
    return (*layers, empty(label)), len(layers)
