"""What a read answers: the settings in force for a context, and what is known of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NoReturn, Protocol

from varve.bound import Bound, binding
from varve.context import Context
from varve.facts import ConfigUsed, Facts, Layer, Meta, Origin, Part, Source, State, Trace
from varve.settings import Settings
from varve.world import World


class Standing(Protocol):
    """How the client stands with the service now; see link.py."""

    @property
    def state(self) -> State: ...

    @property
    def lost_at(self) -> float | None:
        """Since when it is stale, in monotonic time; None while it is not."""

    def is_current(self, effective: Effective) -> bool: ...

    def confirmed_at(self) -> float | None:
        """When all that is current was last known to be true, in monotonic time."""

    def met(self, effective: Effective, config_type: str) -> None:
        """Settings that an experiment varies were read, for the first time of this answer. Never raises."""


class Effective(Mapping[str, Settings]):
    """The effective settings of a context by type: `cfg.llm.temperature`, `cfg["llm"]["temperature"]`.

    It never changes, so that a request sees one state of things from its beginning to its end; `meta` alone is
    looked up when it is asked for. A type for which nothing is in force has no settings, and is false.

    A type that an experiment varies becomes an attribute when it is read for the first time: so that is noticed, and
    later reads are as fast as any.
    """

    __slots__ = ("__dict__", "__weakref__", "_facts", "_models", "_parts", "_standing", "_unmet", "context")

    context: Context
    _facts: Facts
    _models: dict[object, Any]
    _parts: Mapping[str, Part]
    _standing: Standing
    _unmet: frozenset[str]  # types that experiments vary, and nobody has read yet

    def __init__(self, context: Context, parts: Mapping[str, Part], facts: Facts, standing: Standing) -> None:
        keep = object.__setattr__
        keep(self, "context", context)
        keep(self, "_parts", parts)
        keep(self, "_facts", facts)
        keep(self, "_standing", standing)
        keep(self, "_models", {})
        keep(self, "_unmet", frozenset(facts.exposed))
        left_out = OWN_NAMES | facts.exposed.keys() if facts.exposed else OWN_NAMES
        self.__dict__.update({name: part.settings for name, part in parts.items() if name not in left_out})

    @property
    def meta(self) -> Meta:
        facts, standing = self._facts, self._standing
        is_current = standing.is_current(self)
        return Meta(
            source=self._source(is_current=is_current),
            is_fallback=self._source(is_current=is_current) != "live",
            is_current=is_current,
            age_seconds=self._age_seconds(is_current=is_current),
            position=facts.position,
            digest=facts.digest,
            epoch=facts.world.epoch if facts.world else None,
            experiments=MappingProxyType(facts.experiments),
            exposed=MappingProxyType(facts.exposed),
            notes=MappingProxyType(facts.notes),
            problem=facts.problem,
            serving=facts.serving,
            state=standing.state,
        )

    def _source(self, *, is_current: bool) -> Source:
        source = self._facts.source
        return "memory" if source == "live" and not self._is_kept_up(is_current=is_current) else source

    def _is_kept_up(self, *, is_current: bool) -> bool:
        """An answer is kept up with until the service is lost; one that came after that is too."""
        facts, lost_at = self._facts, self._standing.lost_at
        was_lost = lost_at is not None and (facts.confirmed_at or 0.0) < lost_at
        return is_current and not was_lost and facts.problem is None

    def _age_seconds(self, *, is_current: bool) -> float | None:
        confirmed_at = self._facts.confirmed_at
        if confirmed_at is None:
            return None
        of_all = self._standing.confirmed_at() if self._is_kept_up(is_current=is_current) else None
        return max(0.0, time.monotonic() - max(confirmed_at, of_all or confirmed_at))

    def layers(self, config_type: str) -> tuple[Layer, ...]:
        """What stands behind the settings of a type, the strongest first; its last resort is the application's."""
        return self._part(config_type).layers

    def origins(self, config_type: str) -> tuple[Origin, ...]:
        """Who gave which fields of a type's settings, the strongest first."""
        return self._part(config_type).origins

    def trace(self) -> Trace:
        context, facts = self.context, self._facts
        used = tuple(
            ConfigUsed(name, layer.config_id, layer.version or 0, layer.layer)
            for name, part in self._parts.items()
            for layer in part.layers
            if layer.config_id is not None
        )
        where = (facts.environment, context.user, context.collection, facts.position, facts.digest)
        experiment, variant = list(facts.experiments.items())[-1] if facts.experiments else (None, None)
        return Trace(*where, used, experiment, variant)

    def bound(self) -> AbstractContextManager[None]:
        """`with cfg.bound():` what is logged and traced within names these settings; see TraceFilter and varve.otel."""
        return binding(Bound(self))

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """A copy in plain dicts and lists."""
        return {name: self[name].as_dict() for name in self._parts}

    def _part(self, name: str) -> Part:
        try:
            return self._parts[name]
        except KeyError:
            raise KeyError(self._unknown(name)) from None

    def _unknown(self, name: str) -> str:
        return f"there is no config type {name}: there are {', '.join(self._parts) or 'none'}"

    def __getitem__(self, name: str) -> Settings:
        settings = self._part(name).settings
        if name in self._unmet:
            self._meet(name, settings)
        return settings

    def _meet(self, name: str, settings: Settings) -> None:
        if name not in OWN_NAMES:
            self.__dict__[name] = settings  # first, or another thread would find it in neither
        object.__setattr__(self, "_unmet", self._unmet - {name})
        self._standing.met(self, name)

    def __contains__(self, name: object) -> bool:
        """To look whether a type is there is not to read it."""
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __getattr__(self, name: str) -> Settings:
        """Asked for what is not in __dict__."""
        if name in self._unmet:
            return self[name]
        raise AttributeError(self._unknown(name))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("an answer cannot be changed: change the settings in the service, or a copy (as_dict())")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("an answer cannot be changed: change the settings in the service, or a copy (as_dict())")

    def __copy__(self) -> Effective:
        return self

    def __deepcopy__(self, memo: object) -> Effective:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Effective, (self.context, dict(self._parts), self._facts, ELSEWHERE)

    def __repr__(self) -> str:
        return f"Effective({self.context!r}, source={self.meta.source!r}, types={list(self._parts)!r})"


OWN_NAMES = frozenset(dir(Effective))


class Elsewhere:
    """The standing of an answer that was sent to another process: nobody keeps it current there."""

    state: State = "stale"
    lost_at: float | None = None

    def is_current(self, effective: Effective) -> bool:  # noqa: ARG002 - it is nobody's
        return False

    def confirmed_at(self) -> float | None:
        return None

    def met(self, effective: Effective, config_type: str) -> None:
        """It is told by the process that has the client."""


ELSEWHERE = Elsewhere()


def facts_of(effective: Effective) -> Facts:
    return effective._facts


def parts_of(effective: Effective) -> Mapping[str, Part]:
    return effective._parts


def position_of(effective: Effective) -> int:
    return effective._facts.position or 0


def world_of(effective: Effective) -> World | None:
    return effective._facts.world


def confirm(effective: Effective, *, world: World, position: int, at: float) -> None:
    """Note that the service says the same still: only what `meta` and `trace` tell moves on."""
    facts = replace(effective._facts, world=world, position=position, confirmed_at=at, problem=None)
    object.__setattr__(effective, "_facts", facts)


def doubt(effective: Effective, *, problem: str) -> None:
    """Note that the service would not confirm it any more, and why."""
    object.__setattr__(effective, "_facts", replace(effective._facts, problem=problem))
