"""What a read answers: the settings in force for a context, and what is known of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, NamedTuple, NoReturn, Protocol

from varve.bound import Bound, binding
from varve.context import Context
from varve.settings import Settings
from varve.world import World

State = Literal["connecting", "live", "polling", "stale"]
Source = Literal["live", "memory", "disk", "application", "types"]
APPLICATION = "application"


class Layer(NamedTuple):
    """One rung under a type's settings; `value` is what would be in force if those above it were gone."""

    layer: str
    config_id: str | None
    version: int | None
    value: Settings


class Origin(NamedTuple):
    """A layer that gave fields of the settings in force: these, by JSON pointer. Defaults have no origin."""

    layer: str
    config_id: str | None
    version: int | None
    gives: tuple[str, ...]


class Note(NamedTuple):
    """Something worth knowing about one type.

    `healed`: a layer's part broke a rule and was left out. `gone`: a config that gave the settings was taken away.
    `unset`: the service gives no settings of this type here, so the application's defaults serve, or none.
    """

    kind: Literal["healed", "gone", "unset"]
    message: str


class ConfigUsed(NamedTuple):
    config_type: str
    config_id: str
    version: int
    layer: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What an answer rested on, to be kept with what was made of it: the service replays it later."""

    environment: str | None
    user: str | None
    collection: str | tuple[str, ...] | None
    position: int | None
    digest: str | None
    configs: tuple[ConfigUsed, ...]
    experiment: str | None = None
    variant: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "configs": [used._asdict() for used in self.configs]}


@dataclass(frozen=True, slots=True)
class Meta:
    """How far an answer can be trusted, at the moment of asking.

    `age_seconds` is the time since the service last confirmed it, at least by a sign of life on the stream (every
    15 s); None where it never did. `problem` says why there
    is no better answer. `is_current` is False once the client has a newer answer for the context, or let go of it.
    """

    source: Source
    is_fallback: bool
    is_current: bool
    age_seconds: float | None
    position: int | None
    digest: str | None
    epoch: int | None
    notes: Mapping[str, tuple[Note, ...]]
    problem: str | None
    state: State


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Part:
    """One type of an answer, shared by all contexts that have the same. `given` is False for a type that is null."""

    settings: Settings
    given: bool
    path: str
    layers: tuple[Layer, ...] = ()
    healed: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Where an answer came from. `confirmed_at` is monotonic, and None where the service never gave it."""

    source: Source
    environment: str | None = None
    position: int | None = None
    world: World | None = None
    digest: str | None = None
    etag: str | None = None
    confirmed_at: float | None = None
    notes: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    problem: str | None = None


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


class Effective(Mapping[str, Settings]):
    """The effective settings of a context by type: `cfg.llm.temperature`, `cfg["llm"]["temperature"]`.

    It never changes, so that a request sees one state of things from its beginning to its end; `meta` alone is
    looked up when it is asked for. A type for which nothing is in force has no settings, and is false.
    """

    __slots__ = ("__dict__", "__weakref__", "_facts", "_models", "_parts", "_standing", "context")

    context: Context
    _facts: Facts
    _models: dict[object, Any]
    _parts: Mapping[str, Part]
    _standing: Standing

    def __init__(self, context: Context, parts: Mapping[str, Part], facts: Facts, standing: Standing) -> None:
        keep = object.__setattr__
        keep(self, "context", context)
        keep(self, "_parts", parts)
        keep(self, "_facts", facts)
        keep(self, "_standing", standing)
        keep(self, "_models", {})
        self.__dict__.update({name: part.settings for name, part in parts.items() if name not in OWN_NAMES})

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
            notes=facts.notes,
            problem=facts.problem,
            state=standing.state,
        )

    def _source(self, *, is_current: bool) -> Source:
        """An answer is live until the service is lost; one that came after that is live too."""
        facts, lost_at = self._facts, self._standing.lost_at
        was_lost = lost_at is not None and (facts.confirmed_at or 0.0) < lost_at
        is_doubtful = was_lost or not is_current or facts.problem is not None
        return "memory" if facts.source == "live" and is_doubtful else facts.source

    def _age_seconds(self, *, is_current: bool) -> float | None:
        confirmed_at = self._facts.confirmed_at
        if confirmed_at is None:
            return None
        is_kept_up = self._source(is_current=is_current) == "live"
        of_all = self._standing.confirmed_at() if is_kept_up else None
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
        return Trace(facts.environment, context.user, context.collection, facts.position, facts.digest, used)

    def bound(self) -> AbstractContextManager[None]:
        """`with cfg.bound():` what is logged and traced within names these settings; see TraceFilter and varve.otel."""
        return binding(Bound(self))

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """A copy in plain dicts and lists."""
        return {name: part.settings.as_dict() for name, part in self._parts.items()}

    def _part(self, name: str) -> Part:
        try:
            return self._parts[name]
        except KeyError:
            raise KeyError(self._unknown(name)) from None

    def _unknown(self, name: str) -> str:
        return f"there is no config type {name}: there are {', '.join(self._parts) or 'none'}"

    def __getitem__(self, name: str) -> Settings:
        return self._part(name).settings

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __getattr__(self, name: str) -> Settings:
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
