"""Events and the aggregates that they make: what `eventsourcing` needs of both, and nothing of its clock.

An aggregate starts empty, at version 0, and every event is applied to it, the first one too. State is replaced, never
changed in place, so that a copy of an aggregate costs one dict (`copied`).
"""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar, Self
from uuid import UUID, uuid5

import orjson
from eventsourcing.domain import OriginatorIDError, OriginatorVersionError
from eventsourcing.utils import register_topic
from pydantic import BaseModel, ConfigDict

from domain.stamp import Stamp

NAMESPACE = UUID("5f4b7a52-6f0e-5d0a-9a53-0f7c2f0f7b11")  # never changed: ids of streams are made from it


def stream_id(*key: str) -> UUID:
    """The id of the stream that this key names; the key is a canonical array, so ("a", "b") and ("a:b",) stay apart."""
    return uuid5(NAMESPACE, orjson.dumps(key).decode())


class DomainEvent(BaseModel):
    """A fact, in the past participle.

    Fields are JSON types; a new one is optional, or comes with a version and an upcast.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    TOPIC: ClassVar[str]
    AGGREGATE: ClassVar[type[Aggregate]]
    class_version: ClassVar[int] = 1

    originator_id: UUID
    originator_version: int
    actor: str
    command_id: str
    reason: str | None = None
    correlation_id: str | None = None
    caller_time: str | None = None

    def mutate(self, aggregate: Any) -> Any:
        """The aggregate with this event applied; None stands for one that has no events yet."""
        if aggregate is None:
            aggregate = self.AGGREGATE(self.originator_id)
        if aggregate.id != self.originator_id:
            raise OriginatorIDError(self.originator_id, aggregate.id)
        if self.originator_version != aggregate.version + 1:
            raise OriginatorVersionError(self.originator_version, aggregate.version + 1)
        self.apply(aggregate)
        aggregate.version = self.originator_version
        return aggregate

    def apply(self, aggregate: Any) -> None:
        """Change the aggregate's state. Never validates: history cannot be refused."""


class PlacedEvent(DomainEvent):
    """An event of something that stands at a scope in an environment.

    Each says where, so that the log can be read by place.
    """

    environment: str
    scope: str


class Aggregate:
    """A stream of events, and the state that they add up to."""

    TOPIC: ClassVar[str]
    EVENTS: ClassVar[tuple[type[DomainEvent], ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = tuple(e for e in vars(cls).values() if isinstance(e, type) and issubclass(e, DomainEvent))
        for event_class in own:
            event_class.AGGREGATE = cls
            register_topic(event_class.TOPIC, event_class)
        cls.EVENTS = own

    def __init__(self, stream: UUID) -> None:
        self.id = stream
        self.version = 0
        self.pending_events: list[DomainEvent] = []
        self.start()

    def start(self) -> None:
        """The state before the first event."""

    def record(self, event_class: type[DomainEvent], *, stamp: Stamp, **facts: Any) -> None:
        """Make the next event of this stream, apply it, and keep it to be stored."""
        event = event_class(originator_id=self.id, originator_version=self.version + 1, **stamp.facts(), **facts)
        event.mutate(self)
        self.pending_events.append(event)

    def collect_events(self) -> list[DomainEvent]:
        """What is to be stored; asked once."""
        collected, self.pending_events = self.pending_events, []
        return collected

    def copied(self) -> Self:
        """An aggregate in the same state, with nothing to be stored."""
        twin = copy(self)
        twin.pending_events = []
        return twin
