"""The order of the scope kinds, as it was decided."""

from __future__ import annotations

from domain.aggregate import Aggregate, DomainEvent, stream_id
from domain.configs.scope import Ladder
from domain.stamp import Stamp

LADDER_ID = stream_id("ladder")


class LadderLog(Aggregate):
    """The ladders this installation had; the newest is in force."""

    TOPIC = "ladder"

    class Changed(DomainEvent):
        TOPIC = "ladder.changed"
        kinds: list[str]

        def apply(self, aggregate: LadderLog) -> None:
            aggregate.ladder = Ladder(tuple(self.kinds))

    def start(self) -> None:
        self.ladder: Ladder | None = None

    def change(self, ladder: Ladder, *, stamp: Stamp) -> None:
        """Put this ladder in force; the same again records nothing."""
        if ladder != self.ladder:
            self.record(LadderLog.Changed, stamp=stamp, kinds=list(ladder.kinds))
