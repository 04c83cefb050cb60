"""Row 10: building the views from position 0, beside the floor: decoding the same payloads and nothing else."""

from __future__ import annotations

import statistics
import sys
import time

import orjson

from benchmarks.filled_log import fill
from infrastructure.projections.rebuild import build
from infrastructure.rebuilder import ViewRebuilder
from infrastructure.stores import OpenStore, open_store

ROUNDS = 3
COMMITS_A_READ = 5_000


def decoded(opened: OpenStore) -> int:
    position = done = 0
    while commits := opened.log.commits(after=position, limit=COMMITS_A_READ):
        position = commits[-1].last
        for event in opened.log.events(first=commits[0].first, last=position):
            orjson.loads(event.state)
            done += 1
    return done


def rate(work: object, events: int) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return events / (time.perf_counter() - start)


def main(store: str, events: int) -> None:
    opened = open_store(store)
    try:
        added = fill(opened, events)
        opened.follower.wait_for(opened.log.newest().last, seconds=600)  # type: ignore[union-attr]
        floors, built = [], []
        for _ in range(ROUNDS):
            floors.append(rate(lambda: decoded(opened), added))
            built.append(rate(lambda: build(opened.log, opened.generations), added))
        compared = ViewRebuilder(opened).verify()
    finally:
        opened.close()
    ratios = [one / other for one, other in zip(built, floors, strict=True)]
    kind = store.partition(":")[0]
    print(f"rebuild of {added:,} events, {kind}, {ROUNDS} rounds, views equal a replay: {compared.equal}")
    print(f"| read and decode | {statistics.median(floors):,.0f} events/s | 1.00 |")
    spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
    print(f"| rebuild | {statistics.median(built):,.0f} events/s | {statistics.median(ratios):.2f} ({spread}) |")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200_000)
