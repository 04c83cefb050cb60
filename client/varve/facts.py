"""What is known of an answer: its parts, where they came from, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from varve.settings import Settings
from varve.world import World

State = Literal["connecting", "live", "polling", "stale"]
Source = Literal["live", "memory", "disk", "application", "types"]
Serving = Literal["settings", "defaults"]
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
    """What an answer rested on, to be kept with what was made of it: the service replays it later.

    Of several experiments that the context is in, it names the one whose variant is the strongest.
    """

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
    15 s); None where it never did. `problem` says why there is no better answer. `is_current` is False once the client
    has a newer answer for the context, or has let go of it. `experiments` names those that the context is in, with its
    variant in each; `exposed`, by type, those for which the user counts. `serving` is "defaults" while the service is
    switched so that applications use their own.
    """

    source: Source
    is_fallback: bool
    is_current: bool
    age_seconds: float | None
    position: int | None
    digest: str | None
    epoch: int | None
    experiments: Mapping[str, str]
    exposed: Mapping[str, tuple[str, ...]]
    notes: Mapping[str, tuple[Note, ...]]
    problem: str | None
    serving: Serving
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
    experiments: Mapping[str, str] = field(default_factory=dict)
    exposed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    problem: str | None = None
    serving: Serving = "settings"
