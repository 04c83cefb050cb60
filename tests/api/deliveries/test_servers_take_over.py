"""Rebuilds, restores and other servers: nothing is lost, and nothing goes on by an old queue."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from application.deliver_webhooks import Patience
from infrastructure.backup import back_up, restore
from tests.api.conftest import Client, opened
from tests.api.deliveries.conftest import Open
from tests.api.deliveries.sending import WEBHOOKS, deliveries, in_time, made
from tests.receiver import Receiver


def test_a_rebuild_sends_nothing_again(client: Client, receiver: Receiver):
    webhook = made(client, receiver)
    client.create(is_default=False)
    in_time(client, webhook, 1, state="delivered")
    assert client.post("/api/projections/rebuild").status_code == 200
    client.create(is_default=False)
    in_time(client, webhook, 2, state="delivered")
    assert len(receiver.heard) == 2


def test_what_was_not_delivered_is_delivered_by_the_next_server(tmp_path: Path, open_service: Open, receiver: Receiver):
    url = f"sqlite:///{tmp_path / 'varve.db'}"
    with open_service(url) as client:
        webhook = made(client, receiver)
    with opened(url, secret_keys=tmp_path / "keys") as client:  # which delivers nothing
        client.create(is_default=False)
    assert receiver.heard == []
    with open_service(url) as client:
        in_time(client, webhook, 1, state="delivered")


def test_of_two_servers_one_delivers_and_the_other_takes_over(
    postgres_url: str, open_service: Open, receiver: Receiver
):
    with ExitStack() as leading:
        first = leading.enter_context(open_service(postgres_url))
        webhook = made(first, receiver)
        with open_service(postgres_url) as second:
            second.create(is_default=False)
            in_time(second, webhook, 1, state="delivered")
            leading.close()
            second.create(is_default=False)
            in_time(second, webhook, 2, state="delivered")
    assert len(receiver.heard) == 2


def test_a_restore_pauses_deliveries_until_they_are_resumed(tmp_path: Path, open_service: Open, receiver: Receiver):
    url, copy = (f"sqlite:///{tmp_path / name}.db" for name in ("varve", "copy"))
    with open_service(url) as client:
        webhook = made(client, receiver)
    back_up(url, tmp_path / "backup")
    restore(tmp_path / "backup", copy)
    with open_service(copy) as client:
        assert client.get(f"{WEBHOOKS}/status").json()["is_paused"]
        client.create(is_default=False)
        later = client.create(is_default=False)
        assert deliveries(client, webhook) == []
        standing = client.post(f"{WEBHOOKS}/resume", json={"after": later["position"] - 2}).json()
        assert not standing["is_paused"]
        (one,) = in_time(client, webhook, 1, state="delivered")
        assert one["subject"] == later["id"]
        client.create(is_default=False)
        in_time(client, webhook, 2, state="delivered")


def test_a_store_of_another_epoch_does_not_go_on_by_the_old_queue(
    tmp_path: Path, open_service: Open, receiver: Receiver
):
    receiver.answers = lambda _: (500, {}, [])
    url = f"sqlite:///{tmp_path / 'varve.db'}"
    with open_service(url) as client:
        webhook = made(client, receiver)
        client.create(is_default=False)
        (dead,) = in_time(client, webhook, 1, state="dead")
    back_up(url, tmp_path / "backup")
    for path in (tmp_path / name for name in ("varve.db", "varve.db-wal", "varve.db-shm")):
        path.unlink(missing_ok=True)
    restore(tmp_path / "backup", url)
    with open_service(url) as client:
        assert client.get(f"{WEBHOOKS}/status").json()["is_paused"]
        client.post(f"{WEBHOOKS}/resume", json={})
        refused = client.post(f"{WEBHOOKS}/{webhook['id']}/deliveries/{dead['id']}/redeliver")
        assert refused.status_code == 409
        assert "restored" in refused.json()["detail"]


def test_what_waits_for_the_last_webhook_is_given_up_when_that_is_deleted(open_service: Open, receiver: Receiver):
    receiver.answers = lambda _: (500, {}, [])
    with open_service("memory:", Patience([3600.0])) as client:
        webhook = made(client, receiver)
        client.create(is_default=False)
        receiver.hears(1)
        client.delete(f"{WEBHOOKS}/{webhook['id']}")
        outbox, deadline = client.service.use_cases.outbox, time.monotonic() + 30
        while outbox.backlog().waiting and time.monotonic() < deadline:
            time.sleep(0.02)
        (dead,) = outbox.page(UUID(webhook["id"]).hex, state="dead", before=None, limit=9)
        assert dead.answer == "the webhook was switched off before this was sent"
