"""Environments as the views tell of them: what they demand, and whether they are frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from application.views import DefinitionRow
from domain.installation.environment import Demands, Environment
from domain.installation.policy import Policy


@dataclass(frozen=True, slots=True)
class Freeze:
    """Since when an environment is frozen, by whom, and why."""

    since_us: int
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class KnownEnvironment:
    name: str
    version: int
    created_us: int
    created_by: str
    position: int  # of its last change
    demands: Demands = field(default_factory=Demands)
    freeze: Freeze | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)


def known_environment(row: DefinitionRow, before: KnownEnvironment | None) -> KnownEnvironment | None:
    """An environment, from the event that was recorded last; None where that retired it."""
    if row.kind == Environment.TOPIC:
        return KnownEnvironment(row.name, row.version, row.recorded_us, row.actor, row.valid_from)
    if before is None or row.kind == Environment.Retired.TOPIC:
        return None
    change = CHANGES.get(row.kind, _nothing)(row, before)
    return replace(before, version=row.version, position=row.valid_from, **change)


def _revised(row: DefinitionRow, _: KnownEnvironment) -> dict[str, Any]:
    return {"demands": Demands.of(orjson.loads(row.body))}


def _frozen(row: DefinitionRow, _: KnownEnvironment) -> dict[str, Any]:
    return {"freeze": Freeze(row.recorded_us, row.actor, row.reason)}


def _thawed(_: DefinitionRow, __: KnownEnvironment) -> dict[str, Any]:
    return {"freeze": None}


def _policy_set(row: DefinitionRow, before: KnownEnvironment) -> dict[str, Any]:
    policy = Policy.of(orjson.loads(row.body))
    return {"policies": {**before.policies, policy.name: policy}}


def _policy_deleted(row: DefinitionRow, before: KnownEnvironment) -> dict[str, Any]:
    gone = orjson.loads(row.body)["policy"]
    return {"policies": {name: one for name, one in before.policies.items() if name != gone}}


def _nothing(_: DefinitionRow, __: KnownEnvironment) -> dict[str, Any]:
    return {}


CHANGES: dict[str, Callable[[DefinitionRow, KnownEnvironment], dict[str, Any]]] = {
    Environment.Revised.TOPIC: _revised,
    Environment.Frozen.TOPIC: _frozen,
    Environment.Thawed.TOPIC: _thawed,
    Environment.PolicySet.TOPIC: _policy_set,
    Environment.PolicyDeleted.TOPIC: _policy_deleted,
}
