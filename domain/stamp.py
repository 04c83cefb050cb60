"""Who acts, why, and under which command: what every event carries besides its own facts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stamp:
    """The marks of one command. `caller_time` is the caller's own clock (RFC 3339); nothing is ever ordered by it."""

    actor: str
    command_id: str
    reason: str | None = None
    correlation_id: str | None = None
    caller_time: str | None = None

    def facts(self) -> dict[str, Any]:
        """The fields as an event takes them."""
        return asdict(self)
