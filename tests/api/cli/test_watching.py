"""`varve watch`, a program that listens to a server."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.api.cli.conftest import Server, Varve, program
from tests.api.cli.test_served_streams import change

Watching = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def watching() -> Iterator[Watching]:
    with ExitStack() as stack:

        def start(address: str, *options: str) -> subprocess.Popen[str]:
            process = stack.enter_context(program("watch", "--server", address, *options))
            stack.callback(process.kill)
            return process

        yield start


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


def test_changes_are_told_as_they_come_until_ctrl_c(server: Server, watching: Watching) -> None:
    people, programs = watching(server.address), watching(server.address, "--json")
    assert line_of(people).endswith("anything may be another (connected)")
    assert json.loads(line_of(programs))["event"] == "reset"
    position = change(server.address, "user:u-1")
    assert line_of(people) == f"{position}  chunking at user:u-1"
    expected = {"event": "changed", "position": position, "scopes": ["user:u-1"], "types": ["chunking"]}
    assert json.loads(line_of(programs)) == expected
    for process in (people, programs):
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_who_watches_finds_a_server_that_was_started_again(folder: object, watching: Watching) -> None:
    store = f"sqlite:///{folder}/again.db"
    command = ("serve", "--store", store, "--json")
    with program(*command, "--port", "0") as first:
        assert first.stdout is not None
        address = json.loads(first.stdout.readline())["address"]
        process = watching(address, "--json")
        assert json.loads(line_of(process))["event"] == "reset"
        first.send_signal(signal.SIGTERM)
        first.wait(20)
    with program(*command, "--port", address.rpartition(":")[2]) as second:
        assert second.stdout is not None
        second.stdout.readline()
        try:
            position = change(address, "user:u-2")
            told = json.loads(line_of(process))
            while told["position"] < position:
                told = json.loads(line_of(process))
            assert told["position"] == position
        finally:
            second.kill()


def test_what_is_refused_ends_it(server: Server, varve: Varve) -> None:
    done = varve("watch", "--server", server.address, "--environment", "nowhere")
    assert (done.code, done.out, "nowhere" in done.err) == (1, "", True)


def test_without_a_server_there_is_nothing_to_watch(varve: Varve, folder: object) -> None:
    assert varve("watch", "--server", "http://127.0.0.1:1").code == 3
    done = varve("watch", "--store", f"sqlite:///{folder}/mine.db")
    assert (done.code, "--server" in done.err) == (2, True)
