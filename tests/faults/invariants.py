"""What must be true of a log at the end of every commit, whatever raced or was killed.

The fold here is the checker's own. It shares nothing with the views, nor with the aggregates that guard these rules.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from tests.faults.documents import what_is_wrong
from tests.faults.recorded_log import LoggedCommit, LoggedEvent, RecordedLog
from tests.faults.state import State, StoredConfig, StoredSlot


class Violation(NamedTuple):
    """A rule that is broken, and the position at which the log breaks it."""

    rule: str
    position: int
    detail: str


def violations(log: RecordedLog) -> list[Violation]:
    """Everything that is wrong with a log."""
    return [*_broken_rows(log), *_broken_states(log)]


# --------------------------------------------------------------------------------------------- of the log by itself


def _broken_rows(log: RecordedLog) -> Iterator[Violation]:
    yield from _gaps_between_positions(log)
    yield from _gaps_between_commits(log)
    yield from _times_that_stand_still(log)
    yield from _gaps_in_streams(log)
    yield from _commands_twice(log)


def _gaps_between_positions(log: RecordedLog) -> Iterator[Violation]:
    for expected, event in enumerate(log.events, start=1):
        if event.position != expected:
            yield Violation(
                "positions are dense", event.position, f"position {event.position} stands where {expected} should"
            )
            return


def _gaps_between_commits(log: RecordedLog) -> Iterator[Violation]:
    last = 0
    for commit in log.commits:
        if commit.first != last + 1 or commit.last < commit.first - 1:
            detail = f"a commit from {commit.first} to {commit.last} follows one that ends at {last}"
            yield Violation("commits are contiguous", commit.first, detail)
        last = commit.last
    if log.events and log.events[-1].position != last:
        detail = f"the last commit ends at {last}, the last event stands at {log.events[-1].position}"
        yield Violation("commits are contiguous", last, detail)


def _times_that_stand_still(log: RecordedLog) -> Iterator[Violation]:
    for before, after in pairwise(log.commits):
        if after.recorded_us <= before.recorded_us:
            detail = f"recorded at {after.recorded_us}, after {before.recorded_us}"
            yield Violation("recorded times increase", after.first, detail)


def _gaps_in_streams(log: RecordedLog) -> Iterator[Violation]:
    versions: Counter[str] = Counter()
    for event in log.events:
        if event.version != versions[event.stream] + 1:
            detail = f"stream {event.stream}: version {event.version} after {versions[event.stream]}"
            yield Violation("stream versions are contiguous", event.position, detail)
        versions[event.stream] = event.version


def _commands_twice(log: RecordedLog) -> Iterator[Violation]:
    seen = set()
    for commit in log.commits:
        key = commit.principal, commit.command_id
        if key in seen:
            yield Violation("a command is recorded once", commit.first, f"{key} is in the log twice")
        seen.add(key)


# ------------------------------------------------------------------------------------- of the configs it adds up to


@dataclass(frozen=True)
class Place:
    """A slot at the end of a commit: what it says of itself, and the configs that live there."""

    name: str
    is_collection: bool
    slot: StoredSlot
    living: dict[str, StoredConfig]
    touched: dict[str, StoredConfig]  # by the commit; deleted ones too


def _broken_states(log: RecordedLog) -> Iterator[Violation]:
    state, events = State(), iter(log.events)
    event = next(events, None)
    for commit in log.commits:
        while event is not None and event.position <= commit.last:
            yield from _strays(event, commit)
            state.apply(event)
            event = next(events, None)
        for place in _places(state):
            yield from (Violation(rule, commit.last, f"{place.name}: {detail}") for rule, detail in _broken(place))
        for config_id in state.touched:
            config = state.configs[config_id]
            faults = what_is_wrong(config, state)
            yield from (Violation("documents are valid", commit.last, f"{config_id}: {fault}") for fault in faults)
        state.end_commit()


def _strays(event: LoggedEvent, commit: LoggedCommit) -> Iterator[Violation]:
    payload = event.payload
    if (payload["actor"], payload["command_id"]) != (commit.principal, commit.command_id):
        detail = f"{event.topic} of command {payload['command_id']} lies in the commit of {commit.command_id}"
        yield Violation("events are of their commit's command", event.position, detail)


def _places(state: State) -> Iterator[Place]:
    for key in state.touched_slots:
        environment, scope, config_type = key
        touched = {name: state.configs[name] for name in state.touched if state.configs[name].slot == key}
        yield Place(
            f"{environment}/{scope}/{config_type}",
            scope.startswith("collection:"),
            state.slots.get(key, StoredSlot()),
            state.living[key],
            touched,
        )


def _broken(place: Place) -> Iterator[tuple[str, str]]:
    yield from _more_than_one_default(place)
    yield from _too_much_in_a_collection(place)
    yield from _names_taken_twice(place)
    yield from _deleted_and_still_there(place)
    yield from _slot_says_otherwise(place)


def _more_than_one_default(place: Place) -> Iterator[tuple[str, str]]:
    defaults = defaults_of(place)
    if len(defaults) > 1:
        yield "one default in a slot", f"defaults are {defaults}"


def _too_much_in_a_collection(place: Place) -> Iterator[tuple[str, str]]:
    rule = "one config in a collection's slot, its default"
    if place.is_collection and len(place.living) > 1:
        yield rule, f"there are {sorted(place.living)}"
    if place.is_collection and len(defaults_of(place)) < len(place.living):
        yield rule, f"of {sorted(place.living)} only {defaults_of(place)} are defaults"


def _names_taken_twice(place: Place) -> Iterator[tuple[str, str]]:
    for key, count in Counter(folded_name(config.name) for config in place.living.values()).items():
        if count > 1:
            yield "names are unique in a slot", f"{count} configs are called {key!r}"


def _deleted_and_still_there(place: Place) -> Iterator[tuple[str, str]]:
    rule = "deleted configs are nowhere"
    for config_id, config in place.touched.items():
        if not config.lives and config.is_default:
            yield rule, f"{config_id} is deleted, and a default"
    if place.slot.default is not None and place.slot.default not in place.living:
        yield rule, f"the slot's default {place.slot.default} does not live"
    for key, config_id in place.slot.names.items():
        if config_id not in place.living:
            yield rule, f"the name {key!r} is held by {config_id}, which does not live"


def _slot_says_otherwise(place: Place) -> Iterator[tuple[str, str]]:
    rule = "slots agree with configs"
    names = {folded_name(config.name): config_id for config_id, config in place.living.items()}
    if place.slot.names != names:
        yield rule, f"the slot has the names {place.slot.names}, its configs {names}"
    if ([place.slot.default] if place.slot.default else []) != defaults_of(place):
        yield rule, f"the slot's default is {place.slot.default}, its configs' {defaults_of(place)}"


def defaults_of(place: Place) -> list[str]:
    return sorted(config_id for config_id, config in place.living.items() if config.is_default)


def folded_name(name: str) -> str:
    """What two names have in common that a slot cannot tell apart."""
    return unicodedata.normalize("NFKC", name).casefold()
