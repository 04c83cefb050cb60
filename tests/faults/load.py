"""The load of the race: whoever runs it does at random what is most likely to collide.

    python -m tests.faults.load ADDRESS SECONDS THREADS SEED

is one client process of a race over HTTP; it answers with its counts in JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from threading import Thread

from domain.documents import Document
from tests.faults.doors import Door, HttpDoor, Known, Place, Refused

PLACES = tuple(
    Place(kind, id_, config_type)
    for kind, id_ in (("global", ""), ("user", "u-1"), ("collection", "c-1"), ("collection", "c-2"))
    for config_type in ("chunking", "question_generation")  # one that replaces, one that overlays
)
NAMES = ("fast", "Fast", "FAST", "ﬁne", "fine", "Fine", "straße", "STRASSE", "exact")  # five names, for a slot
NOTHING = Known("", 0)
ACCEPTED = "accepted"
EXPECTED = {ACCEPTED, "name_taken", "slot_taken", "not_found", "stale_version", "invalid_config", "conflict"}


def random_document(random: Random, config_type: str) -> Document:
    """One that often breaks a rule across fields: alone, or over what lies below it."""
    if config_type == "chunking":
        return {"min_chunk_size": random.choice((50, 100, 200)), "max_chunk_size": random.choice((150, 400, 900))}
    found: Document = {"number_of_questions": random.randint(1, 50)}
    if random.random() < 0.6:
        found["min_question_length"] = random.choice((5, 60, 120))
    if random.random() < 0.6:
        found["max_question_length"] = random.choice((50, 100, 300))
    return found


def is_of(refusal: Refused, known: Known) -> bool:
    """Whether a refusal speaks of the config that the command was about: another's absence must not stop it."""
    return refusal.code != "not_found" or (known != NOTHING and known.id in refusal.detail)


class Racer:
    """One caller that never waits. `results` counts by what it did and what it was told."""

    def __init__(self, door: Door, *, seed: int) -> None:
        self._door = door
        self._random = Random(seed)
        self._actions: list[Callable[[Place, Known], None]] = [
            *([self._create] * 4),
            *([self._rename] * 2),
            *([self._update] * 3),
            *([self._switch_default] * 4),
            *([self._switch_active] * 2),
            *([self._delete] * 3),
        ]
        self.results: Counter[str] = Counter()

    def race(self, *, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.results[self.once()] += 1

    def once(self) -> str:
        """One command; answers with what became of it."""
        place = self._random.choice(PLACES)
        there = self._door.configs(place)
        act = self._random.choice(self._actions) if there else self._create
        known = self._random.choice(there) if there else NOTHING
        try:
            act(place, known)
        except Refused as refusal:
            return (
                refusal.code
                if is_of(refusal, NOTHING if act == self._create else known)
                else f"misplaced {refusal.code}"
            )
        except Exception as error:  # noqa: BLE001 - whatever else there is to be told is a finding
            return f"raised {type(error).__name__}"
        return ACCEPTED

    def _create(self, place: Place, _: Known) -> None:
        facts: Document = {
            "name": self._random.choice(NAMES),
            "config_data": random_document(self._random, place.config_type),
            "is_active": self._random.random() < 0.8,
        }
        if place.kind != "collection":
            facts["is_default"] = self._random.random() < 0.6
        self._door.create(place, facts)

    def _rename(self, _: Place, known: Known) -> None:
        self._change(known, {"name": self._random.choice(NAMES)})

    def _update(self, place: Place, known: Known) -> None:
        self._change(known, {"config_data": random_document(self._random, place.config_type)})

    def _switch_default(self, _: Place, known: Known) -> None:
        self._change(known, {"is_default": self._random.random() < 0.8})

    def _switch_active(self, _: Place, known: Known) -> None:
        self._change(known, {"is_active": self._random.random() < 0.7})

    def _change(self, known: Known, facts: Document) -> None:
        self._door.change(known, facts, if_match=self._random.random() < 0.3)

    def _delete(self, _: Place, known: Known) -> None:
        self._door.delete(known, if_match=self._random.random() < 0.3)


def race(doors: list[Door], *, seconds: float, seed: int) -> Counter[str]:
    """One racer for each door, in a thread of its own; their results together."""
    racers = [Racer(door, seed=seed + n) for n, door in enumerate(doors)]
    threads = [Thread(target=racer.race, kwargs={"seconds": seconds}) for racer in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum((racer.results for racer in racers), Counter())


def main() -> None:
    address, seconds, threads, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    doors: list[Door] = [HttpDoor(address) for _ in range(threads)]
    json.dump(race(doors, seconds=seconds, seed=seed), sys.stdout)


if __name__ == "__main__":
    main()
