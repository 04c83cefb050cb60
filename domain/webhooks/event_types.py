"""Which events are wanted: by their type, by the first part of it (`config.*`), or all of them (`*`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.aggregate import Aggregate
from domain.errors import Fault, InvalidRequest

EVERY = "*"
MOST = 50


def known_topics() -> list[str]:
    """The types of all events that there are."""
    return sorted(event.TOPIC for kind in Aggregate.__subclasses__() for event in kind.EVENTS)


def matches(patterns: Iterable[str], topic: str) -> bool:
    return not {EVERY, topic, f"{topic.partition('.')[0]}.*"}.isdisjoint(patterns)


def checked_event_types(patterns: Sequence[str]) -> list[str]:
    """Each once. Raises InvalidRequest for those that no event has, all named."""
    if not 1 <= len(patterns) <= MOST:
        message = f'event_types names 1 to {MOST} types of events, such as "config.updated", "config.*" or "*"'
        raise InvalidRequest.at("/event_types", message, "event_types")
    topics = known_topics()
    kinds = sorted({f"{topic.partition('.')[0]}.*" for topic in topics})
    faults = [
        Fault(
            f"/event_types/{place}",
            f"there are no events {one[:64]}: docs/events.md lists them, by kind there are {', '.join(kinds)}",
            "event_types",
        )
        for place, one in enumerate(patterns)
        if not any(matches([one], topic) for topic in topics)
    ]
    if faults:
        raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)
    return list(dict.fromkeys(patterns))
