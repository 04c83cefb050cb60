"""Bring change sets into force: checked, approved by others, published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from application.assignments import Assignments
from application.carry_out import CarryOut
from application.catalog import Catalogs
from application.change_sets import ChangeSets, loaded
from application.commands import Commands, DryRun, Outcome
from application.digest_drafts import digest_of
from application.give_back import GiveBack
from application.ports import Command, EventStore, Recorded
from application.ramp_configs import drop_ramp
from application.register_types import RegisterTypes
from application.replay import commit_of
from application.subjects import Place
from application.unit_of_work import Approvals, UnitOfWork
from domain.documents import Document
from domain.errors import Conflicting, Gated, Invalid, Refusal
from domain.releases.change_set import ChangeSet
from domain.releases.states import RAMPING


@dataclass(frozen=True, slots=True)
class Standing:
    """`digest` is of the drafts and of what they touch now; who is `counting` approves of just that.

    Of those who have `approved`, the others did so before something changed.
    """

    digest: str
    demanded: int
    counting: frozenset[str]
    approved: frozenset[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """`outcome` is None, and `refusal` says all that stands in the way, where anything does."""

    outcome: Outcome | DryRun | None
    standing: Standing
    refusal: Refusal | None


class PublishChangeSets:
    """The commands. Each answers with its commit, or with what it would record when `dry_run`."""

    def __init__(
        self,
        store: EventStore,
        catalogs: Catalogs,
        types: RegisterTypes,
        commands: Commands,
        *,
        change_sets: ChangeSets,
        assignments: Assignments,
    ) -> None:
        self._store = store
        self._catalogs = catalogs
        self._types = types
        self._commands = commands
        self._change_sets = change_sets
        self._assignments = assignments

    def publish(
        self,
        change_set: UUID,
        *,
        command: Command,
        only_from: str | None = None,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """All that it wants in one commit, or nothing.

        Raises Conflict with both sides of what others changed since, InvalidRequest for what is not valid together,
        what the gates raise; NotFound, StaleVersion.
        """

        def decide(work: UnitOfWork) -> None:
            found = loaded(work, change_set, expected_version)
            if only_from is not None:
                found.require_state(only_from)
            work.approvals = self.approvals(work, found, command)
            self._publish(work, found, command)

        return self._run(change_set, decide, command=command, dry_run=dry_run)

    def approvals(self, work: UnitOfWork, found: ChangeSet, command: Command) -> Approvals:
        """Of the drafts, and of what they touch as it is in this unit of work."""
        counting = found.approved_by(digest_of(found.drafts.values(), self._place(work, found, command)))
        return Approvals(counting, frozenset(found.approvals) - found.authors - counting)

    def _publish(self, work: UnitOfWork, found: ChangeSet, command: Command) -> None:
        attempt = self.attempt(work, found, command)
        if found.state == RAMPING:
            drop_ramp(attempt.place, found)
        found.publish(stamp=command.stamp)
        attempt.take_all(list(found.drafts.values()))
        attempt.raise_problems()

    def _run(
        self, change_set: UUID, decide: Callable[[UnitOfWork], None], *, command: Command, dry_run: bool
    ) -> Outcome | DryRun:
        # Which configs a type would leave invalid, and who is given a profile, is read from the views: nothing may be
        # recorded in between.
        return self._commands.run(command, decide, dry_run=dry_run, at_head=self._rests_on_views(change_set))

    def check(
        self, change_set: UUID, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Checked:
        """Whether it could be published now, with the reason of the command, were it approved; what stands in the way.

        Where nothing does, that is recorded. Raises NotFound, StaleVersion; Conflict for one that is over.
        """

        def publish(work: UnitOfWork) -> None:
            work.approvals = Approvals(are_needless=True)
            self._publish(work, loaded(work, change_set, expected_version), command)

        self._change_sets.find(change_set).require_open()
        standing = self.standing(change_set, command=command)
        try:
            self._run(change_set, publish, command=command, dry_run=True)
        except (Invalid, Conflicting, Gated) as refusal:
            return Checked(None, standing, refusal)

        def record(work: UnitOfWork) -> None:
            found = loaded(work, change_set, expected_version)
            found.check(standing.digest, demanded=standing.demanded, stamp=command.stamp)

        return Checked(self._commands.run(command, record, dry_run=dry_run), standing, None)

    def approve(
        self, change_set: UUID, *, command: Command, expected_version: int | None = None, dry_run: bool = False
    ) -> Outcome | DryRun:
        """For the drafts as they are, over the values that they touch today.

        Raises Forbidden for who has a part in it, Conflict, NotFound, StaleVersion.
        """

        def decide(work: UnitOfWork) -> None:
            found = loaded(work, change_set, expected_version)
            digest = digest_of(found.drafts.values(), self._place(work, found, command))
            found.approve(digest, demanded=self._demanded(found), stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def roll_back(
        self,
        change_set: UUID,
        *,
        command: Command,
        force: frozenset[str] = frozenset(),
        evidence: Document | None = None,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Outcome | DryRun:
        """Give back in one commit what publishing brought, over what is there today. It needs no approval.

        Raises Conflict with each field that has changed since, unless `force` names it; NotFound, StaleVersion.
        """

        def decide(work: UnitOfWork) -> None:
            found = loaded(work, change_set, expected_version)
            work.approvals = Approvals(are_needless=True)
            attempt, was_ramping = self.attempt(work, found, command), found.state == RAMPING
            found.roll_back(evidence=evidence, stamp=command.stamp)
            if was_ramping:
                drop_ramp(attempt.place, found)
                return
            GiveBack(self._store, attempt, self._assignments, force).take_all(self._brought(change_set))

        # Who is given a profile, and what a type would leave invalid, is read from the views.
        return self._commands.run(command, decide, dry_run=dry_run, at_head=True)

    def _brought(self, change_set: UUID) -> Sequence[Recorded]:
        """The events of the commit that published it."""
        topic = ChangeSet.Published.TOPIC
        published = next(one for one in reversed(self._store.stream(change_set)) if one.topic == topic)
        commit = commit_of(self._store, published.position)
        return self._store.events(first=commit.first, last=commit.last)

    def standing(self, change_set: UUID, *, command: Command) -> Standing:
        """How it stands with its approvals now. Raises NotFound."""
        found = self._change_sets.find(change_set)
        digest = digest_of(found.drafts.values(), self._place(UnitOfWork(self._store), found, command))
        return Standing(digest, self._demanded(found), found.approved_by(digest), frozenset(found.approvals))

    def _demanded(self, found: ChangeSet) -> int:
        return self._catalogs.current().environment(found.environment).demands.approvals

    def _rests_on_views(self, change_set: UUID) -> bool:
        drafts = self._change_sets.find(change_set).drafts.values()
        return any(one.kind == "type" or (one.kind == "profile" and one.operation == "delete") for one in drafts)

    def _place(self, work: UnitOfWork, change_set: ChangeSet, command: Command) -> Place:
        return Place(work, self._catalogs.current(), change_set.environment, command, self._assignments)

    def attempt(self, work: UnitOfWork, change_set: ChangeSet, command: Command) -> CarryOut:
        return CarryOut(self._place(work, change_set, command), self._types, change_set.id)
