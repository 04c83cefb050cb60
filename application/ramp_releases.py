"""Releases that wait for a time, or come to more and more users."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from application.change_sets import loaded
from application.commands import Commands, DryRun, Outcome
from application.ports import Command, EventStore
from application.publish_change_sets import PublishChangeSets
from application.ramp_configs import put_ramp
from application.unit_of_work import UnitOfWork
from domain.errors import InvalidRequest
from domain.releases.change_set import ChangeSet
from domain.releases.ramp import ALL, Ramp
from domain.releases.states import RAMPING
from domain.times import microseconds, rfc3339

HOUR_US = 3_600_000_000


class RampReleases:
    """The commands. Each answers with its commit, or with what it would record when `dry_run`."""

    def __init__(self, store: EventStore, commands: Commands, publishing: PublishChangeSets) -> None:
        self._store = store
        self._commands = commands
        self._publishing = publishing

    def schedule(
        self,
        change_set: UUID,
        at: str,
        *,
        ramp: Ramp | None,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """To be published at a time. Raises InvalidRequest for one that is past, NotFound, StaleVersion, Conflict."""
        at_us, now_us = microseconds(at), self._store.now_us()
        if at_us is None or at_us <= now_us:
            message = f"publish_at is a time to come with its offset, such as {rfc3339(now_us + HOUR_US)}"
            raise InvalidRequest.at("/publish_at", message, "time")

        def decide(work: UnitOfWork) -> None:
            loaded(work, change_set, expected_version).schedule(at, ramp, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def begin(
        self,
        change_set: UUID,
        ramp: Ramp,
        *,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Give it to the first part of the users. What could not be published for all is refused.

        Raises what `PublishChangeSets.publish` raises; InvalidRequest where any draft is not of a global config.
        """
        if self._store.commit_of(command.principal, command.command_id) is None:
            self._publishing.publish(change_set, command=command, expected_version=expected_version, dry_run=True)

        def decide(work: UnitOfWork) -> None:
            found = loaded(work, change_set, expected_version)
            work.approvals = self._publishing.approvals(work, found, command)
            put_ramp(self._publishing.attempt(work, found, command), found)
            found.begin_ramp(ramp, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def step(
        self,
        change_set: UUID,
        percent: float | None = None,
        *,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Give it to more users: so many, or those of the next step; at 100 it is published for all.

        Raises Conflict where it is on no ramp, InvalidRequest for a step that leads down, what publishing raises.
        """
        to = self._next(self._store.load(ChangeSet, change_set)) if percent is None else percent
        if to == ALL:
            marks: dict[str, Any] = {"expected_version": expected_version, "dry_run": dry_run}
            return self._publishing.publish(change_set, command=command, only_from=RAMPING, **marks)

        def decide(work: UnitOfWork) -> None:
            found = loaded(work, change_set, expected_version)
            work.approvals = self._publishing.approvals(work, found, command)
            found.step(to, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def _next(self, found: ChangeSet) -> float:
        return 0 if found.ramp is None or found.percent is None else found.ramp.after(found.percent)

    def halt(self, change_set: UUID, problem: str, *, command: Command, expected_version: int) -> Outcome | DryRun:
        """What is due of it is left to people. Raises NotFound, StaleVersion, Conflict."""

        def decide(work: UnitOfWork) -> None:
            loaded(work, change_set, expected_version).halt(problem, stamp=command.stamp)

        return self._commands.run(command, decide)
