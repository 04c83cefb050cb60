"""From a change to its receiver: signed, in order, again where it fails, and never a secret."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from application.deliver_webhooks import Patience
from tests.api.conftest import Client, queue
from tests.api.deliveries.conftest import Open
from tests.api.deliveries.sending import WEBHOOKS, deliveries, in_time, made
from tests.receiver import Receiver


def test_a_change_is_sent_as_a_signed_cloud_event(delivering: Client, receiver: Receiver):
    webhook = made(delivering, receiver)
    config = delivering.create(data={"max_chunk_size": 900}, reason="clauses were cut in half")
    ((headers, body),) = receiver.hears(1)
    event = Verifier(webhook["secret"]).verify(body, headers)
    assert event["type"] == "config.created"
    assert event["subject"] == config["id"]
    (recorded,) = delivering.get("/api/events?types=config.created").json()["items"]
    assert event["data"] == recorded
    assert headers["content-type"] == "application/cloudevents+json"
    (delivery,) = in_time(delivering, webhook, 1, state="delivered")
    assert delivery["id"] == headers["webhook-id"]
    assert (delivery["attempts"], delivery["status"], delivery["due_at"]) == (1, 204, None)


def test_what_fails_is_sent_again_with_its_id_and_holds_back_its_subject(delivering: Client, receiver: Receiver):
    receiver.answers = lambda number: (503 if number <= 2 else 204, {}, [b"later"])
    webhook = made(delivering, receiver)
    config = delivering.create(is_default=False)
    for text in ("a", "b", "c"):
        config = delivering.change(config, description=text)
    heard = receiver.hears(6)
    versions = [json.loads(body)["data"]["stream_version"] for _, body in heard]
    assert versions == [1, 1, 1, 2, 3, 4]
    assert len({headers["webhook-id"] for headers, _ in heard}) == 4
    found = in_time(delivering, webhook, 4, state="delivered")
    assert [one["attempts"] for one in found] == [1, 1, 1, 3]


def test_another_subject_does_not_wait_for_one_that_fails(client: Client, receiver: Receiver):
    stuck: list[str] = []

    def answers(number: int) -> Any:
        subject = json.loads(receiver.heard[number - 1][1])["subject"]
        stuck.append(subject) if not stuck else None
        return (503, {}, []) if subject == stuck[0] else (204, {}, [])

    receiver.answers = answers
    webhook = made(client, receiver)
    first = client.create(is_default=False)
    client.change(first, description="after it")
    receiver.hears(1)
    client.create(is_default=False)
    in_time(client, webhook, 1, state="delivered")


def test_what_fails_too_often_is_dead_and_can_be_sent_again(delivering: Client, receiver: Receiver):
    receiver.answers = lambda number: (500, {}, [b"too bad"]) if number <= 4 else (204, {}, [])
    webhook = made(delivering, receiver)
    delivering.create(is_default=False)
    (dead,) = in_time(delivering, webhook, 1, state="dead")
    assert (dead["attempts"], dead["status"], dead["answer"]) == (4, 500, "too bad")
    again = delivering.post(f"{WEBHOOKS}/{webhook['id']}/deliveries/{dead['id']}/redeliver")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    (delivered,) = in_time(delivering, webhook, 1, state="delivered")
    assert delivered["id"] == dead["id"]
    assert len({headers["webhook-id"] for headers, _ in receiver.hears(5)}) == 1


def test_a_receiver_that_is_gone_is_switched_off(delivering: Client, receiver: Receiver):
    receiver.answers = lambda _: (410, {}, [])
    webhook = made(delivering, receiver)
    config = delivering.create(is_default=False)
    receiver.hears(1)
    in_time(delivering, webhook, 1, state="dead")
    deadline = time.monotonic() + 30
    while (found := delivering.get(f"{WEBHOOKS}/{webhook['id']}").json())["is_active"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (found["is_active"], found["why_disabled"]) == (False, "its receiver answered 410 Gone")
    (event,) = delivering.get("/api/events?types=webhook.disabled").json()["items"]
    assert event["actor"] == "varve"
    delivering.change(config, description="nobody hears of it")
    (dead,) = deliveries(delivering, webhook)
    refused = delivering.post(f"{WEBHOOKS}/{webhook['id']}/deliveries/{dead['id']}/redeliver")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "switch it on" in refused.json()["detail"]
    on = delivering.put(f"{WEBHOOKS}/{webhook['id']}", json={"is_active": True}).json()
    assert (on["is_active"], on["why_disabled"]) == (True, None)


def test_a_receiver_that_fails_for_days_is_switched_off(open_service: Open, receiver: Receiver):
    receiver.answers = lambda _: (500, {}, [])
    with open_service("memory:", Patience([0.01] * 50, days=0.2 / 86_400)) as client:
        webhook = made(client, receiver)
        client.create(is_default=False)
        client.create(is_default=False)
        in_time(client, webhook, 2, state="dead")
        told = client.get(f"{WEBHOOKS}/{webhook['id']}").json()
        assert not told["is_active"]
        assert told["why_disabled"].startswith("nothing could be delivered for")


def test_only_what_is_asked_for_is_sent(client: Client, receiver: Receiver):
    client.post("/api/environments", json={"name": "staging"})
    here = made(client, receiver, event_types=["config.updated"])
    everywhere = made(client, receiver, environment=None, event_types=["*"])
    off = made(client, receiver, is_active=False, event_types=["*"])
    config = client.create(environment="staging", is_default=False)
    client.change(config, description="elsewhere")
    config = client.create(is_default=False)
    client.change(config, description="here")
    (one,) = in_time(client, here, 1, state="delivered")
    assert (one["event_type"], one["subject"]) == ("config.updated", config["id"])
    deadline = time.monotonic() + 30
    while deliveries(client, everywhere, state="waiting") and time.monotonic() < deadline:
        time.sleep(0.02)
    sent = [one["position"] for one in deliveries(client, everywhere, state="delivered")]
    assert sent == list(range(client.newest_position, everywhere["position"], -1))
    assert deliveries(client, off) == []


def test_a_secret_of_a_config_is_sent_as_its_placeholder(client: Client, receiver: Receiver):
    made(client, receiver)
    client.create("provider", {"api_key": "sk-letmein-0123456789", "base_url": "https://llm.example/v1"})
    ((_, body),) = receiver.hears(1)
    assert b'"commitment"' in body
    assert b"letmein" not in body
    assert b"ciphertext" not in body


def test_both_secrets_sign_for_a_day_and_the_old_one_at_once_no_more_where_so_asked(client: Client, receiver: Receiver):
    old = made(client, receiver)
    at = f"{WEBHOOKS}/{old['id']}"
    new = client.post(f"{at}/rotate-secret", json={}).json()
    client.create(is_default=False)
    ((headers, body),) = receiver.hears(1)
    assert Verifier(old["secret"]).verify(body, headers) == Verifier(new["secret"]).verify(body, headers)
    newest = client.post(f"{at}/rotate-secret", json={"overlap_seconds": 0}).json()
    client.create(is_default=False)
    headers, body = receiver.hears(2)[1]
    assert Verifier(newest["secret"]).verify(body, headers)
    assert len(headers["webhook-signature"].split()) == 1


def test_a_test_is_sent_at_once(client: Client, receiver: Receiver):
    receiver.answers = lambda number: (200, {}, [b"ok"]) if number == 1 else (401, {}, [b"who are you"])
    webhook = made(client, receiver, template="slack", is_active=False)
    told = client.post(f"{WEBHOOKS}/{webhook['id']}/test").json()
    assert (told["is_delivered"], told["status"], told["answer"]) == (True, 200, "ok")
    told = client.post(f"{WEBHOOKS}/{webhook['id']}/test").json()
    assert (told["is_delivered"], told["status"], told["answer"]) == (False, 401, "who are you")
    ((headers, body), _) = receiver.heard
    assert json.loads(body) == {"text": "*webhook.test* in production by varve (position 0)"}
    assert headers["content-type"] == "application/json"
    assert Verifier(webhook["secret"]).verify(body, headers)


def test_where_there_is_no_webhook_the_log_is_not_read(api: Client, monkeypatch: pytest.MonkeyPatch):
    queue(api)
    deliver = api.service.use_cases.deliver_webhooks
    with monkeypatch.context() as patch:
        patch.setattr(api.service.use_cases.store, "events", None)
        api.create(is_default=False)
        assert not deliver.plan()
    assert deliver.standing().position < api.newest_position  # nor is anything written


def test_the_place_in_the_log_is_kept_once_in_a_while_though_nobody_wants_anything(
    api: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("application.deliver_webhooks.FAR", 1)
    queue(api)
    api.create(is_default=False)
    queue(api)
    assert api.service.use_cases.deliver_webhooks.standing().position == api.newest_position


def test_a_large_log_is_queued_in_steps(client: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("application.deliver_webhooks.COMMITS_A_STEP", 2)
    monkeypatch.setattr("application.deliver_webhooks.EVENTS_A_STEP", 3)
    webhook = made(client, receiver)
    config = client.create(is_default=False)
    for text in "abcdef":
        config = client.change(config, description=text)
    in_time(client, webhook, 7, state="delivered")


def test_the_listing_is_paged(client: Client, receiver: Receiver):
    webhook = made(client, receiver)
    for _ in range(3):
        client.create(is_default=False)
    in_time(client, webhook, 3, state="delivered")
    page = client.get(f"{WEBHOOKS}/{webhook['id']}/deliveries?limit=2")
    assert [one["state"] for one in page.json()["items"]] == ["delivered"] * 2
    rest = client.get(page.headers["Link"].partition(">")[0].removeprefix("<")).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    refused = client.get(f"{WEBHOOKS}/{webhook['id']}/deliveries?cursor=x")
    assert refused.status_code == 400


def test_deliveries_are_counted(client: Client, receiver: Receiver):
    webhook = made(client, receiver)
    client.create(is_default=False)
    in_time(client, webhook, 1, state="delivered")
    told = client.get("/metrics").text
    assert 'varve_webhook_attempts_total{state="delivered"} 1.0' in told
    assert "varve_webhook_oldest_waiting_seconds" in told
