"""What a request can cost: each of a table of hostile ones against a real server, by its processor time and memory.

    python -m tests.faults.hostile [--only TEXT]

Prints the most expensive first. Ends with 1 where an answer is not the one that the table wants, or costs more than
100 ms of processor time. Imports that do very much may take longer: they are marked in the table.
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.faults.hostile_batches import BATCHES
from tests.faults.hostile_inputs import CONFIGS, TYPES, Hostile, rows
from tests.faults.hostile_reports import REPORTS
from tests.faults.server import Server

MAX_PROCESSOR_MS = 100.0
NO_LIMIT = {"VARVE_RATE_LIMIT": "0"}
PATIENCE_SECONDS = 20.0
SHOWN = 25


class Cost(NamedTuple):
    hostile: Hostile
    status: int | None  # None where the connection was reset before there was an answer
    problem: bool  # whether a refusal is told as problem details
    processor_ms: float
    memory_mib: float  # the peak, over what was held before

    @property
    def as_wanted(self) -> bool:
        """A server that closes while much is still being sent may be heard as a reset only."""
        reset = self.status is None and self.hostile.status in {413, 431}
        return reset or (self.status == self.hostile.status and (self.problem or self.status < 400))

    @property
    def cheap(self) -> bool:
        return self.hostile.large or self.processor_ms <= MAX_PROCESSOR_MS


class Target:
    """A server with what the hostile rows speak of."""

    def __init__(self, server: Server) -> None:
        self._server = server
        host, _, port = server.address.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        with httpx.Client(base_url=server.address, trust_env=False, timeout=30) as client:
            schema = {"type": "object", "properties": {}}
            client.put(f"{TYPES}open", json={"schema": schema}).raise_for_status()
            made = client.post(CONFIGS, json={"config_type": "open", "name": "n-0", "config_data": {}})
            self._config: str = made.raise_for_status().json()["id"]

    def ask(self, hostile: Hostile) -> Cost:
        request = self._written(hostile)
        self._forget_peak()
        memory, began = self._memory("VmRSS"), self._processor_ns()
        try:
            answer = self._answer(request)
        except TimeoutError:
            return self._given_up(hostile)
        spent, peak = self._processor_ns() - began, self._memory("VmHWM")
        head = answer.partition(b"\r\n\r\n")[0].lower()
        status = int(answer.split(b" ", 2)[1]) if answer else None
        problem = b"content-type: application/problem+json" in head
        return Cost(hostile, status, problem, spent / 1e6, max(0, peak - memory) / 1024)

    def _given_up(self, hostile: Hostile) -> Cost:
        self._server.kill()
        self._server.start()
        return Cost(hostile, None, problem=False, processor_ms=PATIENCE_SECONDS * 1000, memory_mib=0)

    def _written(self, hostile: Hostile) -> bytes:
        body = hostile.body()
        headers = {"Host": "127.0.0.1", "Connection": "close", **hostile.headers}
        if not headers.keys() & {"Content-Length", "Transfer-Encoding"}:
            headers["Content-Length"] = str(len(body))
        path = hostile.path.replace("{config}", self._config)
        lines = [f"{hostile.method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _answer(self, request: bytes) -> bytes:
        found = b""
        with socket.create_connection(self._address, timeout=PATIENCE_SECONDS) as connection:
            with suppress(ConnectionError):
                connection.sendall(request)
            with suppress(ConnectionError):
                while piece := connection.recv(65536):
                    found += piece
        return found

    def _processor_ns(self) -> int:
        """Of all its threads; the pools keep theirs for longer than this takes."""
        tasks = Path(f"/proc/{self._server.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())

    def _memory(self, name: str) -> int:
        """In KiB."""
        lines = Path(f"/proc/{self._server.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

    def _forget_peak(self) -> None:
        Path(f"/proc/{self._server.pid}/clear_refs").write_text("5")


def line(cost: Cost) -> str:
    mark = "  " if cost.as_wanted and cost.cheap else "! "
    told = "reset" if cost.status is None else str(cost.status)
    return f"{mark}{cost.processor_ms:9.1f} ms  {cost.memory_mib:7.1f} MiB  {told:>5}  {cost.hostile.what}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.hostile")
    parser.add_argument("--only", default="", help="rows that have this in their name")
    parser.add_argument("--all", action="store_true", help="print every row")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(f"sqlite:///{folder}/varve.db", environment=NO_LIMIT) as server,
    ):
        target = Target(server)
        costs = [
            target.ask(one) for one in (*rows(), *REPORTS, *BATCHES) if asked.only in one.what or one.method == "PUT"
        ]
    costs.sort(key=lambda cost: -cost.processor_ms)
    for place, cost in enumerate(costs):
        if asked.all or place < SHOWN or not cost.as_wanted:
            wanted = "" if cost.as_wanted else f"   (wanted {cost.hostile.status})"
            print(line(cost) + wanted, flush=True)  # noqa: T201
    highest = max(cost.processor_ms for cost in costs if not cost.hostile.large)
    print(f"{len(costs)} requests; highest processor time {highest:.0f} ms, without the imports that may take longer")  # noqa: T201
    sys.exit(not all(cost.as_wanted and cost.cheap for cost in costs))


if __name__ == "__main__":
    main()
