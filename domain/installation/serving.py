"""Whether the settings of an environment are served, or applications are to use their own defaults instead."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.configs.scope import GLOBAL
from domain.stamp import Stamp

SETTINGS, DEFAULTS = "settings", "defaults"


def serving_id(environment: str) -> UUID:
    return stream_id("serving", environment)


class Serving(Aggregate):
    """The switch of one environment. Settings are served until it is touched."""

    TOPIC = "serving"

    class Changed(PlacedEvent):
        TOPIC = "serving.changed"
        serving: str  # "settings" or "defaults"

        def apply(self, aggregate: Serving) -> None:
            aggregate.serving = self.serving

    def start(self) -> None:
        self.serving = SETTINGS

    def change(self, serving: str, *, environment: str, stamp: Stamp) -> None:
        """What is so already records nothing."""
        if serving != self.serving:
            self.record(Serving.Changed, stamp=stamp, environment=environment, scope=str(GLOBAL), serving=serving)


@dataclass(frozen=True, slots=True)
class KnownServing:
    """How the switch stands; what is None was never touched. `changed_us` is in microseconds since the epoch."""

    environment: str
    serving: str = SETTINGS
    reason: str | None = None
    changed_us: int | None = None
    changed_by: str | None = None
