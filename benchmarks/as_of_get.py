"""Row 9: effective GET as of a position, beside the same GET for now, with 10⁴, 10⁵ and 10⁶ events behind them.

Both are of contexts never seen, over the same collections; the position is a random one. Interleaved rounds, server and
load on different cores; the table gives medians, and the ratio with its spread.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.filled_log import fill
from benchmarks.servers import MARKED, requests_per_second, served
from infrastructure.stores import open_store

ROUNDS = 5
SIZES = (10_000, 100_000, 1_000_000)
QUERY = "config_types=chunking&config_types=retrieval"
SCRIPT = """%s
local n = 0
request = function()
  n = n + 1
  local user, collection = n .. "-" .. mark, 2 * math.random(0, %d)
  local moment = %s
  local query = "?%s&collection_id=s-" .. collection .. moment
  return wrk.format("GET", "/api/runtime-configs/effective/u-" .. user .. query)
end
"""
NOW, THEN = '""', '"&position=" .. math.random(13, %d)'


def grown(store: str, events: int) -> tuple[int, int]:
    """Fill the store up to so many events; the newest position, and about how many configs there are."""
    opened = open_store(store)
    try:
        newest = opened.log.newest()
        fill(opened, events - (newest.last if newest else 0), seed=events)
        head = opened.log.newest().last  # type: ignore[union-attr]
        opened.follower.wait_for(head, seconds=1_800)
        return head, max(1_000, events // 12)
    finally:
        opened.close()


def main(store: str, sizes: tuple[int, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            with served("benchmarks.serve_varve", arguments=(store,)):
                pass  # defines the types, where the store is new
            head, configs = grown(store, size)
            scripts = {"now": NOW, "as of": THEN % head}
            for name, moment in scripts.items():
                Path(folder, name).write_text(SCRIPT % (MARKED, configs // 2, moment, QUERY))
            rounds: dict[str, list[float]] = {name: [] for name in scripts}
            with served("benchmarks.serve_varve", arguments=(store,)) as varve:
                for _ in range(ROUNDS):
                    for name in scripts:
                        rounds[name].append(requests_per_second(varve, script=Path(folder, name)))
            report(store, head, rounds)


def report(store: str, events: int, rounds: dict[str, list[float]]) -> None:
    ratios = [one / other for one, other in zip(rounds["as of"], rounds["now"], strict=True)]
    spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
    now, then = (statistics.median(rounds[name]) for name in ("now", "as of"))
    kind = store.partition(":")[0]
    rates = f"now {now:,.0f}/s | as of {then:,.0f}/s"
    print(f"| {kind}, {events:,} events | {rates} | {statistics.median(ratios):.2f} ({spread}) |")


if __name__ == "__main__":
    main(sys.argv[1], tuple(map(int, sys.argv[2:])) or SIZES)
