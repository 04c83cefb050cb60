"""What a step of the follower did to the views, for all that keeps what was made from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from domain.webhooks.webhook import Webhook

HARMLESS = frozenset(
    {
        *("api_key", "environment", "environment.revised", "environment.frozen", "environment.thawed"),
        "environment.glass_broken",
        *("policy.set", "policy.deleted"),
        *(event.TOPIC for event in Webhook.EVENTS),
    }
)
"""Definitions that no answer to anybody's question rests on."""

ANY_TYPE = ""


class Advance(NamedTuple):
    """Where the views are now, and what may look different."""

    position: int
    slots: frozenset[tuple[str, str, str, str]]  # environment, scope kind, scope id, config type or ANY_TYPE
    definitions: frozenset[str] = frozenset()  # the kinds that were defined anew
    is_rebuilt: bool = False  # other tables are served, and nobody knows what differs in them

    @property
    def scopes(self) -> set[tuple[str, str, str]]:
        """Environment, kind and id of each scope that something happened at."""
        return {slot[:3] for slot in self.slots}

    @property
    def reshapes(self) -> bool:
        """Whether any answer in any environment may be another now."""
        return self.is_rebuilt or not self.definitions <= HARMLESS


Hear = Callable[[Advance], None]
