"""Events become bytes and events again; old bytes are brought up to date on the way."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import orjson
import pytest
from eventsourcing.persistence import StoredEvent
from pydantic import ValidationError

from domain.aggregate import Aggregate, DomainEvent
from domain.configs.config import Config
from domain.configs.slot import Slot
from infrastructure.event_store import codec
from infrastructure.event_store.codec import EventMapper, upcast

STREAM = UUID(int=1)
FACTS = {"originator_id": STREAM, "originator_version": 1, "actor": "u-1", "command_id": "c-1"}
PLACE = {"environment": "production", "scope": "global"}


def stored(event: DomainEvent) -> dict[str, Any]:
    state: dict[str, Any] = orjson.loads(EventMapper().to_stored_event(event).state)
    return state


def test_what_is_not_said_is_not_stored():
    assert stored(Config.Deleted(**FACTS, **PLACE)).keys() == {"class_version", "actor", "command_id", *PLACE}


def test_a_null_that_means_something_is_stored():
    assert stored(Slot.DefaultAssigned(**FACTS, **PLACE, config_id=None))["config_id"] is None


def test_what_is_in_columns_is_not_in_the_payload():
    assert not {"originator_id", "originator_version"} & stored(Config.Deleted(**FACTS, **PLACE)).keys()


def test_an_event_comes_back_as_it_went():
    event = Slot.NameClaimed(**FACTS, **PLACE, reason="why", name_key="größe", config_id=UUID(int=2))
    mapper = EventMapper()
    assert mapper.to_domain_event(mapper.to_stored_event(event)) == event


def test_a_payload_with_a_field_that_nobody_knows_is_not_read_as_if_it_were_whole():
    state = orjson.dumps({"class_version": 1, "actor": "u-1", "command_id": "c-1", **PLACE, "news": 1})
    with pytest.raises(ValidationError, match="news"):
        EventMapper().to_domain_event(StoredEvent(STREAM, 1, Config.Deleted.TOPIC, state))


class Counted(DomainEvent):
    """As it looks after two changes."""

    TOPIC = "test.counted"
    AGGREGATE = Aggregate
    class_version: ClassVar[int] = 3
    amount: int
    unit: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["amount"] = int(state.pop("text"))

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["unit"] = "characters"


@pytest.mark.parametrize(
    "state", [{"class_version": 1, "text": "7"}, {"class_version": 2, "amount": 7}], ids=["from 1", "from 2"]
)
def test_old_payloads_go_through_every_step_since(state: dict[str, Any]):
    assert upcast(Counted, state) == {"amount": 7, "unit": "characters"}


def test_an_old_event_is_read_as_the_newest_version(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(codec, "resolve_topic", {Counted.TOPIC: Counted}.__getitem__)
    state = orjson.dumps({"class_version": 1, "actor": "u-1", "command_id": "c-1", "text": "7"})
    event = EventMapper().to_domain_event(StoredEvent(STREAM, 1, Counted.TOPIC, state))
    assert (event.amount, event.unit) == (7, "characters")
