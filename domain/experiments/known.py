"""Experiments as they are looked up: who is in them, and in which variant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from domain.aggregate import stream_id
from domain.config_types.expression_syntax import parsed
from domain.config_types.expression_tree import Constant, Name, Part, UnusableExpression
from domain.config_types.expressions import Expression, facts
from domain.configs.scope import Context, Scope
from domain.documents import Document
from domain.experiments.bucketing import BUCKETS, Allocation, bucket, owner_of, reallocated, shares
from domain.experiments.experiment import CONCLUDED, DRAFT, PAUSED, PLAN, RUNNING, Experiment, variant_scope

STATUS = {
    Experiment.Created.TOPIC: DRAFT,
    Experiment.Started.TOPIC: RUNNING,
    Experiment.Paused.TOPIC: PAUSED,
    Experiment.Concluded.TOPIC: CONCLUDED,
}


@dataclass(frozen=True, slots=True)
class KnownExperiment:
    """An experiment after its newest event; `id` is 32 hex digits, times are microseconds since the epoch.

    `variants` says which variant each bucket belongs to; `weighed_us`, since when.
    """

    id: str
    environment: str
    name: str
    status: str
    plan: Mapping[str, Any]
    variants: Allocation
    adopted: str | None
    version: int
    created_us: int
    created_by: str
    updated_us: int
    updated_by: str
    position: int
    started_us: int | None = None
    weighed_us: int = 0

    @property
    def uuid(self) -> UUID:
        return UUID(self.id)

    @property
    def layer(self) -> str:
        """What salts its traffic: experiments of one layer share it, and never a user."""
        named = self.plan["layer"]
        return self.id if named is None else stream_id("experiment_layer", self.environment, named).hex

    @property
    def variant_salt(self) -> str:
        return f"{self.id}-variant"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Of its variants."""
        return tuple(variant_scope(self.name, one["name"]) for one in self.plan["variants"])

    @property
    def traffic(self) -> int:
        """So many buckets of its layer are its own, from its start to its conclusion."""
        return round(self.plan["traffic_percent"] * BUCKETS / 100) if self.status in (RUNNING, PAUSED) else 0

    def variant_of(self, context: Context, traffic: Allocation) -> str | None:
        """The variant of the context's user; None for who is not in it."""
        user = context.user_id
        if user is None or owner_of(traffic, bucket(user, self.layer)) != self.id or not self._takes(context):
            return None
        return owner_of(self.variants, bucket(user, self.variant_salt))

    def _takes(self, context: Context) -> bool:
        rule = self.plan["eligibility"]
        return rule is None or compiled(rule).holds(facts(context=told(context)))


def told(context: Context) -> Document:
    """What rules know of a context."""
    return {
        "environment": context.environment,
        "user_id": context.user_id,
        "collection_ids": list(context.collection_ids),
        "scopes": {scope.kind: scope.id for scope in context.others},
        "attributes": dict(context.attributes),
    }


def require_evaluable(rule: str) -> None:
    """Raises UnusableExpression; also for what is read without fault, but could never be true."""
    compiled(rule)
    tree = parsed(rule, variables=("context",), fields={"context": told(Context("")).keys()})
    is_whole = isinstance(tree, Name) or (isinstance(tree, Part) and isinstance(tree.of, Name))
    is_value = isinstance(tree, Constant) and tree.text not in ("true", "false")
    if is_whole or is_value:
        raise UnusableExpression('it is neither true nor false: compare, as in context.attributes.plan == "pro"')


@lru_cache(maxsize=1_000)
def compiled(rule: str) -> Expression:
    """Raises UnusableExpression."""
    return Expression(rule, variables=("context",))


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of an experiment, with what is known of its recording."""

    topic: str
    id: str
    version: int
    position: int
    body: Mapping[str, Any]
    recorded_us: int
    actor: str


def known_experiment(event: Happened, before: KnownExperiment | None) -> KnownExperiment:
    """The experiment after this event."""
    body, mark = event.body, {"version": event.version, "position": event.position, "updated_us": event.recorded_us}
    if before is None:
        plan = {name: body.get(name) for name in PLAN}
        created = (event.version, event.recorded_us, event.actor, event.recorded_us, event.actor, event.position)
        name = Scope.recorded(body["scope"]).id
        return KnownExperiment(event.id, body["environment"], name, DRAFT, plan, weighed((), plan), None, *created)
    changes: dict[str, Any] = {**mark, "updated_by": event.actor}
    if event.topic == Experiment.Revised.TOPIC:
        plan = {name: body.get(name) for name in PLAN}
        changes |= {"plan": plan, "variants": weighed(before.variants, plan)}
        if changes["variants"] != before.variants:
            changes["weighed_us"] = event.recorded_us
    else:
        changes["status"] = STATUS[event.topic]
        if event.topic == Experiment.Started.TOPIC and before.started_us is None:
            changes["started_us"] = event.recorded_us
        if event.topic == Experiment.Concluded.TOPIC:
            changes["adopted"] = body.get("adopted")
    return replace(before, **changes)


def weighed(before: Allocation, plan: Mapping[str, Any]) -> Allocation:
    """Buckets by the weights of the variants, with as few users as possible changing theirs."""
    return reallocated(before, shares({one["name"]: one["weight"] for one in plan["variants"]}))


class Traffic:
    """Which experiment each bucket of each layer belongs to."""

    def __init__(self) -> None:
        self._layers: dict[str, Allocation] = {}

    def take(self, one: KnownExperiment) -> None:
        """Give the experiment its due, after each event of it."""
        before = self._layers.get(one.layer, ())
        due: dict[str, int] = {}
        for held in before:
            due[held.owner] = due.get(held.owner, 0) + held.size
        due[one.id] = one.traffic
        self._layers[one.layer] = reallocated(before, due)

    def of(self, layer: str) -> Allocation:
        return self._layers.get(layer, ())

    def of_experiment(self, one: KnownExperiment) -> Allocation:
        return tuple(held for held in self.of(one.layer) if held.owner == one.id)

    def free(self, layer: str, *, but_for: str) -> int:
        """How many buckets of a layer the experiments there leave, other than one."""
        return BUCKETS - sum(one.size for one in self.of(layer) if one.owner != but_for)


def given(experiments: Iterable[KnownExperiment], traffic: Traffic, context: Context) -> tuple[Scope, ...]:
    """The scopes of the variants that a context's user is in, of experiments that run."""
    if context.user_id is None:
        return ()
    found = []
    for one in experiments:
        if one.environment == context.environment and one.status == RUNNING:
            variant = one.variant_of(context, traffic.of(one.layer))
            if variant is not None:
                found.append(variant_scope(one.name, variant))
    return tuple(found)
