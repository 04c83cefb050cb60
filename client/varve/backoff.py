"""How long to wait before trying again: longer each time, and never all clients at once."""

from __future__ import annotations

import random

SHORTEST_SECONDS = 0.1
LONGEST_SECONDS = 10.0


class Backoff:
    """Full jitter: any time between nothing and a bound that doubles with each failure."""

    def __init__(self) -> None:
        self._failures = 0

    def next_seconds(self) -> float:
        bound = min(LONGEST_SECONDS, SHORTEST_SECONDS * 2 ** min(self._failures, 20))
        self._failures += 1
        return random.uniform(0, bound)  # noqa: S311 - it need not be unguessable

    def reset(self) -> None:
        self._failures = 0
