"""The checker can fail: each rule, broken in a log that is otherwise sound, is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.bootstrap import service
from application.edit_configs import Draft, created_id
from application.ports import Command
from application.use_cases import UseCases
from domain.configs.scope import GLOBAL, Scope
from domain.configs.slot import slot_id
from tests.faults.invariants import violations
from tests.faults.recorded_log import LoggedCommit, LoggedEvent, RecordedLog, log_in_memory
from tests.new_log import NEW_LOG

USER, COLLECTION = Scope("user", "u-1"), Scope("collection", "c-1")
OVERLAID = "question_generation"
Act = tuple[UUID, str, dict[str, Any]]  # stream, topic, facts
CARRIED = {"mode": "replace", "data": {}, "unset": [], "is_active": True, "type_version": 1}


@dataclass(frozen=True)
class Written:
    """A log, and the ids of what it tells of."""

    log: RecordedLog
    fast: UUID
    slow: UUID
    gone: UUID
    only: UUID
    roomy: UUID
    fitting: UUID

    def then(self, *acts: Act) -> RecordedLog:
        """The same log with one commit more."""
        events, newest, key = list(self.log.events), self.log.commits[-1], uuid4().hex
        marks = {"actor": "u-1", "command_id": key, "environment": "production", "scope": str(USER)}
        for stream, topic, facts in acts:
            version = 1 + sum(event.stream == stream.hex for event in events)
            events.append(LoggedEvent(events[-1].position + 1, stream.hex, version, topic, {**marks, **facts}))
        commit = LoggedCommit(newest.recorded_us + 1, newest.last + 1, events[-1].position, "u-1", key)
        return RecordedLog([*self.log.commits, commit], events)

    def with_event(self, at: int, **changes: Any) -> RecordedLog:
        events = list(self.log.events)
        events[at] = events[at]._replace(**changes)
        return replace(self.log, events=events)

    def with_commit(self, at: int, **changes: Any) -> RecordedLog:
        commits = list(self.log.commits)
        commits[at] = commits[at]._replace(**changes)
        return replace(self.log, commits=commits)


def write(cases: UseCases) -> Written:
    """A bit of everything that can happen to configs, through the use cases."""

    def create(name: str, scope: Scope, *, is_default: bool = True, config_type: str = "chunking", **data: Any) -> UUID:
        own = command()
        draft = Draft("production", scope, config_type, name, data, is_default=is_default)
        cases.edit_configs.create(draft, command=own)
        return created_id(own)

    fast, slow = create("fast", USER), create("slow", USER, is_default=False)
    gone = create("gone", USER, is_default=False)
    cases.edit_configs.delete(gone, command=command())
    cases.edit_configs.update(slow, {"name": "SLOW", "is_default": True}, command=command())
    cases.edit_configs.update(slow, {"is_default": True}, command=command())  # records nothing
    only = create("only", COLLECTION)
    roomy = create("roomy", GLOBAL, config_type=OVERLAID, max_question_length=500)
    fitting = create("fitting", USER, config_type=OVERLAID, min_question_length=300)
    return Written(log_in_memory(cases.store), fast, slow, gone, only, roomy, fitting)


def command() -> Command:
    return Command("u-1", uuid4().hex, "edit", b"")


def created(name: str, scope: Scope = USER, config_type: str = "chunking", **facts: Any) -> Act:
    """A config that no slot knows of."""
    place = {"scope": str(scope), "config_type": config_type, "name": name, "is_default": False}
    return uuid4(), "config.created", {**CARRIED, **place, **facts}


def updated(config_id: UUID, **facts: Any) -> Act:
    return config_id, "config.updated", {**CARRIED, **facts}


def of_slot(topic: str, **facts: Any) -> Act:
    return slot_id("production", USER, "chunking"), topic, facts


@pytest.fixture(scope="module")
def written():
    with service("memory:", variables={}) as opened:
        yield write(opened.use_cases)


BROKEN: dict[str, tuple[str, Callable[[Written], RecordedLog]]] = {
    "a position left out": (
        "positions are dense",
        lambda w: replace(w.log, events=[event for event in w.log.events if event.position != NEW_LOG + 3]),
    ),
    "a position given twice": ("positions are dense", lambda w: w.with_event(14, position=14)),
    "a commit row left out": (
        "commits are contiguous",
        lambda w: replace(w.log, commits=[*w.log.commits[:2], *w.log.commits[3:]]),
    ),
    "the last commit row left out": ("commits are contiguous", lambda w: replace(w.log, commits=w.log.commits[:-1])),
    "commits that overlap": ("commits are contiguous", lambda w: w.with_commit(2, first=w.log.commits[1].last)),
    "a recorded time given twice": (
        "recorded times increase",
        lambda w: w.with_commit(3, recorded_us=w.log.commits[2].recorded_us),
    ),
    "a time before its predecessor's": (
        "recorded times increase",
        lambda w: w.with_commit(3, recorded_us=w.log.commits[0].recorded_us),
    ),
    "a version left out": ("stream versions are contiguous", lambda w: w.with_event(-1, version=7)),
    "a command with two commits": (
        "a command is recorded once",
        lambda w: w.with_commit(3, command_id=w.log.commits[2].command_id),
    ),
    "an event in the commit of another command": (
        "events are of their commit's command",
        lambda w: w.with_event(-1, payload={**w.log.events[-1].payload, "command_id": "another"}),
    ),
    "two defaults": ("one default in a slot", lambda w: w.then(created("second", is_default=True))),
    "a default that the other did not give up": (
        "one default in a slot",
        lambda w: w.then(
            (w.fast, "config.default_changed", {"is_default": True}),
            of_slot("slot.default_assigned", config_id=str(w.fast)),
        ),
    ),
    "two configs in a collection's slot": (
        "one config in a collection's slot, its default",
        lambda w: w.then(created("second", COLLECTION)),
    ),
    "a collection's config that is no default": (
        "one config in a collection's slot, its default",
        lambda w: w.then((w.only, "config.default_changed", {"is_default": False})),
    ),
    "names that differ in case alone": ("names are unique in a slot", lambda w: w.then(created("FAST"))),
    "names that differ in form alone": ("names are unique in a slot", lambda w: w.then(created("\uff26ast"))),
    "a rename to a taken name": ("names are unique in a slot", lambda w: w.then(updated(w.slow, name="Fast"))),
    "a slot whose default is deleted": (
        "deleted configs are nowhere",
        lambda w: w.then(of_slot("slot.default_assigned", config_id=str(w.gone))),
    ),
    "a default deleted, and its slot not told": (
        "deleted configs are nowhere",
        lambda w: w.then((w.slow, "config.deleted", {}), of_slot("slot.name_released", name_key="slow")),
    ),
    "a deleted config whose name is not free": (
        "deleted configs are nowhere",
        lambda w: w.then(of_slot("slot.name_claimed", name_key="gone", config_id=str(w.gone))),
    ),
    "a deleted config that becomes a default": (
        "deleted configs are nowhere",
        lambda w: w.then((w.gone, "config.default_changed", {"is_default": True})),
    ),
    "a slot that lost a name": (
        "slots agree with configs",
        lambda w: w.then(of_slot("slot.name_released", name_key="fast")),
    ),
    "a slot that knows another default": (
        "slots agree with configs",
        lambda w: w.then(of_slot("slot.default_assigned", config_id=str(w.fast))),
    ),
    "a slot that knows no default": (
        "slots agree with configs",
        lambda w: w.then(of_slot("slot.default_assigned", config_id=None)),
    ),
    "a document that breaks its type's rule": (
        "documents are valid",
        lambda w: w.then(updated(w.slow, name="slow", data={"min_chunk_size": 300, "max_chunk_size": 200})),
    ),
    "a document beyond a bound": (
        "documents are valid",
        lambda w: w.then(updated(w.fitting, name="fitting", mode="overlay", data={"number_of_questions": 51})),
    ),
    "a document of a type version that never was": (
        "documents are valid",
        lambda w: w.then(updated(w.slow, name="slow", type_version=2)),
    ),
    "an overlay that does not fit over what is below": (
        "documents are valid",
        lambda w: w.then(updated(w.fitting, name="fitting", mode="overlay", data={"min_question_length": 500})),
    ),
    "a global overlay that does not fit over the defaults": (
        "documents are valid",
        lambda w: w.then(updated(w.roomy, name="roomy", mode="overlay", data={"max_question_length": 10})),
    ),
}  # fmt: skip


def test_a_sound_log_breaks_no_rule(written):
    assert violations(written.log) == []


def test_a_sound_log_has_commits_of_every_kind(written):
    topics = {event.topic for event in written.log.events}
    assert topics >= {f"config.{name}" for name in ("created", "updated", "deleted", "default_changed")}
    assert topics >= {f"slot.{name}" for name in ("opened", "name_claimed", "name_released", "default_assigned")}
    assert any(commit.first > commit.last for commit in written.log.commits)


@pytest.mark.parametrize(("rule", "doctored"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_named(written, rule, doctored):
    assert rule in {found.rule for found in violations(doctored(written))}


def test_an_overlay_that_no_longer_fits_after_a_change_below_is_left_to_healing(written):
    less = updated(written.roomy, name="roomy", mode="overlay", data={"max_question_length": 250})
    assert violations(written.then(less)) == []


def test_an_overlay_that_comes_into_force_must_fit_over_what_is_below_by_then(written):
    less = updated(written.roomy, name="roomy", mode="overlay", data={"max_question_length": 250})
    off = updated(written.fitting, name="fitting", mode="overlay", data={"min_question_length": 300}, is_active=False)
    on = updated(written.fitting, name="fitting", mode="overlay", data={"min_question_length": 300})
    switched_off = replace(written, log=written.then(less, off))
    assert violations(switched_off.log) == []
    assert {found.rule for found in violations(switched_off.then(on))} == {"documents are valid"}
