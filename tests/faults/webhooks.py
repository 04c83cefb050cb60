"""Deliveries while the receiver fails, hangs and restarts, and the server is killed: what was lost, or out of order.

    python -m tests.faults.webhooks STORE...             10,000 deliveries and 20 kills on each store
    python -m tests.faults.webhooks --short STORE...     200 deliveries and a kill

STORE is sqlite or postgresql; both where none is named. Imports change the same configs again and again, so that each
of them is a subject with many events. What the receiver took is compared with the log. Ends with 1 where an event was
lost or came before an earlier one of its subject.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

import httpx

from tests.faults.server import Server
from tests.master_keys import key_file
from tests.postgres import PostgresServer
from tests.receiver import Answer, Receiver, known_by, listening
from tests.shared_postgres import fresh_database

SUBJECTS, LONG_EVENTS, LONG_KILLS, SHORT_EVENTS, SHORT_KILLS = 100, 10_000, 20, 200, 1
FAILS, HANGS = 0.05, 0.002  # of the requests
HANGS_SECONDS = 1.0
PATIENCE_SECONDS = 120.0  # without anything new that is taken
RETRY_SECONDS = ",".join(["0.1", "0.3", *["1"] * 48])
TYPES = ("config.created", "config.updated")


class HungUp(Exception):
    """The receiver goes away without an answer."""


@dataclass
class Taken:
    """What the receiver took, by subject: versions of its stream, in the order in which they came."""

    random: Random
    versions: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    requests: int = 0
    total: int = 0
    mutex: Lock = field(default_factory=Lock)

    def take(self, body: bytes) -> Answer:
        with self.mutex:
            self.requests += 1
            chance = self.random.random()
            if chance > FAILS + HANGS:
                event = json.loads(body)
                self.versions[event["subject"]].append(event["data"]["stream_version"])
                self.total += 1
                return 204, {}, []
        if chance > HANGS:
            return self.random.choice((429, 500, 503)), {}, [b"come again"]
        time.sleep(HANGS_SECONDS)
        raise HungUp


@dataclass
class Outcome:
    store: str
    events: int = 0
    kills: int = 0
    restarts: int = 0
    requests: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        return self.events > 0 and self.lost == 0 and self.out_of_order == 0

    def __str__(self) -> str:
        rate = 100 * self.doubled / max(1, self.events)
        return (
            f"{self.store}: {self.events} events in {self.requests} requests, {self.kills} kills of the server,"
            f" {self.restarts} restarts of the receiver: lost {self.lost}, taken twice {self.doubled} ({rate:.2f} %),"
            f" before an earlier one of its subject {self.out_of_order} ({self.seconds:.0f} s)"
        )


class Trial:
    """One store, one receiver, and a server that is killed."""

    def __init__(self, store_url: str, folder: Path, *, seed: str) -> None:
        self.random = Random(seed)
        self.taken = Taken(Random(f"{seed}/receiver"))
        self._receiver = Receiver(0, folder / "authority.pem")
        self._receiver.answers = lambda number: self.taken.take(self._receiver.heard[number - 1][1])
        self._tls = known_by(self._receiver.ca_file)
        self._listening = listening(self._receiver, self._tls)
        variables = {
            "VARVE_SECRET_KEYS": str(key_file(folder / "keys", "m-1")),
            "VARVE_WEBHOOK_ALLOW_PRIVATE": "true",
            "VARVE_WEBHOOK_CA_FILE": str(self._receiver.ca_file),
            "VARVE_WEBHOOK_RETRY_SECONDS": RETRY_SECONDS,
        }
        self._server = Server(store_url, environment=variables).start()
        self._ask("POST", "/api/webhooks", {"event_types": list(TYPES), "url": self._receiver.url})

    def change(self, number: int) -> None:
        """Every config anew, in one commit."""
        configs = [
            {
                "environment": "production",
                "scope": f"user:u-{subject}",
                "config_type": "question_generation",
                "name": "n",
                "config_data": {"number_of_questions": 1 + number % 49},
                "is_default": True,
            }
            for subject in range(SUBJECTS)
        ]
        body = {"kind": "bundle", "bundle": {"varve_bundle": 1, "configs": configs}}
        self._ask("POST", "/api/imports", body, key=f"import-{number}")

    def kill(self) -> None:
        """Somewhere in what it does, and start it again."""
        time.sleep(self.random.random() * 0.7)
        self._server.kill()
        self._server.start()

    def restart_receiver(self) -> None:
        self._listening.shutdown()
        self._listening.server_close()
        time.sleep(0.2)
        self._listening = listening(self._receiver, self._tls)

    def await_all(self, events: int) -> None:
        """Until every event was taken, or nothing comes any more."""
        seen, since = -1, time.monotonic()
        while self._distinct() < events and time.monotonic() - since < PATIENCE_SECONDS:
            if self.taken.total != seen:
                seen, since = self.taken.total, time.monotonic()
            time.sleep(0.1)

    def _distinct(self) -> int:
        return sum(len(set(versions)) for versions in list(self.taken.versions.values()))

    def judge(self, outcome: Outcome) -> None:
        wanted: dict[str, list[int]] = defaultdict(list)
        for event in self._logged():
            wanted[event["stream_id"]].append(event["stream_version"])
        outcome.events = sum(map(len, wanted.values()))
        self.await_all(outcome.events)
        for subject, versions in wanted.items():
            first = list(dict.fromkeys(self.taken.versions[subject]))
            outcome.lost += len(set(versions) - set(first))
            outcome.out_of_order += first != sorted(first)
        outcome.requests = self.taken.requests
        outcome.doubled = self.taken.total - self._distinct()

    def _logged(self) -> Iterator[dict[str, Any]]:
        query = [("types", one) for one in TYPES]
        answer = httpx.get(
            f"{self._server.address}/api/events", params=[*query, ("format", "ndjson")], timeout=60, trust_env=False
        )
        return (json.loads(line) for line in answer.text.splitlines())

    def _ask(self, method: str, path: str, body: Any, *, key: str = "webhook") -> None:
        headers = {"Idempotency-Key": key}
        address = self._server.address + path
        httpx.request(method, address, json=body, headers=headers, timeout=60, trust_env=False).raise_for_status()

    def close(self) -> None:
        self._server.stop()
        self._listening.shutdown()
        self._listening.server_close()


def deliver(store: str, store_url: str, folder: Path, *, events: int, kills: int, seed: str = "1") -> Outcome:
    outcome, began, trial = Outcome(store), time.monotonic(), Trial(store_url, folder, seed=seed)
    try:
        rounds = max(1, events // SUBJECTS)
        for number in range(rounds):
            trial.change(number)
            while outcome.kills < kills * (number + 1) // rounds:
                trial.kill()
                outcome.kills += 1
            if number % 10 == 1:
                trial.restart_receiver()
                outcome.restarts += 1
        trial.judge(outcome)
    finally:
        trial.close()
    outcome.seconds = time.monotonic() - began
    return outcome


@contextmanager
def new_store(store: str, folder: Path) -> Iterator[str]:
    if store == "sqlite":
        yield f"sqlite:///{folder / 'varve.db'}"
        return
    with PostgresServer() as server, fresh_database(server.url()) as url:
        yield url


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("stores", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--short", action="store_true", help="200 deliveries and a kill")
    parser.add_argument("--seed", default="1")
    given = parser.parse_args()
    events, kills = (SHORT_EVENTS, SHORT_KILLS) if given.short else (LONG_EVENTS, LONG_KILLS)
    outcomes = []
    for store in given.stores:
        with tempfile.TemporaryDirectory() as name, new_store(store, Path(name)) as url:
            outcomes.append(deliver(store, url, Path(name), events=events, kills=kills, seed=given.seed))
            sys.stdout.write(f"{outcomes[-1]}\n")
            sys.stdout.flush()
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
