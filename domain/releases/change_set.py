"""Drafts that are reviewed together and come into force in one commit, or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import Conflict, Forbidden, NotFound, StaleVersion
from domain.releases.draft import Draft, Kind
from domain.stamp import Stamp

DRAFT, PROPOSED, CHECKED, APPROVED = "draft", "proposed", "checked", "approved"
PUBLISHED, ROLLED_BACK, DISCARDED = "published", "rolled_back", "discarded"
OPEN = (DRAFT, PROPOSED, CHECKED, APPROVED)
POSSIBLE = {
    DRAFT: "change its drafts, propose, check, publish or discard it",
    PROPOSED: "change its drafts, check, approve, publish or discard it",
    CHECKED: "change its drafts, approve, publish or discard it",
    APPROVED: "publish or discard it",
    PUBLISHED: "roll it back",
    ROLLED_BACK: "make a copy of it, which starts as a draft",
    DISCARDED: "make a copy of it, which starts as a draft",
}
BECOMES = {
    "change_set.created": DRAFT,
    "change_set.proposed": PROPOSED,
    "change_set.published": PUBLISHED,
    "change_set.rolled_back": ROLLED_BACK,
    "change_set.discarded": DISCARDED,
}
MOST_DRAFTS = 500


def state_after(topic: str, before: str | None, *, is_approved: bool) -> str:
    """What state an event leaves a change set in; of a check or an approval, whether enough approve of it by then."""
    if topic in BECOMES:
        return BECOMES[topic]
    if topic in ("change_set.checked", "change_set.approved"):
        unapproved = CHECKED if topic == "change_set.checked" else str(before)
        return APPROVED if is_approved else unapproved
    # Another draft: what was checked or approved is not this any more.
    return DRAFT if before in (None, DRAFT) else PROPOSED


class ChangeSetEvent(PlacedEvent):
    def apply(self, aggregate: ChangeSet) -> None:
        is_approved = getattr(self, "is_approved", False)
        aggregate.state = state_after(self.TOPIC, aggregate.state, is_approved=is_approved)


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

    class RolledBack(ChangeSetEvent):
        TOPIC = "change_set.rolled_back"
        evidence: Document | None  # where the service did it by itself

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
        facts: dict[str, Any] = {"title": title, "description": description, "origin": origin}
        self.record(ChangeSet.Created, stamp=stamp, **place, **facts)

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
        self._require_drafts()
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
        self.require_open()
        self._require_drafts()
        self.record(ChangeSet.Published, stamp=stamp, **self.place)

    def roll_back(self, *, evidence: Document | None, stamp: Stamp) -> None:
        """What it brought was given back in this commit; it is not published again. Raises Conflict."""
        self.require_state(PUBLISHED)
        self.record(ChangeSet.RolledBack, stamp=stamp, **self.place, evidence=evidence)

    def discard(self, *, stamp: Stamp) -> None:
        """For good; the drafts stay readable. Raises Conflict."""
        self.require_open()
        self.record(ChangeSet.Discarded, stamp=stamp, **self.place)

    def _require_drafts(self) -> None:
        if not self.drafts:
            raise Conflict("this change set has no drafts: add what is to change first")


def release_scope(change_set: UUID) -> Scope:
    """Where the events of a change set stand, and its settings while they are rolled out step by step."""
    return Scope("release", str(change_set))
