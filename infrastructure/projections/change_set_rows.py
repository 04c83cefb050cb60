"""From events of change sets to rows of their view."""

from __future__ import annotations

import msgspec

from application.change_set_views import ChangeSetRow
from application.ports import Commit, Recorded
from domain.releases.change_set import ChangeSet
from domain.releases.states import state_after
from domain.times import microseconds

END_WAITING = frozenset(
    event.TOPIC for event in (ChangeSet.Halted, ChangeSet.Published, ChangeSet.RolledBack, ChangeSet.Discarded)
)
TOPICS = frozenset(event.TOPIC for event in ChangeSet.EVENTS)


class Payload(msgspec.Struct):
    """The fields of all of these events together, as far as the view tells them."""

    actor: str
    environment: str
    title: str = ""
    is_approved: bool = False
    at: str | None = None
    percent: float = 0
    bake_minutes: float = 0


decode = msgspec.json.Decoder(Payload).decode


def next_change_set(before: ChangeSetRow | None, event: Recorded, commit: Commit) -> ChangeSetRow:
    """The row after this event."""
    payload = decode(event.state)
    state = state_after(event.topic, before and before.state, is_approved=payload.is_approved)
    if before is None:
        created = newest = (commit.recorded_us, payload.actor)
        id_, place = event.stream_hex, (payload.environment, payload.title)
    else:
        created, newest = (before.created_us, before.created_by), (commit.recorded_us, payload.actor)
        id_, place = before.id, (before.environment, before.title)
    return ChangeSetRow(
        id_, *place, state, event.version, *created, *newest, commit.last, _due(before, event, commit, payload)
    )


def _due(before: ChangeSetRow | None, event: Recorded, commit: Commit, payload: Payload) -> int | None:
    if event.topic == ChangeSet.Scheduled.TOPIC:
        return microseconds(payload.at or "")
    if event.topic == ChangeSet.Ramped.TOPIC:
        return commit.recorded_us + round(payload.bake_minutes * 60_000_000)
    return None if before is None or event.topic in END_WAITING else before.due_us
