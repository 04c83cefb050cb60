"""The states of a change set, what leads to each, and what is possible in it."""

from __future__ import annotations

DRAFT, PROPOSED, CHECKED, APPROVED = "draft", "proposed", "checked", "approved"
PUBLISHED, ROLLED_BACK, DISCARDED = "published", "rolled_back", "discarded"
RAMPING = "ramping"
OPEN = (DRAFT, PROPOSED, CHECKED, APPROVED)
POSSIBLE = {
    DRAFT: "change its drafts, propose, check, publish or discard it",
    PROPOSED: "change its drafts, check, approve, publish or discard it",
    CHECKED: "change its drafts, approve, publish or discard it",
    APPROVED: "publish or discard it",
    RAMPING: "step it, or roll it back",
    PUBLISHED: "roll it back",
    ROLLED_BACK: "make a copy of it, which starts as a draft",
    DISCARDED: "make a copy of it, which starts as a draft",
}
BECOMES = {
    "change_set.created": DRAFT,
    "change_set.proposed": PROPOSED,
    "change_set.ramped": RAMPING,
    "change_set.published": PUBLISHED,
    "change_set.rolled_back": ROLLED_BACK,
    "change_set.discarded": DISCARDED,
}
LEAVE = frozenset({"change_set.scheduled", "change_set.halted", "change_set.ramp_ended"})


def state_after(topic: str, before: str | None, *, is_approved: bool) -> str:
    """What state an event leaves a change set in; of a check or an approval, whether enough approve of it by then."""
    if topic in BECOMES:
        return BECOMES[topic]
    if topic in ("change_set.checked", "change_set.approved"):
        unapproved = CHECKED if topic == "change_set.checked" else str(before)
        return APPROVED if is_approved else unapproved
    if topic in LEAVE:
        return str(before)
    # Another draft: what was checked or approved is not this any more.
    return DRAFT if before in (None, DRAFT) else PROPOSED
