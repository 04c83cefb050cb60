"""The blackout: the service is killed while 8 threads and 100 tasks read, changed meanwhile, and started again.

    python -m client.tests.blackout            down for 60 s
    python -m client.tests.blackout --short    down for 2 s

Counts what the readers met: errors, and reads that were older than the service once the client said that it keeps up
again. Both must be 0; ends with 1 where one is not.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import varve
from client.tests.real import Varve, put, real_varve

THREADS, TASKS, USERS = 8, 100, 20
BEFORE_SECONDS, AFTER_SECONDS = 1.0, 1.0
LONG_SECONDS, SHORT_SECONDS = 60.0, 2.0
LIVE_WITHIN_SECONDS = 30.0
OLD, NEW = 11, 22


@dataclass
class Seen:
    """What the readers met."""

    reads: int = 0
    reads_while_down: int = 0
    stale_after: int = 0  # older than the service, although the client said that it keeps up
    errors: list[str] = field(default_factory=list)
    found_after_seconds: float = 0.0
    longest_read_seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.reads:,} reads, {self.reads_while_down:,} of them while the service was down (the longest took "
            f"{self.longest_read_seconds * 1000:.1f} ms): {len(self.errors)} errors, {self.stale_after} stale after "
            f"the client kept up again, which was {self.found_after_seconds:.2f} s after the service was ready"
        )


class Readers:
    """Threads and tasks that read until they are told to end. A read is `number_of_results` of some user."""

    def __init__(self, client: varve.Client) -> None:
        self.seen = Seen()
        self.is_down = False
        self.keeps_up = False
        self._client = client
        self._done = threading.Event()
        self._counting = threading.Lock()
        works: list[Callable[[], None]] = [self._read] * THREADS
        self._threads = [threading.Thread(target=work) for work in (*works, self._read_in_a_loop)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        turn = 0
        while not self._done.is_set():
            turn += 1
            keeps_up, began = self.keeps_up, time.monotonic()
            try:
                found = self._client.effective(user=f"u-{turn % USERS}").retrieval.number_of_results
            except Exception as error:  # noqa: BLE001 - this is what is counted
                self.seen.errors.append(repr(error))
                continue
            self._count(found, keeps_up=keeps_up, seconds=time.monotonic() - began)
            time.sleep(0.0005)

    def _read_in_a_loop(self) -> None:
        asyncio.run(self._read_together())

    async def _read_together(self) -> None:
        both = varve.AsyncClient(client=self._client)
        await asyncio.gather(*(self._read_as_a_task(both, number) for number in range(TASKS)))

    async def _read_as_a_task(self, both: varve.AsyncClient, number: int) -> None:
        while not self._done.is_set():
            keeps_up, began = self.keeps_up, time.monotonic()
            try:
                cfg = await both.effective(user=f"u-{number % USERS}")
                found = cfg.retrieval.number_of_results
            except Exception as error:  # noqa: BLE001 - this is what is counted
                self.seen.errors.append(repr(error))
                continue
            self._count(found, keeps_up=keeps_up, seconds=time.monotonic() - began)
            await asyncio.sleep(0.02)

    def _count(self, found: int, *, keeps_up: bool, seconds: float) -> None:
        with self._counting:
            self.seen.reads += 1
            self.seen.reads_while_down += self.is_down
            self.seen.stale_after += keeps_up and found != NEW
            self.seen.longest_read_seconds = max(self.seen.longest_read_seconds, seconds)


def blackout(service: Varve, client: varve.Client, *, seconds: float) -> Seen:
    for number in range(USERS):
        service.put(f"user:u-{number}", "retrieval", number_of_results=OLD)
    assert client.wait_until_live(LIVE_WITHIN_SECONDS)
    with Readers(client) as readers:
        time.sleep(BEFORE_SECONDS)
        service.server.kill()
        readers.is_down = True
        with service.elsewhere() as url:
            for number in range(USERS):
                put(url, f"user:u-{number}", "retrieval", number_of_results=NEW)
        time.sleep(seconds)
        assert client.state == "stale", client.state
        service.server.start()
        readers.is_down = False
        began = time.monotonic()
        if not client.wait_until_live(LIVE_WITHIN_SECONDS):
            readers.seen.errors.append("the client did not find the service again")
        readers.seen.found_after_seconds = time.monotonic() - began
        readers.keeps_up = True
        time.sleep(AFTER_SECONDS)
    return readers.seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="down for 2 s")
    seconds = SHORT_SECONDS if parser.parse_args().short else LONG_SECONDS
    with real_varve() as service, varve.Client(service.url) as client:
        seen = blackout(service, client, seconds=seconds)
    sys.stdout.write(f"down for {seconds:g} s: {seen}\n")
    for error in seen.errors[:20]:
        sys.stdout.write(f"  {error}\n")
    return 1 if seen.errors or seen.stale_after else 0


if __name__ == "__main__":
    sys.exit(main())
