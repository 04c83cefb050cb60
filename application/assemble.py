"""The effective configs of a context, made of the layers of its scopes: from the views now, or from anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

import orjson

from application.catalog import Catalog
from application.moments import Moment
from application.views import LayerRow
from domain.canonical_json import canonical
from domain.config_types.definition import TypeDefinition
from domain.configs.gifts import Gift, gifts
from domain.configs.layer import Layer, Origin
from domain.configs.provenance import Source, provenance
from domain.configs.resolution import Degradation, Resolved, resolve
from domain.configs.rungs import Rung, rungs
from domain.configs.scope import GLOBAL, PROCESS, Context, Scope
from domain.experiments.experiment import variant_of
from domain.installation.serving import SETTINGS
from domain.secrets.envelope import shown_json

KEPT_RESOLUTIONS = 10_000
Exposed = Mapping[str, Mapping[str, frozenset[str]]]
"""By type, the experiments for which the user counts, each with the fields of the type that its variants give."""


class ResolvedType:
    """One type of an answer: resolved once for equal layers, and ready to be sent and to be digested."""

    __slots__ = ("_gifts", "_rungs", "canonical", "definition", "degraded", "layers", "path", "resolved", "served")

    def __init__(self, definition: TypeDefinition, layers: tuple[Layer, ...], resolved: Resolved) -> None:
        self.definition = definition
        self.layers = layers
        self.resolved = resolved
        self.path = resolved.path
        self.served = shown_json(orjson.dumps(resolved.value))
        self.canonical = canonical(resolved.value)
        self.degraded = [degradation_data(one) for one in resolved.degraded]
        self._rungs: tuple[Rung, ...] | None = None
        self._gifts: tuple[Gift, ...] | None = None

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """Made when they are first asked for."""
        if self._rungs is None:
            self._rungs = tuple(rungs(self.definition, self.layers, self.resolved))
        return self._rungs

    @property
    def gifts(self) -> tuple[Gift, ...]:
        """Likewise."""
        if self._gifts is None:
            self._gifts = tuple(gifts(self.layers, self.resolved))
        return self._gifts

    def gives(self, label: str) -> frozenset[str]:
        """The fields that a layer gave, by pointer."""
        return frozenset(pointer for gift in self.gifts if gift.label == label for pointer in gift.pointers)

    def provenance(self) -> dict[str, Source]:
        return provenance(self.definition, self.layers, self.resolved)


@dataclass(frozen=True, slots=True)
class Effective:
    """The answer for one context, true at `position`."""

    context: Context
    position: int
    types: dict[str, ResolvedType]
    scopes: tuple[Scope, ...]  # those of its layers, weakest first
    rests_on: tuple[Scope, ...]  # these, and where else a change may make it another answer
    moment: Moment | None = None  # the one that was asked for; None for now
    exposed: Exposed = field(default_factory=dict)
    serving: str = SETTINGS  # what applications are to use: these settings, or their own defaults

    @property
    def variants(self) -> dict[str, str]:
        """By experiment, the variant that the user is in."""
        return dict(variant_of(scope) for scope in self.scopes if scope.kind == "experiment")

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the values: domain.configs.digest, from parts that are canonical already."""
        parts = (b'"' + name.encode() + b'":' + one.canonical for name, one in sorted(self.types.items()))
        return sha256(b"{" + b",".join(parts) + b"}").hexdigest()


class Metrics(Protocol):
    """Where resolutions are timed, and healed answers counted and told of."""

    def healed(self, degradation: Degradation) -> None: ...

    def resolved(self, seconds: float, *, past: bool) -> None: ...


class Unmetered:
    """The metrics of answers that are asked about, not given."""

    def healed(self, degradation: Degradation) -> None: ...

    def resolved(self, seconds: float, *, past: bool) -> None: ...


class Assembler:
    """Answers are made of resolved types, which many contexts share."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._kept: dict[tuple[Any, ...], ResolvedType] = {}

    @property
    def resolutions(self) -> int:
        """How many are kept: what its answers have cost so far."""
        return len(self._kept)

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
        """The answer that these rows make; those of scopes that are not named take no part."""
        catalog.require_environment(context.environment)
        names = sorted(set(types)) if types else catalog.types
        rank = {(scope.kind, scope.id): n for n, scope in enumerate(scopes)}
        by_type: dict[str, list[LayerRow]] = {name: [] for name in names}
        for row in sorted((row for row in rows if row[:2] in rank), key=lambda row: rank[row[:2]]):
            found = by_type.get(row.config_type)
            if found is not None:
                if row.scope_kind == "release":  # it stands where it will be global, once all users have it
                    found[:] = [one for one in found if one.scope_kind != GLOBAL.kind]
                found.append(row)
        resolved = {name: self._resolved(catalog, name, found) for name, found in by_type.items()}
        return Effective(context, position, resolved, tuple(scopes), tuple(scopes))

    def _resolved(self, catalog: Catalog, name: str, rows: list[LayerRow]) -> ResolvedType:
        version = catalog.row(name).version
        key = (name, version, *[(row.id, row.version) for row in rows])
        kept = self._kept.get(key)
        if kept is None:
            kept = self._resolve(catalog.definition(name), tuple(map(layer_of, rows)))
            if len(self._kept) >= KEPT_RESOLUTIONS:
                self._kept.clear()
            self._kept[key] = kept
        return kept

    def _resolve(self, definition: TypeDefinition, layers: tuple[Layer, ...]) -> ResolvedType:
        resolved = resolve(definition, layers)
        for degradation in resolved.degraded:
            if degradation.layer is not None:
                self._metrics.healed(degradation)
        return ResolvedType(definition, layers, resolved)


def layer_of(row: LayerRow) -> Layer:
    """A row of the slots view as resolution takes it."""
    process = row.scope_kind == PROCESS.kind
    origin = Origin(
        None if process else UUID(row.id),
        None if process else row.version,
        row.position,
        row.operation,
        row.actor,
        row.recorded_us,
        row.reason,
    )
    unset = tuple(orjson.loads(row.unset)) if row.unset != "[]" else ()
    return Layer(label_of(row), row.mode, orjson.loads(row.data), unset, origin)


def label_of(row: LayerRow) -> str:
    """What `resolution_path` says of it."""
    if row.scope_kind == PROCESS.kind:
        return "environment"
    return GLOBAL.kind if row.scope_kind == GLOBAL.kind else f"{row.scope_kind}:{row.scope_id}"


def degradation_data(one: Degradation) -> dict[str, Any]:
    """What was dropped and why, as it is served."""
    return {
        "config_type": one.config_type,
        "layer": one.layer,
        "pointers": list(one.pointers),
        "rule": one.rule,
        "message": one.message,
        "config_id": str(one.config_id) if one.config_id else None,
        "version": one.version,
    }
