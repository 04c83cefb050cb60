"""Which log answers come from."""

from __future__ import annotations

from typing import NamedTuple


class World(NamedTuple):
    """A log that was restored has the next epoch; positions of different worlds cannot be compared."""

    log: str | None
    epoch: int
