"""How every command goes: decide, record, try again when something moved, and wait until the views show it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from application.ports import AlreadyRecorded, Command, Commit, EventStore, Progress, StreamMoved
from application.unit_of_work import UnitOfWork
from domain.aggregate import DomainEvent
from domain.errors import Behind, Conflict, Fault, IdempotencyKeyReused, ReadOnly, Refusal, StoreUnavailable

ATTEMPTS = 14
VISIBLE_WITHIN_SECONDS = 2.0
BUSY = "too many others are changing the same things: try again in a moment"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command. `repeated` when an earlier request with the same key had done it already.

    `warnings` are what policies have to say of it; a repeat is told none.
    """

    commit: Commit
    visible: bool
    repeated: bool = False
    warnings: tuple[Fault, ...] = ()

    @property
    def position(self) -> int:
        return self.commit.last

    @property
    def result(self) -> str:
        if self.repeated:
            return "repeated"
        return "recorded" if self.commit.first <= self.commit.last else "unchanged"


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a command would have recorded."""

    events: tuple[DomainEvent, ...]
    warnings: tuple[Fault, ...] = ()


Decide = Callable[[UnitOfWork], None]
"""Loads what it needs and changes it; asked again, with a new unit of work, when something moved. Raises a Refusal."""


class Gates(Protocol):
    """What every change must pass before it is recorded."""

    def require(self, work: UnitOfWork, command: Command) -> None:
        """Raises one Refusal that names all that stand in the way."""


class Ungated:
    """For what the service does by itself."""

    def require(self, work: UnitOfWork, command: Command) -> None: ...


class CommandMetrics(Protocol):
    """Where commands are counted."""

    def command(self, operation: str, *, result: str) -> None:
        """`result` is what became of it: recorded, unchanged, repeated, or the code of the refusal."""


class Uncounted:
    def command(self, operation: str, *, result: str) -> None: ...


class Commands:
    """Carries commands out; where it is read only, tries them alone."""

    def __init__(
        self,
        store: EventStore,
        progress: Progress,
        metrics: CommandMetrics | None = None,
        *,
        gates: Gates | None = None,
        is_read_only: bool = False,
    ) -> None:
        self._store = store
        self._progress = progress
        self._metrics = metrics or Uncounted()
        self._gates = gates or Ungated()
        self.is_read_only = is_read_only

    def require_writable(self) -> None:
        """Raises ReadOnly."""
        if self.is_read_only:
            raise ReadOnly("commands are switched off at this server: send it again when the operator allows them")

    def run(
        self, command: Command, decide: Decide, *, dry_run: bool = False, at_head: bool = False
    ) -> Outcome | DryRun:
        """`at_head`: what is decided rests on the views as a whole, so nothing may be recorded between them and it.

        Raises what `decide` raises; IdempotencyKeyReused; Conflict when others move faster than it can decide; Behind
        where it must be decided from the views and they lag; ReadOnly, but not for what was recorded before.
        """
        if dry_run:
            return self._tried(command, decide)
        return self.execute(command, decide, at_head=at_head)

    def _tried(self, command: Command, decide: Decide) -> DryRun:
        for attempt in range(ATTEMPTS):
            try:
                work = UnitOfWork(self._store)
                self._decide(work, command, decide)
                events = tuple(event for one in work.decision().aggregates for event in one.collect_events())
                return DryRun(events, tuple(work.warnings))
            except StreamMoved:
                self._pause(attempt)
        raise Conflict(BUSY)

    def execute(self, command: Command, decide: Decide, *, at_head: bool = False) -> Outcome:
        """As `run`, for good."""
        try:
            outcome = self._executed(command, decide, at_head=at_head)
        except Refusal as refusal:
            self._metrics.command(command.operation, result=refusal.code)
            raise
        self._metrics.command(command.operation, result=outcome.result)
        return outcome

    def _executed(self, command: Command, decide: Decide, *, at_head: bool) -> Outcome:
        for attempt in range(ATTEMPTS):
            try:
                commit, warnings = self._attempt(command, decide, at_head=at_head)
                return self._seen(commit, warnings=warnings)
            except AlreadyRecorded as repeat:
                return self._repeated(command, repeat.commit)
            except StreamMoved:
                self._pause(attempt)
            except StoreUnavailable:
                raise  # whether it was recorded cannot be asked now, and the refusal says what to do
            except Refusal:
                # The first of two equal requests may be why the second cannot be: then its answer is this one's too.
                if done := self._store.commit_of(command.principal, command.command_id):
                    return self._repeated(command, done)
                raise
        raise Conflict(BUSY)

    def _attempt(self, command: Command, decide: Decide, *, at_head: bool) -> tuple[Commit, list[Fault]]:
        self.require_writable()
        work = UnitOfWork(self._store, shown_head=self._shown_head)
        if at_head:
            work.rely_on_views()
        self._decide(work, command, decide)
        commit = self._store.record(command, work.decision())
        for act in work.afterwards:
            act()
        return commit, work.warnings

    def _decide(self, work: UnitOfWork, command: Command, decide: Decide) -> None:
        """Raises StreamMoved for a refusal that rests on streams as they never were at once."""
        try:
            decide(work)
            self._gates.require(work, command)
        except StreamMoved:
            raise
        except Exception as error:
            if work.is_stale():
                raise StreamMoved("what was loaded has moved") from error
            raise

    def _head(self) -> tuple[int, bool]:
        """The newest position, and whether the views have come to it."""
        newest = self._store.newest()
        head = newest.last if newest else 0
        return head, self._progress.wait_for(head, seconds=VISIBLE_WITHIN_SECONDS)

    def _shown_head(self) -> int:
        head, shown = self._head()
        if not shown:
            raise Behind("the views are behind the log, and this is decided from them: try again in a moment")
        return head

    def _seen(self, commit: Commit, *, repeated: bool = False, warnings: Sequence[Fault] = ()) -> Outcome:
        visible = self._progress.wait_for(commit.last, seconds=VISIBLE_WITHIN_SECONDS)
        return Outcome(commit, visible, repeated, tuple(warnings))

    def _repeated(self, command: Command, commit: Commit) -> Outcome:
        if commit.digest not in (command.digest, command.other_digest):
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request: take a new one")
        return self._seen(commit, repeated=True)

    def _pause(self, attempt: int) -> None:
        """Let the others pass, and see what they did: definitions are read from the views."""
        if attempt:
            time.sleep(random.random() * 0.002 * 2 ** min(attempt, 6))  # noqa: S311 -- jitter, not a secret
        self._head()
