"""Environments as the views tell of them: what they demand, and whether they are frozen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import orjson

from application.views import DefinitionRow
from domain.installation.environment import Demands, Environment


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


def known_environment(row: DefinitionRow, before: KnownEnvironment | None) -> KnownEnvironment | None:
    """An environment, from the event that was recorded last; None where that retired it."""
    if before is None or row.kind == Environment.TOPIC:
        return KnownEnvironment(row.name, row.version, row.recorded_us, row.actor, row.valid_from)
    known = replace(before, version=row.version, position=row.valid_from)
    match row.kind:
        case Environment.Revised.TOPIC:
            return replace(known, demands=Demands.of(orjson.loads(row.body)))
        case Environment.Frozen.TOPIC:
            return replace(known, freeze=Freeze(row.recorded_us, row.actor, row.reason))
        case Environment.Thawed.TOPIC:
            return replace(known, freeze=None)
        case Environment.Retired.TOPIC:
            return None
    return known
