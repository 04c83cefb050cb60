"""Change sets: drafts that are reviewed together, and come into force in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.assignments import Assignments
from application.carry_out import CarryOut
from application.catalog import Catalogs
from application.commands import Commands, DryRun, Outcome
from application.draft_changes import Drafting, Wish
from application.ports import Command, Commit, EventStore
from application.register_types import RegisterTypes
from application.replay import commit_of
from application.subjects import Place
from application.unit_of_work import UnitOfWork
from domain.aggregate import stream_id
from domain.configs.config import checked_name
from domain.documents import Document
from domain.errors import NotFound
from domain.releases.change_set import ChangeSet


@dataclass(frozen=True, slots=True)
class SeenChangeSet:
    """A change set, with the commits that made it and that changed it last."""

    change_set: ChangeSet
    created: Commit
    newest: Commit


class ChangeSets:
    """The commands. Each answers with its commit, or with what it would record when `dry_run`."""

    def __init__(
        self,
        store: EventStore,
        catalogs: Catalogs,
        types: RegisterTypes,
        commands: Commands,
        *,
        assignments: Assignments,
    ) -> None:
        self._store = store
        self._assignments = assignments
        self._catalogs = catalogs
        self._types = types
        self._commands = commands

    def find(self, change_set: UUID) -> ChangeSet:
        """As it is in the log. Raises NotFound."""
        found = self._store.load(ChangeSet, change_set)
        found.require()
        return found

    def seen(self, change_set: UUID, *, upto: int | None = None) -> SeenChangeSet:
        """As it is, or was at a position. Raises NotFound."""
        events = [one for one in self._store.stream(change_set) if upto is None or one.position <= upto]
        if not events:
            raise NotFound(f"there is no change set {change_set}: GET /api/change-sets lists what there is")
        found = self._store.load(ChangeSet, change_set, version=events[-1].version)
        created, newest = (commit_of(self._store, events[index].position) for index in (0, -1))
        return SeenChangeSet(found, created, newest)

    def create(
        self,
        environment: str,
        *,
        title: str,
        command: Command,
        description: str | None = None,
        wishes: Sequence[Wish] = (),
        origin: Document | None = None,
        proposed: bool = False,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Its id is `change_set_id` of the command.

        Raises InvalidRequest, NotFound, and what carrying the drafts out would raise, under /drafts.
        """
        self._catalogs.current().require_environment(environment)
        facts: dict[str, Any] = {
            "title": checked_name(title, called="title"),
            "description": description,
            "origin": origin,
        }

        def decide(work: UnitOfWork) -> None:
            change_set = work.load(ChangeSet, change_set_id(command))
            change_set.create(environment=environment, **facts, stamp=command.stamp)
            self._draft(work, change_set, wishes, command)
            if proposed:
                change_set.propose(stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def draft(
        self,
        change_set: UUID,
        wishes: Sequence[Wish],
        *,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Put drafts, each in the place of the one about the same thing. Raises what `create` raises, Conflict."""

        def decide(work: UnitOfWork) -> None:
            found = loaded(work, change_set, expected_version)
            found.require_open()
            self._draft(work, found, wishes, command)

        return self._commands.run(command, decide, dry_run=dry_run)

    def remove_draft(
        self,
        change_set: UUID,
        subject: UUID,
        *,
        command: Command,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Raises NotFound, StaleVersion, Conflict."""

        def decide(work: UnitOfWork) -> None:
            loaded(work, change_set, expected_version).remove(subject, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def propose(
        self, change_set: UUID, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Raises NotFound, StaleVersion, Conflict."""

        def decide(work: UnitOfWork) -> None:
            loaded(work, change_set, expected_version).propose(stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def discard(
        self, change_set: UUID, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """Raises NotFound, StaleVersion, Conflict."""

        def decide(work: UnitOfWork) -> None:
            loaded(work, change_set, expected_version).discard(stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def _draft(self, work: UnitOfWork, change_set: ChangeSet, wishes: Sequence[Wish], command: Command) -> None:
        place = self._place(work, change_set, command)
        trial = self._attempt(UnitOfWork(self._store), change_set, command)
        for draft in Drafting(change_set, place, trial).take_all(wishes):
            change_set.draft(draft, stamp=command.stamp)

    def _place(self, work: UnitOfWork, change_set: ChangeSet, command: Command) -> Place:
        return Place(work, self._catalogs.current(), change_set.environment, command, self._assignments)

    def _attempt(self, work: UnitOfWork, change_set: ChangeSet, command: Command) -> CarryOut:
        return CarryOut(self._place(work, change_set, command), self._types, change_set.id)


def change_set_id(command: Command) -> UUID:
    """The id of what a command creates: made from the command, so that a repeat finds it."""
    return stream_id("change_set", command.principal, command.command_id)


def loaded(work: UnitOfWork, change_set: UUID, version: int | None) -> ChangeSet:
    """Raises NotFound, StaleVersion."""
    found = work.load(ChangeSet, change_set)
    found.require(version=version)
    return found
