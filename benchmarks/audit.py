"""Row 11: replay of raw events up to a moment, and verification of the log, beside their floors.

The floors read the same rows: one decodes each payload, the other hashes each payload, and neither does anything else.
"""

from __future__ import annotations

import statistics
import sys
from hashlib import sha256

from application.prove_log import ProveLog
from application.replay import replayed
from application.verify_log import VerifyLog
from benchmarks.filled_log import fill
from benchmarks.rebuild import COMMITS_A_READ, decoded, rate
from infrastructure.stores import OpenStore, open_store

ROUNDS = 3


def hashed(opened: OpenStore) -> None:
    position = 0
    while commits := opened.log.commits(after=position, limit=COMMITS_A_READ):
        position = commits[-1].last
        for event in opened.log.events(first=commits[0].first, last=position):
            sha256(event.state).digest()


def main(store: str, events: int) -> None:
    opened = open_store(store)
    try:
        added = fill(opened, events)
        head = opened.log.newest().last  # type: ignore[union-attr]
        prove, verify = ProveLog(opened.log, opened.tiles), VerifyLog(opened.log, opened.tiles)
        grown = rate(prove.grow, added)
        works = {
            "read and decode": lambda: decoded(opened),
            "raw replay": lambda: replayed(opened.log, upto=head),
            "read and hash": lambda: hashed(opened),
            "verify": verify.verify,
        }
        rounds: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, work in works.items():
                rounds[name].append(rate(work, added))
    finally:
        opened.close()
    print(f"{added:,} events, {store.partition(':')[0]}, {ROUNDS} rounds; the tree grew by {grown:,.0f} events/s")
    for name, floor in (("raw replay", "read and decode"), ("verify", "read and hash")):
        ratios = [one / other for one, other in zip(rounds[name], rounds[floor], strict=True)]
        spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
        print(f"| {floor} | {statistics.median(rounds[floor]):,.0f} events/s | 1.00 |")
        print(
            f"| {name} | {statistics.median(rounds[name]):,.0f} events/s | {statistics.median(ratios):.2f} ({spread}) |"
        )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200_000)
