"""Row 8: from the answer to a change until a client that knows it reads the new value, beside etcd's put → watch.

`python -m benchmarks.propagation STORE`. Varve's client reads its own memory all the time; etcd (etcd-server) is
asked and watched over HTTP, as its clients in other languages do; bare is an event on a stream, read off the socket.
Both tell before they answer, so ratios are to the time from etcd's request.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple

import varve
from benchmarks.servers import LOAD_CORE, SERVER_CORE, free_port, pinned, server
from benchmarks.streams import EVENT

CHANGES, ROUNDS = 250, 4
PATIENCE_SECONDS = 5.0
KEY = base64.b64encode(b"varve/u-1").decode()


class Took(NamedTuple):
    """Milliseconds from the request, and from its answer, until it is known."""

    from_request: float
    from_answer: float


Change = Callable[[int], Took]


class Watch:
    """A stream that a thread reads; `at` is when the last piece with the mark came."""

    def __init__(self, address: str, method: str, path: str, body: Any = None, *, mark: bytes) -> None:
        connection = HTTPConnection(address.removeprefix("http://"))
        connection.request(method, path, body=None if body is None else json.dumps(body))
        self._response = connection.getresponse()
        self._mark = mark
        self._came = threading.Event()
        self.at = 0.0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(HTTPException, OSError, ValueError):  # the server was stopped
            while piece := self._response.read1(65536):
                if self._mark in piece:
                    self.at = time.perf_counter()
                    self._came.set()

    def wait(self) -> float:
        if not self._came.wait(PATIENCE_SECONDS):
            raise RuntimeError("a change was not told")
        self._came.clear()
        return self.at


class Asker:
    """One connection, kept."""

    def __init__(self, address: str) -> None:
        self._connection = HTTPConnection(address.removeprefix("http://"))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, body=text, headers={"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        read = answer.read()
        if answer.status >= 400:
            raise RuntimeError(read.decode())
        return json.loads(read) if read else None


def of_varve(address: str, stack: ExitStack) -> Change:
    asker = Asker(address)
    body = {"scope": "user:u-1", "config_type": "chunking", "name": "mine", "config_data": {"max_chunk_size": 1000}}
    path = "/api/runtime-configs/" + asker.ask("POST", "/api/runtime-configs/", {**body, "is_default": True})["id"]
    client = stack.enter_context(varve.Client(address))
    if not client.wait_until_live(PATIENCE_SECONDS):
        raise RuntimeError("the client does not hear the stream")
    client.effective(user="u-1")

    def change(number: int) -> Took:
        value, answered = 1000 + number, list[float]()

        def ask() -> None:
            asker.ask("PUT", path, {"config_data": {"max_chunk_size": value}})
            answered.append(time.perf_counter())

        asked = time.perf_counter()
        asking = threading.Thread(target=ask)
        asking.start()
        while client.effective(user="u-1").chunking.max_chunk_size != value:
            time.sleep(0.0001)  # so that the client's own threads get their turn
            if time.perf_counter() - asked > PATIENCE_SECONDS:
                raise RuntimeError("a change was not read")
        known = time.perf_counter()
        asking.join()
        return took(asked, answered[0], known)

    return change


def of_watch(asker: Asker, watch: Watch, ask: Callable[[Asker, int], Any]) -> Change:
    def change(number: int) -> Took:
        asked = time.perf_counter()
        ask(asker, number)
        answered = time.perf_counter()
        return took(asked, answered, watch.wait())

    return change


def took(asked: float, answered: float, known: float) -> Took:
    return Took(1000 * (known - asked), 1000 * max(0.0, known - answered))


def of_etcd(address: str) -> Change:
    watch = Watch(address, "POST", "/v3/watch", {"create_request": {"key": KEY}}, mark=b'"kv"')

    def put(asker: Asker, number: int) -> None:
        value = base64.b64encode(str(number).encode()).decode()
        asker.ask("POST", "/v3/kv/put", {"key": KEY, "value": value})

    return of_watch(Asker(address), watch, put)


def of_bare(address: str) -> Change:
    watch = Watch(address, "GET", "/api/stream", mark=b"event: changed")
    return of_watch(Asker(address), watch, lambda asker, _: asker.ask("POST", "/"))


@contextmanager
def etcd() -> Iterator[str]:
    """One member, as durable as etcd is by itself."""
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        urls = ["--listen-client-urls", client, "--advertise-client-urls", client]
        peers = [
            "--listen-peer-urls",
            peer,
            "--initial-advertise-peer-urls",
            peer,
            "--initial-cluster",
            f"default={peer}",
        ]
        command = pinned(SERVER_CORE, "etcd", "--data-dir", folder, "--log-level", "error", *urls, *peers)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(client)
            yield client
        finally:
            process.terminate()
            process.wait()


def _await(address: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            Asker(address).ask("GET", "/health")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def report(found: dict[str, list[list[Took]]], store: str) -> None:
    print(
        f"propagation, {store.partition(':')[0]}, {ROUNDS} rounds of {CHANGES} changes each, interleaved; milliseconds"
    )
    base = [statistics.median(one.from_request for one in round_) for round_ in found["etcd, put → watch"]]
    for index, since in enumerate(("asked", "answered")):
        for name, rounds in found.items():
            every = sorted(one[index] for round_ in rounds for one in round_)
            medians = [statistics.median(one[index] for one in round_) for round_ in rounds]
            ratios = [one / other for one, other in zip(medians, base, strict=True)]
            ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} – {max(ratios):.2f})"
            p50, p99 = statistics.median(every), every[int(0.99 * len(every))]
            print(f"| {since} → known | {name} | p50 {p50:.2f} | p99 {p99:.2f} | {ratio} |")


def main(store: str) -> None:
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        event = Path(folder, "event")
        event.write_bytes(EVENT)
        changes = {
            "bare server-sent event": of_bare(
                stack.enter_context(server("benchmarks.serve_events", str(event))).address
            ),
            "etcd, put → watch": of_etcd(stack.enter_context(etcd())),
            "varve, change → read": of_varve(
                stack.enter_context(server("benchmarks.serve_varve", store)).address, stack
            ),
        }
        found: dict[str, list[list[Took]]] = {name: [] for name in changes}
        for round_ in range(ROUNDS):
            for name, change in changes.items():
                found[name].append([change(1 + round_ * CHANGES + n) for n in range(CHANGES)])
        report(found, store)


if __name__ == "__main__":
    main(sys.argv[1])
