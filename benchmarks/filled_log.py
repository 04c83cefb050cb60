"""A log of a given size, written straight into the store: configs of users and collections, changed again and again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import UUID

from application.ports import Commit
from domain.aggregate import Aggregate, DomainEvent, stream_id
from domain.configs.config import Config, name_key
from domain.configs.scope import Scope
from domain.configs.slot import Slot, slot_id
from domain.stamp import Stamp
from infrastructure.event_store.codec import EventMapper
from infrastructure.stores import OpenStore

COMMITS_A_WRITE = 2_000
CHANGES = 8  # of each config after its creation


def fill(opened: OpenStore, events: int, *, seed: int = 1) -> int:
    """Add about this many events, a commit for each command; the number added. The views do not follow meanwhile."""
    recorder, mapper = opened.log._recorder, EventMapper()
    newest = opened.log.newest()
    position, recorded_us = (newest.last, newest.recorded_us) if newest else (0, 0)
    added, rows, commits = 0, [], []
    for number, written in enumerate(commands(events, random.Random(seed), first=position)):
        first = position + 1
        for event in written:
            position += 1
            rows.append((position, mapper.to_stored_event(event)))
        recorded_us += 1_000
        commits.append(Commit(recorded_us, first, position, "bench", f"bench-{first}-{number}", "bench", b"0" * 32))
        if len(commits) == COMMITS_A_WRITE:
            added += _write(recorder, rows, commits)
    return added + _write(recorder, rows, commits)


def _write(recorder: object, rows: list[object], commits: list[object]) -> int:
    done = len(rows)
    if commits:
        with recorder.ordered() as transaction:  # type: ignore[attr-defined]
            recorder.look(transaction, [], [])  # type: ignore[attr-defined]
            recorder.write(transaction, list(rows), list(commits))  # type: ignore[attr-defined]
    rows.clear()
    commits.clear()
    return done


def commands(events: int, chance: random.Random, *, first: int) -> Iterator[list[DomainEvent]]:
    """The events of one command after another; configs are numbered from `first`."""
    told = 0
    number = first
    open_configs: list[Config] = []
    while told < events:
        if len(open_configs) < 1_000:
            written = created(number, chance, open_configs)
            number += 1
        else:
            written = changed(open_configs, chance)
        told += len(written)
        yield written


def created(number: int, chance: random.Random, open_configs: list[Config]) -> list[DomainEvent]:
    scope = Scope("user" if number % 2 else "collection", f"s-{number}")
    config, slot = Config(stream_id("bench", str(number))), Slot(slot_id("production", scope, "chunking"))
    stamp = stamped(config.id, 0)
    facts = {"environment": "production", "scope": str(scope), "config_type": "chunking"}
    config.create(
        stamp=stamp,
        **facts,
        type_version=1,
        name=f"config {number}",
        description=None,
        mode="replace",
        data=document(chance),
        unset=[],
        is_default=True,
        is_active=True,
    )
    slot.open(environment="production", scope=scope, config_type="chunking", stamp=stamp)
    slot.claim(name_key(config.name), config.id, stamp=stamp)
    slot.assign_default(config.id, stamp=stamp)
    open_configs.append(config)
    return collected(config, slot)


def changed(open_configs: list[Config], chance: random.Random) -> list[DomainEvent]:
    at = chance.randrange(len(open_configs))
    config = open_configs[at]
    config.update(type_version=1, stamp=stamped(config.id, config.version), data=document(chance))
    if config.version > CHANGES:
        open_configs.pop(at)
    return collected(config)


def collected(*aggregates: Aggregate) -> list[DomainEvent]:
    return [event for aggregate in aggregates for event in aggregate.collect_events()]


def stamped(stream: UUID, version: int) -> Stamp:
    return Stamp("user@example.org", f"{stream}-{version}", "tuned after the evaluation of last week")


def document(chance: random.Random) -> dict[str, object]:
    low = chance.randrange(100, 500)
    return {
        "strategy": chance.choice(["fixed", "semantic", "paragraph", "sentence"]),
        "min_chunk_size": low,
        "max_chunk_size": low + chance.randrange(100, 2_000),
        "chunk_overlap": chance.randrange(0, 90),
        "semantic_threshold": round(chance.random(), 3),
    }
