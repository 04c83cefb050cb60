"""A thousand slow clients of each kind, by slowhttptest, while somebody else asks a server whether it is ready.

    python -m tests.faults.slow_clients [--connections 1000] [--seconds 60]

Needs the program slowhttptest (a package of Debian). Prints a row for each kind. Ends with 1 where an answer to the
other took a second or more, or was none, or where slow connections are still there when all their times are over.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.faults.server import Server

KINDS = {
    "slow headers": ("-H", "-i", "3", "-x", "24", "-t", "GET", "-u", "{address}/health/live"),
    "slow body": (
        *("-B", "-i", "3", "-s", "8192", "-x", "10", "-f", "application/json"),
        *("-u", "{address}/api/runtime-configs/"),
    ),
    "slow read": (
        *("-X", "-w", "64", "-y", "128", "-n", "10", "-z", "8", "-k", "5"),
        *("-u", "{address}/openapi.json"),
    ),
}
POLL_SECONDS = 0.2
READY_SECONDS = 1.0  # slower than this is a fault
RATE = 250  # new connections a second
HEADS = ("kind", "connections", "polls", "median ms", "slowest ms", "not ready", "left over", "processor s")
WIDTHS = (14, 11, 6, 10, 11, 10, 10, 12)


class Polled(NamedTuple):
    """What the other client saw."""

    seconds: list[float]
    failed: int
    most_files: int


def attack(kind: str, server: Server, *, connections: int, seconds: int) -> subprocess.Popen[bytes]:
    options = [word.replace("{address}", server.address) for word in KINDS[kind]]
    size = ("-c", str(connections), "-r", str(RATE), "-l", str(seconds), "-p", "5", "-v", "0")
    return subprocess.Popen(["slowhttptest", *size, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def poll(server: Server, process: subprocess.Popen[bytes]) -> Polled:
    """Ask whether the server is ready, each time on a new connection, for as long as the attack lasts."""
    seconds, failed, most_files = [], 0, 0
    while process.poll() is None:
        began = time.monotonic()
        ready = is_ready(server)
        seconds.append(time.monotonic() - began)
        failed += not ready
        most_files = max(most_files, open_files(server))
        time.sleep(max(0.0, POLL_SECONDS - seconds[-1]))
    return Polled(seconds, failed, most_files)


def is_ready(server: Server) -> bool:
    host, _, port = server.address.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def open_files(server: Server) -> int:
    return sum(1 for _ in Path(f"/proc/{server.pid}/fd").iterdir())


def processor_seconds(server: Server) -> float:
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def attacked(kind: str, *, connections: int, seconds: int) -> tuple[tuple[str, ...], bool]:
    """A row of the table, and whether all is as it must be."""
    with tempfile.TemporaryDirectory() as folder, Server(f"sqlite:///{folder}/varve.db") as server:
        before, spent = open_files(server), processor_seconds(server)
        process = attack(kind, server, connections=connections, seconds=seconds)
        polled = poll(server, process)
        time.sleep(2)
        left = max(0, open_files(server) - before - 2)  # a poll's connection, and one to the database
        row = (
            kind,
            str(polled.most_files - before),
            str(len(polled.seconds)),
            f"{statistics.median(polled.seconds) * 1000:.1f}",
            f"{max(polled.seconds) * 1000:.1f}",
            str(polled.failed),
            str(left),
            f"{processor_seconds(server) - spent:.1f}",
        )
        return row, max(polled.seconds) < READY_SECONDS and not polled.failed and not left


def print_row(cells: tuple[str, ...]) -> None:
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)), flush=True)  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.slow_clients")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60, help="how long each kind goes on")
    asked = parser.parse_args()
    if shutil.which("slowhttptest") is None:
        sys.exit("slowhttptest is not installed: apt-get install slowhttptest")
    print_row(HEADS)
    sound = True
    for kind in KINDS:
        row, fine = attacked(kind, connections=asked.connections, seconds=asked.seconds)
        print_row(row)
        sound = sound and fine
    sys.exit(not sound)


if __name__ == "__main__":
    main()
