"""Drafts that are reviewed together and come into force in one commit, or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent
from domain.documents import Document
from domain.errors import Conflict, Forbidden, InvalidRequest, NotFound, StaleVersion
from domain.releases.draft import Draft, Kind
from domain.releases.ramp import ALL, Ramp, release_scope
from domain.releases.states import APPROVED, CHECKED, DRAFT, OPEN, POSSIBLE, PROPOSED, PUBLISHED, RAMPING, state_after
from domain.stamp import Stamp

MOST_DRAFTS = 500


class RampEvent(PlacedEvent):
    """It changes what users get, which the others do not by themselves."""

    def apply(self, aggregate: ChangeSet) -> None:
        aggregate.state = state_after(self.TOPIC, aggregate.state, is_approved=False)


class ChangeSetEvent(PlacedEvent):
    def apply(self, aggregate: ChangeSet) -> None:
        aggregate.state = state_after(self.TOPIC, aggregate.state, is_approved=getattr(self, "is_approved", False))


class ChangeSet(Aggregate):
    """The aggregate: a draft, then proposed, checked, approved, published; rolled back or discarded for good."""

    TOPIC = "change_set"

    class Created(ChangeSetEvent):
        TOPIC = "change_set.created"
        title: str
        description: str | None
        origin: Document | None  # what it was made from: {"release_from": …}, {"copy_of": …}, {"instead_of": …}

        def apply(self, aggregate: ChangeSet) -> None:
            super().apply(aggregate)
            aggregate.environment, aggregate.created_by = self.environment, self.actor
            aggregate.title, aggregate.description, aggregate.origin = self.title, self.description, self.origin

    class Drafted(ChangeSetEvent):
        TOPIC = "change_set.drafted"
        kind: Kind
        subject: UUID
        name: str
        at: str | None
        config_type: str | None
        base_version: int
        base: Document | None
        wanted: Document | None

        def apply(self, aggregate: ChangeSet) -> None:
            what = (self.kind, self.subject, self.name, self.at, self.config_type)
            draft = Draft(*what, self.base_version, self.base, self.wanted, self.actor, aggregate.version + 1)
            aggregate.drafts = {**aggregate.drafts, self.subject: draft}
            aggregate.authors = aggregate.authors | {self.actor}
            super().apply(aggregate)

    class DraftRemoved(ChangeSetEvent):
        TOPIC = "change_set.draft_removed"
        subject: UUID

        def apply(self, aggregate: ChangeSet) -> None:
            aggregate.drafts = {key: one for key, one in aggregate.drafts.items() if key != self.subject}
            aggregate.authors = aggregate.authors | {self.actor}
            super().apply(aggregate)

    class Proposed(ChangeSetEvent):
        TOPIC = "change_set.proposed"

        def apply(self, aggregate: ChangeSet) -> None:
            super().apply(aggregate)
            aggregate.authors = aggregate.authors | {self.actor}

    class Checked(ChangeSetEvent):
        TOPIC = "change_set.checked"
        digest: str
        is_approved: bool

    class Approved(ChangeSetEvent):
        TOPIC = "change_set.approved"
        digest: str  # of the drafts, and of the values that they touch
        is_approved: bool  # by enough, with this one

        def apply(self, aggregate: ChangeSet) -> None:
            super().apply(aggregate)
            aggregate.approvals = {**aggregate.approvals, self.actor: self.digest}

    class Published(ChangeSetEvent):
        TOPIC = "change_set.published"

    class Scheduled(ChangeSetEvent):
        TOPIC = "change_set.scheduled"
        at: str
        ramp: Document | None

        def apply(self, aggregate: ChangeSet) -> None:
            super().apply(aggregate)
            aggregate.publish_at = self.at
            aggregate.ramp = None if self.ramp is None else Ramp.of(self.ramp)
            aggregate.problem, aggregate.published_for = None, self.reason

    class Halted(ChangeSetEvent):
        TOPIC = "change_set.halted"
        problem: str  # why the service could not do what was due

        def apply(self, aggregate: ChangeSet) -> None:
            super().apply(aggregate)
            aggregate.problem, aggregate.publish_at = self.problem, None

    class Ramped(RampEvent):
        TOPIC = "change_set.ramped"
        percent: float
        steps: list[float]
        bake_minutes: float
        guardrails: list[Document] | None = None

        def apply(self, aggregate: ChangeSet) -> None:
            super().apply(aggregate)
            aggregate.percent = self.percent
            aggregate.ramp = Ramp(tuple(self.steps), self.bake_minutes, tuple(self.guardrails or ()))
            aggregate.problem, aggregate.publish_at, aggregate.published_for = None, None, self.reason

    class RampEnded(RampEvent):
        TOPIC = "change_set.ramp_ended"

    class RolledBack(ChangeSetEvent):
        TOPIC = "change_set.rolled_back"
        evidence: Document | None  # where the service did it by itself

        def apply(self, aggregate: ChangeSet) -> None:
            super().apply(aggregate)
            aggregate.rolled_back = self

    class Discarded(ChangeSetEvent):
        TOPIC = "change_set.discarded"

    environment: str
    title: str
    description: str | None
    origin: Document | None
    created_by: str

    def start(self) -> None:
        self.state: str | None = None
        self.drafts: dict[UUID, Draft] = {}
        self.authors: frozenset[str] = frozenset()
        self.approvals: dict[str, str] = {}  # by whom, the digest of what
        self.publish_at: str | None = None
        self.ramp: Ramp | None = None
        self.percent: float | None = None
        self.problem: str | None = None
        self.published_for: str | None = None  # the reason of whoever began it
        self.rolled_back: ChangeSet.RolledBack | None = None

    @property
    def place(self) -> dict[str, str]:
        """What each of its events says of where it stands."""
        return {"environment": self.environment, "scope": str(release_scope(self.id))}

    def require(self, *, version: int | None = None) -> None:
        """Raises NotFound for one that never was, StaleVersion where it is at another version."""
        if self.state is None:
            raise NotFound(f"there is no change set {self.id}: GET /api/change-sets lists what there is")
        if version is not None and version != self.version:
            message = f"this change set is at version {self.version}, and If-Match names {version}: read it again"
            raise StaleVersion(message)

    def require_open(self) -> None:
        """Raises Conflict where nothing can be changed about it any more, or nothing yet."""
        self.require_state(*OPEN)

    def require_state(self, *states: str) -> None:
        """Raises Conflict, which says what is possible instead."""
        self.require()
        if self.state not in states:
            state = str(self.state)
            raise Conflict(f"this change set is {state.replace('_', ' ')}: you can {POSSIBLE[state]}")

    def create(
        self, *, environment: str, title: str, description: str | None, origin: Document | None, stamp: Stamp
    ) -> None:
        place = {"environment": environment, "scope": str(release_scope(self.id))}
        self.record(ChangeSet.Created, stamp=stamp, **place, title=title, description=description, origin=origin)

    def draft(self, one: Draft, *, stamp: Stamp) -> None:
        """Put a draft, in the place of the one about the same thing. Raises Conflict."""
        self.require_open()
        if len({*self.drafts, one.subject}) > MOST_DRAFTS:
            raise Conflict(f"a change set has at most {MOST_DRAFTS} drafts: make another one for the rest")
        facts: dict[str, Any] = {
            "kind": one.kind,
            "subject": one.subject,
            "name": one.name,
            "at": one.scope,
            "config_type": one.config_type,
            "base_version": one.base_version,
            "base": one.base,
            "wanted": one.wanted,
        }
        self.record(ChangeSet.Drafted, stamp=stamp, **self.place, **facts)

    def remove(self, subject: UUID, *, stamp: Stamp) -> None:
        """Raises Conflict, and NotFound where there is no such draft."""
        self.require_open()
        if subject not in self.drafts:
            raise NotFound(f"this change set has no draft about {subject}")
        self.record(ChangeSet.DraftRemoved, stamp=stamp, **self.place, subject=subject)

    def propose(self, *, stamp: Stamp) -> None:
        """Ask for its review; one that is proposed already records nothing. Raises Conflict."""
        self.require_open()
        self.require_drafts()
        if self.state == DRAFT:
            self.record(ChangeSet.Proposed, stamp=stamp, **self.place)

    def check(self, digest: str, *, demanded: int, stamp: Stamp) -> None:
        """Nothing stands in the way of what this digest is of. A draft is proposed by that. Raises Conflict."""
        self.propose(stamp=stamp)
        is_approved = bool(demanded) and len(self.approved_by(digest)) >= demanded
        self.record(ChangeSet.Checked, stamp=stamp, **self.place, digest=digest, is_approved=is_approved)

    def approve(self, digest: str, *, demanded: int, stamp: Stamp) -> None:
        """Raises Conflict, and Forbidden for who has drafted or proposed any of it."""
        self.require_state(PROPOSED, CHECKED, APPROVED)
        if stamp.actor in self.authors:
            raise Forbidden(f"{stamp.actor} has a part in this change set: somebody else approves it")
        if self.approvals.get(stamp.actor) != digest:
            is_approved = len({*self.approved_by(digest), stamp.actor}) >= demanded
            self.record(ChangeSet.Approved, stamp=stamp, **self.place, digest=digest, is_approved=is_approved)

    def approved_by(self, digest: str) -> frozenset[str]:
        """Whose approvals count: of just this, and not of one's own."""
        return frozenset(who for who, what in self.approvals.items() if what == digest) - self.authors

    def publish(self, *, stamp: Stamp) -> None:
        """What it wants was carried out in this commit. Raises Conflict."""
        self.require_state(*OPEN, RAMPING)
        self.require_drafts()
        self._end_ramp(stamp)
        self.record(ChangeSet.Published, stamp=stamp, **self.place)

    def roll_back(self, *, evidence: Document | None, stamp: Stamp) -> None:
        """What it brought was given back in this commit; it is not published again. Raises Conflict."""
        self.require_state(PUBLISHED, RAMPING)
        self._end_ramp(stamp)
        self.record(ChangeSet.RolledBack, stamp=stamp, **self.place, evidence=evidence)

    def _end_ramp(self, stamp: Stamp) -> None:
        if self.state == RAMPING:
            self.record(ChangeSet.RampEnded, stamp=stamp, **self.place)

    def schedule(self, at: str, ramp: Ramp | None, *, stamp: Stamp) -> None:
        """To be published at a time. A draft is proposed by that. Raises Conflict."""
        self.propose(stamp=stamp)
        self.record(ChangeSet.Scheduled, stamp=stamp, **self.place, at=at, ramp=ramp.to_data() if ramp else None)

    def halt(self, problem: str, *, stamp: Stamp) -> None:
        """What is due cannot be done; it is left to people. Raises Conflict."""
        self.require_state(*OPEN, RAMPING)
        self.record(ChangeSet.Halted, stamp=stamp, **self.place, problem=problem)

    def begin_ramp(self, ramp: Ramp, *, stamp: Stamp) -> None:
        """Raises Conflict."""
        self.require_open()
        self.require_drafts()
        self._record_step(ramp, ramp.steps[0], stamp)

    def step(self, percent: float, *, stamp: Stamp) -> None:
        """Let more users have it. Raises Conflict; InvalidRequest for a step that leads down."""
        self.require_state(RAMPING)
        assert self.ramp is not None
        assert self.percent is not None
        if not self.percent < percent < ALL:
            message = f"the next step is above {self.percent:g} % and at most {ALL} %: to go back, roll it back"
            raise InvalidRequest.at("/percent", message, "percent")
        self._record_step(self.ramp, percent, stamp)

    def _record_step(self, ramp: Ramp, percent: float, stamp: Stamp) -> None:
        self.record(ChangeSet.Ramped, stamp=stamp, **self.place, percent=percent, **ramp.to_data())

    def discard(self, *, stamp: Stamp) -> None:
        """For good; the drafts stay readable. Raises Conflict."""
        self.require_open()
        self.record(ChangeSet.Discarded, stamp=stamp, **self.place)

    def require_drafts(self) -> None:
        """Raises Conflict."""
        if not self.drafts:
            raise Conflict("this change set has no drafts: add what is to change first")
