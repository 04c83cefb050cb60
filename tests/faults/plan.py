"""Commands with known keys and known content, and a client that sends them: what a kill did to each can be told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

ACTOR = "killed"
STEPS = ("create", "update", "switch", "last")  # of every story
FIRST_REFUSAL, FIRST_SERVER_FAULT, UNAVAILABLE = 400, 500, 503
AGAIN_WITHIN_SECONDS = 60.0


class Planned(NamedTuple):
    """One command: a step in the story of one config. The key is the command's own, for ever."""

    story: str
    step: str
    number: int

    @property
    def key(self) -> str:
        return f"{self.story}/{self.step}"

    @property
    def deletes(self) -> bool:
        return self.step == "last" and self.number % 3 == 0


class Answer(NamedTuple):
    """All of an answer that a repeat must give again."""

    status: int
    position: str
    body: bytes


def plan(*, name: str, clients: int, commands: int) -> list[list[Planned]]:
    """So many commands in all, dealt out to clients; each tells its stories from the beginning."""
    stories = commands // (clients * len(STEPS))
    return [
        [Planned(f"{name}-{client}-{number}", step, number) for number in range(stories) for step in STEPS]
        for client in range(clients)
    ]


def survivors(plans: Sequence[Sequence[Planned]]) -> set[str]:
    """The names of the configs that are left when every command has been carried out."""
    every = {one.story for planned in plans for one in planned}
    return every - {one.story for planned in plans for one in planned if one.deletes}


@dataclass
class Client:
    """Sends its commands in order, one after the other.

    `answers` are those that acknowledge, by key. Every command of a plan can be carried out: none should be refused.
    """

    address: str
    planned: Sequence[Planned]
    acknowledged: Callable[[], None] = lambda: None
    answers: dict[str, Answer] = field(default_factory=dict)
    in_doubt: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)

    def send_until_cut_off(self) -> None:
        """Stop at the first command to which there is no answer, or none that tells what became of it."""
        with self._connected() as http:
            for one in self.planned:
                if not self._sent(http, one):
                    self.in_doubt.append(one.key)
                    return

    def send_all(self) -> None:
        """As a caller does who wants it done: what got no answer is sent again."""
        until = time.monotonic() + AGAIN_WITHIN_SECONDS
        with self._connected() as http:
            for one in self.planned:
                while not self._sent(http, one):
                    if time.monotonic() > until:
                        raise TimeoutError(f"{one.key} is not answered within {AGAIN_WITHIN_SECONDS:.0f} seconds")
                    time.sleep(0.05)

    def _connected(self) -> httpx.Client:
        return httpx.Client(base_url=f"{self.address}/api/runtime-configs", trust_env=False, timeout=30)

    def _sent(self, http: httpx.Client, one: Planned) -> bool:
        """Whether there is an answer that tells what became of it. The rest of a story is left out after a refusal."""
        if one.step != "create" and one.story not in self._ids:
            return True
        try:
            found = http.request(**self._request(one))
        except httpx.TransportError:
            return False
        if found.status_code >= FIRST_REFUSAL:
            if found.status_code != UNAVAILABLE:
                self.refused.append(f"{one.key} is refused: {found.status_code} {found.text[:200]}")
            return found.status_code < FIRST_SERVER_FAULT
        if one.step == "create":
            self._ids[one.story] = found.json()["id"]
        self.answers[one.key] = Answer(found.status_code, found.headers["varve-position"], found.content)
        self.acknowledged()
        return True

    def _request(self, one: Planned) -> dict[str, Any]:
        headers = {"Varve-Actor": ACTOR, "Idempotency-Key": one.key}
        if one.step == "create":
            return {"method": "POST", "url": "/", "headers": headers, "json": _first(one)}
        config = f"/{self._ids[one.story]}"
        if one.deletes:
            return {"method": "DELETE", "url": config, "headers": headers}
        change, path = _CHANGES[one.step]
        return {"method": "PUT", "url": config + path, "headers": headers, "json": change(one)}


def _first(one: Planned) -> dict[str, Any]:
    """Stories of all clients meet in a few slots; every other one takes the default from whoever has it."""
    return {
        "scope": "user",
        "user_id": f"u-{one.number % 3}",
        "config_type": "chunking",
        "name": one.story,
        "config_data": {"max_chunk_size": 400 + one.number},
        "is_default": one.number % 2 == 0,
    }


_CHANGES: dict[str, tuple[Callable[[Planned], dict[str, Any]], str]] = {
    "update": (lambda one: {"config_data": {"max_chunk_size": 1000 + one.number}, "description": one.story}, ""),
    "switch": (lambda _: {"is_default": True}, "/default"),
    "last": (lambda one: {"description": f"the end of {one.story}"}, ""),
}
