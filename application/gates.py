"""What every change must pass before it is recorded: the gates of each environment that it touches.

A gate is a function of a passage, and answers with what it refuses. `GATES` is the table of all; every command is asked
them in one place (`Commands`), so that none can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from application.catalog import Catalog, Catalogs
from application.index_gates import index_not_ready, indexes_follow
from application.known_environments import KnownEnvironment
from application.lock_gates import lock_missing, locked
from application.passage import Passage
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.access.collection import Collection
from domain.aggregate import PlacedEvent
from domain.errors import (
    ApprovalMissing,
    Fault,
    Forbidden,
    Frozen,
    IfMatchRequired,
    InvalidRequest,
    Locked,
    LockRequired,
    Refusal,
)
from domain.installation.environment import Environment, environment_id
from domain.installation.serving import Serving
from domain.profiles.assignment import Assignment
from domain.releases.change_set import ChangeSet, ChangeSetEvent
from domain.releases.evaluation import Evaluation
from domain.releases.health import Health
from domain.releases.indexes import Indexes
from domain.releases.locks import Locks
from domain.times import rfc3339

PASS = (
    Environment.Frozen, Environment.Thawed, Serving.Changed, ChangeSetEvent, Locks.Approved, Evaluation.Recorded,
)  # fmt: skip
"""Events that no gate looks at.

They open and shut the gates, take the settings out of use altogether, prepare what other events will do, or say what
was measured.
"""
NEVER_APPROVED = (Environment, Assignment, Collection, Indexes, Locks, Health)
"""Whose changes no change set can hold: there is nothing that others could approve."""


Gate = Callable[[Passage], Iterable[Refusal]]


def frozen(passage: Passage) -> Iterator[Refusal]:
    environment = passage.environment
    if freeze := environment.freeze:
        why = f": {freeze.reason}" if freeze.reason else ""
        since = f"{environment.name} is frozen since {rfc3339(freeze.since_us)} by {freeze.by}{why}"
        yield Frozen(f"{since}; an admin thaws it with varve env thaw {environment.name}")


def approval_missing(passage: Passage) -> Iterator[Refusal]:
    wanted = passage.environment.demands.approvals
    approvals, name = passage.work.approvals, passage.environment.name
    if approvals.are_enough(wanted) or all(event.AGGREGATE in NEVER_APPROVED for event in passage.events):
        return
    if any(isinstance(event, ChangeSet.Published) for event in passage.work.pending):
        yield ApprovalMissing(f"a change in {name}: {approvals.missing(wanted)}")
    elif any(isinstance(event, Locks.Promoted) for event in passage.work.pending):
        how = f"others approve of it with POST /api/locks/{{id}}/approve, or varve lock approve LOCK --to {name}"
        yield ApprovalMissing(f"a promotion to {name}: {approvals.missing(wanted)}; {how}")
    else:
        yield ApprovalMissing(f"a change in {name} needs approvals ({wanted}): propose it as a change set")


def if_match_missing(passage: Passage) -> Iterator[Refusal]:
    if passage.environment.demands.require_if_match and passage.command.lacks_if_match:
        message = f"a change in {passage.environment.name} says which version it is about"
        yield IfMatchRequired(f"{message}: read it, and send its ETag in If-Match")


def reason_missing(passage: Passage) -> Iterator[Refusal]:
    name, demands = passage.environment.name, passage.environment.demands
    if not demands.takes_reason(passage.command.reason):
        form = f" that matches {demands.reason_pattern}" if demands.reason_pattern is not None else ""
        yield InvalidRequest.at("/reason", f"a change in {name} needs a reason{form}", "reason")


GATES: tuple[Gate, ...] = (
    frozen,
    locked,
    lock_missing,
    index_not_ready,
    approval_missing,
    if_match_missing,
    reason_missing,
)
"""Where several refuse, the first of them gives the answer its status."""


BREAKABLE = (Frozen, Locked, LockRequired, ApprovalMissing)
"""What an admin may pass all the same, by breaking the glass."""


class GateSignals(Protocol):
    """Where alerts go."""

    def glass_broken(self, environment: str, *, gates: Sequence[str], actor: str, reason: str) -> None:
        """An admin has passed these gates all the same."""


class Gates:
    """The gates that a command passes; reads of indexes follow it, also where there are none."""

    def __init__(self, catalogs: Catalogs, signals: GateSignals, gates: Sequence[Gate] = GATES) -> None:
        self._catalogs = catalogs
        self._signals = signals
        self._gates = gates

    def require(self, work: UnitOfWork, command: Command) -> None:
        """Raises one refusal that names all that stand in the way, of every gate of every environment.

        Raises Forbidden for who may not break the glass there.
        """
        refusals: list[Refusal] = []
        passages = list(self._passages(work, command))
        for passage in passages:
            met = [refusal for gate in self._gates for refusal in gate(passage)]
            refusals += self._broken_through(passage, met) if command.break_glass else met
        if refusals:
            raise together(refusals)
        for passage in passages:
            indexes_follow(passage)

    def _broken_through(self, passage: Passage, met: Sequence[Refusal]) -> list[Refusal]:
        """What still stands in the way when the glass is broken; where it need not be, it is not."""
        name, wish = passage.environment.name, passage.command.break_glass
        passed = [refusal.code for refusal in met if isinstance(refusal, BREAKABLE)]
        if wish is None or not passed:
            return list(met)
        if not wish.may(name):
            raise Forbidden(f"only an admin of {name} may break the glass there: ask one")
        stamp = replace(passage.command.stamp, reason=wish.reason)
        passage.work.load(Environment, environment_id(name)).break_glass(passed, stamp=stamp)
        told: dict[str, Any] = {"gates": passed, "actor": stamp.actor, "reason": wish.reason}
        passage.work.afterwards.append(partial(self._signals.glass_broken, name, **told))
        return [refusal for refusal in met if not isinstance(refusal, BREAKABLE)]

    def _passages(self, work: UnitOfWork, command: Command) -> Iterator[Passage]:
        touched: dict[str, list[PlacedEvent]] = {}
        for event in work.pending:
            if isinstance(event, PlacedEvent) and not isinstance(event, PASS):
                touched.setdefault(event.environment, []).append(event)
        catalog = self._catalogs.current()
        for name, events in touched.items():
            if not any(isinstance(event, Environment.Created) and event.name == name for event in work.pending):
                known = require_known(work, catalog, name)
                yield Passage(known, tuple(events), command, work, catalog)


def require_known(work: UnitOfWork, catalog: Catalog, name: str) -> KnownEnvironment:
    """An environment that stays as it is known until the command is recorded. Raises NotFound."""
    known = catalog.environment(name)
    work.rely_on(environment_id(name), known.version)
    return known


def together(refusals: Sequence[Refusal]) -> Refusal:
    """One refusal that says what all of them say."""
    first = refusals[0]
    if len(refusals) == 1:
        return first
    faults = [fault for one in refusals for fault in one.faults or (Fault("", one.detail, one.code),)]
    return type(first)("; ".join(one.detail for one in refusals), faults=faults)
