"""Variants of settings, each served to its share of users until it is known which is better.

What a variant sets is copied from its profile when the experiment starts, into configs at the scope
`experiment:NAME/VARIANT`: what is compared stays the same for as long as it is compared.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.configs.config import name_key
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import Conflict, NameTaken, NotFound, StaleVersion
from domain.stamp import Stamp

DRAFT, RUNNING, PAUSED, CONCLUDED = "draft", "running", "paused", "concluded"
PLAN = (
    "hypothesis",
    "variants",
    "traffic_percent",
    "layer",
    "eligibility",
    "primary_metric",
    "guardrails",
    "starts_at",
    "ends_at",
)
"""What an experiment is about; each revision carries it all."""
WHILE_RUNNING = frozenset({"hypothesis", "variants", "traffic_percent", "guardrails", "ends_at"})
"""What may be revised once users are in it; of variants only the weights."""


def experiment_id(environment: str, name: str) -> UUID:
    """The stream of the experiment of this name, in upper or lower case."""
    return stream_id("experiment", environment, name_key(name))


def variant_scope(experiment: str, variant: str) -> Scope:
    """Where the configs of a variant stand."""
    return Scope("experiment", f"{experiment}/{variant}")


def variant_of(scope: Scope) -> tuple[str, str]:
    """The experiment and the variant whose configs stand at a scope."""
    experiment, _, variant = scope.id.rpartition("/")
    return experiment, variant


class Experiment(Aggregate):
    """The aggregate: a draft, then running or paused, at last concluded."""

    TOPIC = "experiment"

    class Created(PlacedEvent):
        TOPIC = "experiment.created"
        hypothesis: str | None
        variants: list[Document]  # name, weight, profile (null: nothing is changed), is_control
        traffic_percent: float
        layer: str | None
        eligibility: str | None
        primary_metric: Document | None
        guardrails: list[Document]
        starts_at: str | None
        ends_at: str | None

        def apply(self, aggregate: Experiment) -> None:
            aggregate.environment, aggregate.name = self.environment, Scope.recorded(self.scope).id
            aggregate.status = DRAFT
            aggregate.take(self)

    class Revised(PlacedEvent):
        TOPIC = "experiment.revised"
        hypothesis: str | None
        variants: list[Document]
        traffic_percent: float
        layer: str | None
        eligibility: str | None
        primary_metric: Document | None
        guardrails: list[Document]
        starts_at: str | None
        ends_at: str | None

        def apply(self, aggregate: Experiment) -> None:
            aggregate.take(self)

    class Started(PlacedEvent):
        TOPIC = "experiment.started"

        def apply(self, aggregate: Experiment) -> None:
            aggregate.status = RUNNING

    class Paused(PlacedEvent):
        TOPIC = "experiment.paused"

        def apply(self, aggregate: Experiment) -> None:
            aggregate.status = PAUSED

    class Concluded(PlacedEvent):
        TOPIC = "experiment.concluded"
        adopted: str | None  # the variant whose settings became global ones; None: all were dropped

        def apply(self, aggregate: Experiment) -> None:
            aggregate.status, aggregate.adopted = CONCLUDED, self.adopted

    environment: str
    name: str
    plan: dict[str, Any]

    def start(self) -> None:
        self.status: str | None = None
        self.adopted: str | None = None

    def take(self, event: Experiment.Created | Experiment.Revised) -> None:
        """What both events carry."""
        self.plan = {name: getattr(event, name) for name in PLAN}

    @property
    def place(self) -> dict[str, str]:
        """What each of its events says of where it stands."""
        return {"environment": self.environment, "scope": str(Scope("experiment", self.name))}

    @property
    def variants(self) -> dict[str, Document]:
        return {one["name"]: one for one in self.plan["variants"]}

    def require(self, *, version: int | None = None) -> None:
        """Raises NotFound for one that never was, StaleVersion where it is at another version."""
        if self.status is None:
            raise NotFound(f"there is no experiment {self.id}: GET /api/experiments lists what there is")
        if version is not None and version != self.version:
            message = f"this experiment is at version {self.version}, and If-Match names {version}: read it again"
            raise StaleVersion(message)

    def create(self, *, environment: str, name: str, plan: dict[str, Any], stamp: Stamp) -> None:
        """Raises NameTaken."""
        if self.status is not None:
            raise NameTaken(f"there is an experiment {self.name} in {environment} already: take another name")
        place = {"environment": environment, "scope": str(Scope("experiment", name))}
        self.record(Experiment.Created, stamp=stamp, **place, **plan)

    def revise(self, changes: dict[str, Any], *, stamp: Stamp) -> None:
        """Change parts of the plan; what equals the present records nothing. Raises Conflict for what stays."""
        if self.status == CONCLUDED:
            raise Conflict("a concluded experiment stays as it was: make a new one")
        if self.status != DRAFT:
            self._require_minor(changes)
        plan = {**self.plan, **changes}
        if plan != self.plan:
            self.record(Experiment.Revised, stamp=stamp, **self.place, **plan)

    def _require_minor(self, changes: dict[str, Any]) -> None:
        fixed = sorted(name for name in changes.keys() - WHILE_RUNNING if changes[name] != self.plan[name])
        if "variants" in changes and _without_weights(changes["variants"]) != _without_weights(self.plan["variants"]):
            fixed.append("variants (but for their weights)")
        if fixed:
            message = (
                f"users are in this experiment, so these stay: {', '.join(fixed)}; conclude it, and make a new one"
            )
            raise Conflict(message)

    def run(self, *, stamp: Stamp) -> None:
        """From a draft, or on from a pause; one that runs records nothing. Raises Conflict."""
        if self.status == CONCLUDED:
            raise Conflict("a concluded experiment does not run again: make a new one")
        if self.status != RUNNING:
            self.record(Experiment.Started, stamp=stamp, **self.place)

    def pause(self, *, stamp: Stamp) -> None:
        """Users get what they got before, and come back to their variants when it goes on. Raises Conflict."""
        if self.status not in (RUNNING, PAUSED):
            raise Conflict(f"this experiment is {self.status}: only one that runs is paused")
        if self.status == RUNNING:
            self.record(Experiment.Paused, stamp=stamp, **self.place)

    def conclude(self, *, adopted: str | None, stamp: Stamp) -> None:
        """For good. Raises Conflict, and NotFound for a variant that is none of its own."""
        if self.status not in (RUNNING, PAUSED):
            raise Conflict(f"this experiment is {self.status}: only one that was started is concluded")
        if adopted is not None and adopted not in self.variants:
            raise NotFound(f"there is no variant {adopted[:64]}: there are {', '.join(self.variants)}")
        self.record(Experiment.Concluded, stamp=stamp, **self.place, adopted=adopted)


def _without_weights(variants: list[Document]) -> list[Document]:
    return [{key: value for key, value in one.items() if key != "weight"} for one in variants]
