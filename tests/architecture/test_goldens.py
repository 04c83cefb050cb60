"""What was stored once is read for ever: one frozen payload for each version of each event."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent

from docs.pages.events import GOLDENS, event_classes, golden_file
from domain.aggregate import DomainEvent
from infrastructure.event_store.codec import EventMapper

STREAM, VERSION = UUID("0b9e7c52-6f0e-5d0a-9a53-0f7c2f0f7b11"), 3  # which the payload does not hold
SUMS = GOLDENS / "SHA256SUMS"
FILES = sorted(GOLDENS.glob("*.json"))
TOPICS = {
    "api_key.issued",
    "api_key.revoked",
    "assignment.assigned",
    "assignment.unassigned",
    "change_set.approved",
    "change_set.checked",
    "change_set.created",
    "change_set.discarded",
    "change_set.draft_removed",
    "change_set.drafted",
    "change_set.proposed",
    "change_set.halted",
    "change_set.published",
    "change_set.ramp_ended",
    "change_set.ramped",
    "change_set.rolled_back",
    "change_set.scheduled",
    "collection.owned",
    "config.created",
    "config.default_changed",
    "config.deleted",
    "config.updated",
    "config_type.defined",
    "environment.created",
    "environment.frozen",
    "environment.glass_broken",
    "environment.retired",
    "environment.revised",
    "environment.thawed",
    "evaluation.recorded",
    "health.alerted",
    "health.recovered",
    "health.revised",
    "experiment.concluded",
    "experiment.created",
    "experiment.paused",
    "experiment.revised",
    "experiment.started",
    "embedder.declared",
    "index.dropped",
    "index.progressed",
    "index.readied",
    "index.registered",
    "index.switched",
    "ladder.changed",
    "policy.deleted",
    "policy.set",
    "lock.approved",
    "lock.created",
    "lock.promoted",
    "lock.rolled_back",
    "lock.unlocked",
    "process.recorded",
    "profile.created",
    "profile.deleted",
    "profile.updated",
    "resolver.adopted",
    "serving.changed",
    "slot.default_assigned",
    "slot.name_claimed",
    "slot.name_released",
    "slot.opened",
    "tag.named",
    "webhook.created",
    "webhook.deleted",
    "webhook.disabled",
    "webhook.revised",
    "webhook.secret_rotated",
}


def read(name: str) -> dict[str, Any]:
    golden: dict[str, Any] = json.loads((GOLDENS / name).read_text(encoding="utf-8"))
    return golden


def decoded(golden: dict[str, Any]) -> DomainEvent:
    return EventMapper().to_domain_event(StoredEvent(STREAM, VERSION, golden["topic"], golden["stored"].encode()))


def test_the_topics_are_those_that_are_known():
    # A topic is stored for ever: it is added here with its event, and never renamed or taken away.
    assert {event.TOPIC for event in event_classes()} == TOPICS


def test_no_two_events_share_a_topic():
    assert len(event_classes()) == len(TOPICS)


def test_every_version_of_every_event_has_a_golden():
    wanted = {
        golden_file(event, version).name for event in event_classes() for version in range(1, event.class_version + 1)
    }
    assert {path.name for path in FILES} == wanted


@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_a_golden_is_read_as_the_event_that_it_was(name: str):
    """A field that came later is None."""
    golden = read(name)
    found = decoded(golden).model_dump(mode="json")
    later = {field for field in found.keys() - golden["event"].keys() if found[field] is None}
    assert {field: value for field, value in found.items() if field not in later} == golden["event"]


@pytest.mark.parametrize("event", event_classes(), ids=lambda event: event.TOPIC)
def test_the_newest_version_is_stored_in_the_same_bytes(event: type[DomainEvent]):
    golden = read(golden_file(event, event.class_version).name)
    assert EventMapper().to_stored_event(decoded(golden)).state.decode() == golden["stored"]


@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_a_golden_says_which_event_and_version_it_is(name: str):
    golden = read(name)
    assert name == f"{golden['topic']}.v{golden['class_version']}.json"
    assert json.loads(golden["stored"])["class_version"] == golden["class_version"]


def test_goldens_are_added_and_never_changed():
    frozen = {name: digest for digest, name in (line.split() for line in SUMS.read_text().splitlines())}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FILES}
    changed = sorted(name for name in frozen if found.get(name) != frozen[name])
    assert changed == [], (
        f"{', '.join(changed)}: logs hold payloads like these, and they must stay readable. Put the golden back;"
        " where an event's payload changes, raise its class_version, write an upcast, and add a golden for that version"
    )
    added = [f"{found[name]}  {name}" for name in sorted(found.keys() - frozen.keys())]
    assert added == [], "new goldens: add these lines to tests/golden/events/SHA256SUMS:\n" + "\n".join(added)
