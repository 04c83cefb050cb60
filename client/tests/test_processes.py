"""Forks."""

from __future__ import annotations

import json
import os
import threading
import traceback
from pathlib import Path

import varve
from client.tests.conftest import eventually

OPEN_FILES = Path("/proc/self/fd")


def connections_to(port: int) -> int:
    """How many connections to this port this process holds the client's end of."""
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    theirs = {f"socket:[{row[9]}]" for row in table if row[2].endswith(f":{port:04X}")}
    return sum(target_of(file) in theirs for file in OPEN_FILES.iterdir())


def target_of(file: Path) -> str:
    try:
        return str(file.readlink())
    except OSError:  # the one that lists the folder is gone by now
        return ""


def in_child(work) -> dict:
    """What `work` returns in a forked process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = work()
        except BaseException:  # noqa: BLE001 - the parent tells it
            said = {"error": traceback.format_exc()}
        os.write(writer, json.dumps(said).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert "error" not in said, said["error"]
    return said


def test_a_forked_process_keeps_the_values_and_keeps_up_by_itself(service, client):
    told: list[varve.Change] = []
    client.effective(user="u-0")
    client.subscribe(told.append)
    service.put("user:u-0", "llm", temperature=0.3)
    eventually(lambda: told)
    held = client.effective(user="u-1")

    def work():
        told.clear()
        same = client.effective(user="u-1") is held
        fresh = client.effective(user="u-2").llm.temperature
        is_live = client.wait_until_live(10)
        client.post("/ready", {})
        eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)
        eventually(lambda: told)
        threads = sorted(thread.name for thread in threading.enumerate())
        return {"same": same, "fresh": fresh, "is_live": is_live, "threads": threads}

    def change(request):
        request.answer(200, request.body())
        service.put("user:u-1", "llm", temperature=0.1)

    service.on_other = change
    said = in_child(work)
    assert (said["same"], said["fresh"], said["is_live"]) == (True, 0.7, True)
    assert {"varve-stream", "varve-fetch", "varve-callbacks"} <= set(said["threads"])
    eventually(lambda: client.effective(user="u-1").llm.temperature == 0.1)
    assert client.metrics()["reconnects"] == 0  # the child did not end the parent's stream


def test_a_process_may_fork_while_threads_read_and_answers_come_in(service, client):
    done = threading.Event()

    def busy(number):
        n = 0
        while not done.is_set():
            client.effective(user=f"u-{number}-{n % 50}")
            n += 1
            if n % 50 == 0:
                service.put("global", "llm", temperature=n % 7 / 10)

    threads = [threading.Thread(target=busy, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            said = in_child(lambda: {"model": client.effective(user="of-the-child").llm.model_id})
            assert said == {"model": "base"}
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_a_client_that_was_closed_may_be_forked(service, connect):
    client = connect()
    client.effective(user="u-1")
    client.close()
    assert in_child(lambda: {"model": client.effective(user="u-1").llm.model_id}) == {"model": "base"}


def test_the_connection_of_the_parent_is_let_go_of_by_the_child(service, client):
    """Otherwise the service would keep the stream of a parent that is gone for as long as there is a child."""
    assert client.wait_until_live(10)
    port = int(service.url.rpartition(":")[2])
    assert connections_to(port) > 0

    def work():
        client.close()
        eventually(lambda: connections_to(port) == 0)
        return {}

    in_child(work)
    assert connections_to(port) > 0  # those of the parent are its own still
