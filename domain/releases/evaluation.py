"""An evaluation run: what it was made with, what it measured, and how that compares with a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent
from domain.documents import Document
from domain.errors import Conflict
from domain.stamp import Stamp

WHOLE = "global"  # an evaluation is of all that an environment serves


class Evaluation(Aggregate):
    """One run; its one event says all of it, and is never changed: a better run is another evaluation."""

    TOPIC = "evaluation"

    class Recorded(PlacedEvent):
        """What was found. `baseline` holds the metrics of then, so that the verdict can be followed for ever."""

        TOPIC = "evaluation.recorded"
        name: str | None
        ran_us: int | None  # when, by the clock of who ran it
        manifest: Document
        dataset: str | None
        dataset_hash: str
        metrics: dict[str, float]
        tolerances: dict[str, dict[str, Any]]
        baseline: Document | None
        compared: list[dict[str, Any]]
        verdict: str
        lock_id: UUID | None = None
        change_set_id: UUID | None = None

        def apply(self, aggregate: Evaluation) -> None:
            aggregate.recorded = self

    def start(self) -> None:
        self.recorded: Evaluation.Recorded | None = None

    def record_run(self, environment: str, facts: Mapping[str, Any], *, stamp: Stamp) -> None:
        """With the fields of `Recorded`. Raises Conflict."""
        if self.recorded is not None:
            raise Conflict("this evaluation has been recorded: take a new Idempotency-Key for another")
        self.record(Evaluation.Recorded, stamp=stamp, environment=environment, scope=WHOLE, **facts)
