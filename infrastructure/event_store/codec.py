"""Between an event and the bytes that are kept of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from eventsourcing.utils import resolve_topic

from domain.aggregate import DomainEvent

IDENTITY = ("originator_id", "originator_version")  # kept in columns of their own


class EventMapper(Mapper[UUID]):
    """JSON with the class version, without the fields that are at their default None.

    Old versions are brought up on the way back.
    """

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        assert isinstance(domain_event, DomainEvent)
        event_class = type(domain_event)
        fields = event_class.model_fields
        state: dict[str, Any] = {"class_version": event_class.class_version}
        state |= {
            name: value
            for name, value in vars(domain_event).items()
            if name not in IDENTITY and (value is not None or fields[name].is_required())
        }
        identity = (domain_event.originator_id, domain_event.originator_version)
        return StoredEvent(*identity, event_class.TOPIC, orjson.dumps(state))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEvent:
        event_class: type[DomainEvent] = resolve_topic(stored_event.topic)
        state = upcast(event_class, orjson.loads(stored_event.state))
        state["originator_id"] = stored_event.originator_id
        state["originator_version"] = stored_event.originator_version
        return event_class.model_validate(state)


def upcast(event_class: type[DomainEvent], state: dict[str, Any]) -> dict[str, Any]:
    """The payload in its newest version: each step is a static method `upcast_v1_v2(state)` of the event."""
    version = state.pop("class_version")
    while version < event_class.class_version:
        getattr(event_class, f"upcast_v{version}_v{version + 1}")(state)
        version += 1
    return state
