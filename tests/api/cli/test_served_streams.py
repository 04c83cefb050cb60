"""Streams of servers that are programs of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.api.cli.conftest import Server, program
from tests.api.listening import Listening

AT_ONCE_SECONDS = 4.0  # a stream that nobody ends holds a server up for ten

Started = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture(autouse=True)
def nobody_listens() -> Iterator[None]:
    yield
    Listening.leave_all()


@pytest.fixture
def start() -> Iterator[Started]:
    """Starts servers; each is killed after the test."""
    with ExitStack() as stack:

        def started(*arguments: str, **settings: str) -> tuple[subprocess.Popen[str], str]:
            environment = {**os.environ, **settings}
            command = ("serve", "--port", "0", "--json", *arguments)
            process = stack.enter_context(program(*command, environment=environment))
            stack.callback(process.kill)
            assert process.stdout is not None
            return process, json.loads(process.stdout.readline())["address"]

        yield started


def change(address: str, scope: str) -> int:
    body = {"config_type": "chunking", "name": "n", "scope": scope, "config_data": {}}
    answer = httpx.post(f"{address}/api/runtime-configs/", json=body, trust_env=False)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["position"])


@pytest.mark.parametrize("path", ["/api/stream", "/ofrep/v1/events"])
def test_a_server_stops_at_once_though_somebody_listens(server: Server, path: str) -> None:
    listening = Listening(server.address, path=path)
    while listening.line():  # what a stream begins with
        continue
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < AT_ONCE_SECONDS
    assert list(listening.events()) == []


def test_several_processes_stop_at_once_though_somebody_listens(postgres_url: str, start: Started) -> None:
    process, address = start("--workers", "2", "--store", postgres_url)
    listening = [listener(address) for _ in range(6)]
    assert [one.event().event for one in listening] == ["reset"] * 6
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    assert time.monotonic() - began < AT_ONCE_SECONDS
    # A process that comes up beside another may hear of the definitions once more.
    assert {event.event for one in listening for event in one.events()} <= {"reset"}


def listener(address: str) -> Listening:
    """The processes of a server start after it has said where it listens."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return Listening(address)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_change_through_one_server_is_heard_at_the_other(postgres_url: str, start: Started) -> None:
    servers = [start("--store", postgres_url)[1] for _ in range(2)]
    listening = [Listening(address) for address in servers]
    assert [one.event().event for one in listening] == ["reset"] * 2
    for n, address in enumerate((*servers, *servers)):
        position = change(address, f"user:u-{n}")
        expected = {"position": position, "scopes": [f"user:u-{n}"], "types": ["chunking"]}
        assert [one.event().data for one in listening] == [expected] * 2


def test_more_streams_than_may_be_are_told_to_come_again(start: Started, folder: object) -> None:
    _, address = start("--store", f"sqlite:///{folder}/few.db", VARVE_STREAM_CLIENTS="1")
    assert Listening(address).event().event == "reset"
    refused = Listening(address).response
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert json.loads(refused.read())["code"] == "overloaded"
