"""What is sent, and how it is signed."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError

from domain.errors import InvalidRequest
from domain.webhooks.event_types import checked_event_types, matches
from domain.webhooks.message import message
from domain.webhooks.signature import secret_of, signed_headers

OLD, NEW, OTHER = (secret_of(bytes([n]) * 32) for n in (1, 2, 3))
BODY = json.dumps({"type": "config.updated", "é": "ü"}, ensure_ascii=False).encode()


def event(**changes: Any) -> dict[str, Any]:
    found = {
        "position": 1077,
        "commit": {"first": 1077, "last": 1078, "recorded_at": "2026-11-20T10:00:00.000001Z"},
        "type": "config.updated",
        "stream_id": "0b9e8a52-6f0e-5d0a-9a53-0f7c2f0f7b11",
        "environment": "production",
        "scope": "collection:c-9",
        "actor": "u-2",
        "reason": "worse recall",
        "data": {"name": "contracts"},
    }
    return {**found, **changes}


@pytest.mark.parametrize("known", [OLD, NEW])
def test_a_receiver_knows_a_body_by_either_secret(known: str):
    headers = signed_headers("m-1", at_seconds=int(time.time()), body=BODY, secrets=(NEW, OLD))
    assert Receiver(known).verify(BODY, headers) == json.loads(BODY)


@pytest.mark.parametrize(
    ("secret", "body", "changes"),
    [
        (OTHER, BODY, {}),
        (NEW, BODY + b" ", {}),
        (NEW, BODY, {"webhook-id": "m-2"}),
        (NEW, BODY, {"webhook-timestamp": "1"}),
    ],
)
def test_a_receiver_refuses_what_was_not_signed_so(secret: str, body: bytes, changes: dict[str, str]):
    headers = signed_headers("m-1", at_seconds=int(time.time()), body=BODY, secrets=(NEW,))
    with pytest.raises(WebhookVerificationError):
        Receiver(secret).verify(body, {**headers, **changes})


def test_an_event_is_sent_as_a_cloud_event():
    sent = message("cloudevents", event(), source="/varve/log/1")
    assert sent == {
        "specversion": "1.0",
        "id": "1077",
        "source": "/varve/log/1",
        "type": "config.updated",
        "subject": "0b9e8a52-6f0e-5d0a-9a53-0f7c2f0f7b11",
        "time": "2026-11-20T10:00:00.000001Z",
        "datacontenttype": "application/json",
        "data": event(),
    }


@pytest.mark.parametrize("topic", ["webhook.created", "api_key.issued"])
def test_what_opens_doors_stays_here(topic: str):
    data = {"url": "https://hooks.example.com/T0/secret", "secret_sha256": "9f86", "secret": {}, "label": "l"}
    sent = message("cloudevents", event(type=topic, data=data), source="/")
    assert sent["data"]["data"] == {"label": "l"}


def test_slack_is_sent_one_line():
    assert message("slack", event(), source="/") == {
        "text": "*config.updated* contracts in production collection:c-9 by u-2: worse recall (position 1077)"
    }


def test_names_are_no_mentions_in_slack():
    told = message("slack", event(reason="<!channel> & co"), source="/")["text"]
    assert "&lt;!channel&gt; &amp; co" in told


@pytest.mark.parametrize("pattern", ["*", "config.*", "config.updated"])
def test_a_pattern_takes_events_of_its_kind(pattern: str):
    assert matches([pattern], "config.updated")


@pytest.mark.parametrize("pattern", ["config", "config.created", "config_type.*", "con*", "*.updated"])
def test_a_pattern_takes_no_others(pattern: str):
    assert not matches([pattern], "config.updated")


@pytest.mark.parametrize("patterns", [[], ["config.upated"], ["config"], ["con*"], ["", "*"], ["*"] * 51])
def test_patterns_that_no_event_has_are_refused(patterns: list[str]):
    with pytest.raises(InvalidRequest):
        checked_event_types(patterns)


def test_each_unknown_pattern_is_named_by_its_place():
    with pytest.raises(InvalidRequest) as refused:
        checked_event_types(["config.*", "confg.*", "x"])
    assert [fault.pointer for fault in refused.value.faults] == ["/event_types/1", "/event_types/2"]
