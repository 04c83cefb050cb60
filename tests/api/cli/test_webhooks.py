"""webhooks add, list, test, deliveries, redeliver, rotate, on, off, remove, status, resume."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.server import Server
from tests.master_keys import key_file
from tests.receiver import Receiver, receiving

URL = "https://hooks.example.com/varve"


@pytest.fixture
def sealing(varve, folder: Path, monkeypatch):
    """The command line on a store of its own, with a master key."""
    monkeypatch.setenv("VARVE_SECRET_KEYS", str(key_file(folder / "keys", "m-1")))
    return varve


@pytest.fixture
def receiver(folder: Path) -> Iterator[Receiver]:
    with receiving(folder) as found:
        yield found


def test_a_webhook_is_added_switched_and_removed(sealing):
    added = sealing("webhooks", "add", URL, "config.*", "tag.named", "-e", "production")
    assert added.out.startswith("whsec_")
    (one,) = sealing("webhooks", "list", "--json").json["items"]
    assert one["event_types"] == ["config.*", "tag.named"]
    assert one["id"] in added.err
    assert sealing("webhooks", "rotate", one["id"]).out.startswith("whsec_")
    assert sealing("webhooks", "off", one["id"], "-r", "receiver moves").out == f"off: {URL}\n"
    assert "off" in sealing("webhooks", "list").out
    assert sealing("webhooks", "on", one["id"]).out == f"on: {URL}\n"
    assert sealing("webhooks", "remove", one["id"]).code == 0
    assert sealing("webhooks", "list", "--json").json["items"] == []
    gone = sealing("webhooks", "test", one["id"])
    assert (gone.code, gone.err.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("http://hooks.example.com/", "config.*"), "by https alone"),
        ((URL, "confg.*"), "there are no events confg.*"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(sealing, words, told):
    done = sealing("webhooks", "add", *words)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert told in done.err


def dead(varve, hook, *at):
    return varve("webhooks", "deliveries", hook, "--state", "dead", "--json", *at).json["items"]


def test_a_server_delivers_what_the_command_line_asks_for(sealing, folder: Path, receiver: Receiver, monkeypatch):
    receiver.answers = lambda number: (500, {}, [b"too bad"]) if number <= 2 else (200, {}, [b"ok"])
    variables = {"VARVE_WEBHOOK_ALLOW_PRIVATE": "true", "VARVE_WEBHOOK_CA_FILE": str(receiver.ca_file)}
    variables["VARVE_WEBHOOK_RETRY_SECONDS"] = "0.05"
    with Server(f"sqlite:///{folder / 'hooks.db'}", environment=variables) as server:
        at = ("--server", server.address)
        hook = sealing("webhooks", "add", receiver.url, "config.created", "--json", *at).json["id"]
        sealing("set", "global", "chunking", "max_chunk_size=800", *at)
        receiver.hears(2)
        deadline = time.monotonic() + 30
        while not dead(sealing, hook, *at) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "500 too bad" in sealing("webhooks", "deliveries", hook, *at).out
        assert sealing("webhooks", "redeliver", hook, *at).out == "1 will be sent again\n"
        receiver.hears(3)
        assert sealing("webhooks", "test", hook, *at).out.startswith("taken (200 in ")
        receiver.answers = lambda _: (401, {}, [b"who are you"])
        refused = sealing("webhooks", "test", hook, *at)
        assert (refused.code, "401" in refused.err, "who are you" in refused.err) == (1, True, True)
        assert "waiting" in sealing("webhooks", "status", *at).out
        assert sealing("webhooks", "resume", *at).out.startswith("deliveries go on beyond ")
