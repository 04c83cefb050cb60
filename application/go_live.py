"""Whether an environment is ready for its users: a checklist, where nothing is taken on trust."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from application.running import Running
from application.use_cases import UseCases
from domain.errors import Refusal

State = Literal["passed", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class HeldBackup:
    """What a backup holds, as whoever has tried to restore it tells: size and root (hex) of its Merkle tree."""

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class GoingLive:
    """What the probes look at."""

    cases: UseCases
    environment: str
    running: Running
    backup: HeldBackup | None = None


class Found(NamedTuple):
    """What a probe found: `message` says that, and what is to be done."""

    state: State
    message: str


class Probe(NamedTuple):
    """`looks_at` is a sentence for people."""

    id: str
    looks_at: str
    look: Callable[[GoingLive], Found]


class Item(NamedTuple):
    """A line of the checklist."""

    id: str
    probe: str
    state: State
    message: str


def passed(message: str) -> Found:
    return Found("passed", message)


def failed(message: str) -> Found:
    return Found("failed", message)


def unknown(message: str) -> Found:
    return Found("unknown", message)


def checklist(going: GoingLive, probes: Iterable[Probe]) -> list[Item]:
    """Every item, whatever the others found. Raises NotFound for the environment."""
    going.cases.catalogs.current().require_environment(going.environment)
    return [Item(probe.id, probe.looks_at, *_found(probe, going)) for probe in probes]


def is_ready(items: Iterable[Item]) -> bool | None:
    """None where nothing failed, and something cannot be told."""
    states = {item.state for item in items}
    if "failed" in states:
        return False
    return None if "unknown" in states else True


def _found(probe: Probe, going: GoingLive) -> Found:
    try:
        return probe.look(going)
    except Refusal as refusal:
        return unknown(f"it could not be looked at: {refusal.detail}")
    except Exception as error:  # noqa: BLE001 -- whatever ails one probe is told, and the others go on
        return unknown(f"it could not be looked at ({type(error).__name__}): the log of the service may tell more")
