"""A command over HTTP whose acknowledgement is lost, at every point of the server's talk with PostgreSQL.

The caller sends it again with the same Idempotency-Key until it is answered. Then it is in the log once, and the answer
is of what was recorded; and no command that had been recorded was ever answered 5xx.

    python -m tests.faults.lost_answers
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from tests.faults.cut_wire import FROM_DATABASE, TO_DATABASE, CutWire, cut_wire
from tests.faults.server import Server
from tests.postgres import PostgresServer
from tests.shared_postgres import fresh_database

MOST_POINTS = 60  # of one way; a conversation has fewer
ANSWERED_WITHIN_SECONDS = 30
SERVER_FAULT = 500


@dataclass
class Lost:
    """What came of it. `points`: where the wire was cut. `recorded`: cuts after which the command was in the log."""

    points: int = 0
    answered_at_once: int = 0
    refused: int = 0  # answered 503 first
    faults: list[str] = field(default_factory=list)


class Caller:
    """Sends one command again and again."""

    def __init__(self, client: httpx.Client, database: psycopg.Connection[Any]) -> None:
        self._client = client
        self._database = database

    def commits_of(self, key: str) -> int:
        row = self._database.execute("SELECT count(*) FROM varve_commits WHERE command_id = %s", [key]).fetchone()
        assert row is not None
        return int(row[0])

    def send(self, method: str, path: str, body: dict[str, Any], key: str) -> httpx.Response:
        return self._client.request(method, path, json=body, headers={"Idempotency-Key": key})

    def created(self) -> dict[str, Any]:
        """A config of its own for the next command."""
        *_, answer = self.until_answered("POST", "/api/runtime-configs/", body_of(uuid4().hex), uuid4().hex)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def until_answered(self, method: str, path: str, body: dict[str, Any], key: str) -> Iterator[httpx.Response]:
        """Each answer, up to the first that is not a fault of the server's."""
        deadline = time.monotonic() + ANSWERED_WITHIN_SECONDS
        while time.monotonic() < deadline:
            answer = self.send(method, path, body, key)
            yield answer
            if answer.status_code < SERVER_FAULT:
                return
            time.sleep(0.05)


def lose(wire: CutWire, caller: Caller, lost: Lost, *, every: int) -> None:
    """Cut at every point, of each way, before and after what goes there has arrived."""
    for way in (TO_DATABASE, FROM_DATABASE):
        for arrives in (False, True):
            for number in range(1, MOST_POINTS, every):
                config = caller.created()
                path = f"/api/runtime-configs/{config['id']}"
                cut, key = wire.cut(way, number, arrives=arrives), uuid4().hex
                at = f"{way}, piece {number}, {'arrived' if arrives else 'not arrived'}"
                answers = []
                for answer in caller.until_answered("PUT", path, {"description": at}, key):
                    answers.append(answer.status_code)
                    if answer.status_code >= SERVER_FAULT and caller.commits_of(key):
                        lost.faults.append(f"{at}: answered {answer.text} although it was recorded")
                if not cut.done:
                    break  # the conversation has no more points
                lost.points += 1
                lost.answered_at_once += len(answers) == 1
                lost.refused += len(answers) > 1
                lost.faults += [f"{at}: {fault}" for fault in faults_of(caller, answer, at, key)]


def faults_of(caller: Caller, answer: httpx.Response, description: str, key: str) -> Iterator[str]:
    """What is wrong with the last answer, and with the log."""
    found = answer.json()
    if answer.status_code != httpx.codes.OK or (found["version"], found["description"]) != (2, description):
        yield f"answered {answer.status_code} {answer.text[:200]}"
    if (times := caller.commits_of(key)) != 1:
        yield f"recorded {times} times"
    again = caller.send("PUT", answer.url.path, {"description": description}, key)
    if again.json() != found:
        yield f"answered otherwise when it was repeated: {again.text[:200]}"


def body_of(name: str) -> dict[str, Any]:
    return {"config_type": "chunking", "name": name, "config_data": {"max_chunk_size": 900}}


def run(url: str, *, every: int = 1) -> Lost:
    """Cut at every point, or at every so-manyth."""
    lost = Lost()
    with (
        cut_wire(url) as wire,
        Server(wire.url) as server,
        httpx.Client(base_url=server.address, trust_env=False, timeout=60) as client,
        psycopg.connect(url, autocommit=True) as database,
    ):
        lose(wire, Caller(client, database), lost, every=every)
    return lost


def main() -> int:
    with PostgresServer(durable=True) as server, fresh_database(server.url()) as url:
        lost = run(url)
    told = f"{lost.points} points; answered at once {lost.answered_at_once}, after 503 {lost.refused}"
    sys.stdout.write(f"{told}; faults {len(lost.faults)}\n")
    sys.stdout.writelines(f"  {fault}\n" for fault in lost.faults[:40])
    return 1 if lost.faults else 0


if __name__ == "__main__":
    sys.exit(main())
