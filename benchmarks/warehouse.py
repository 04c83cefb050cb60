"""Results of an experiment from Parquet files: a fifth exposures, the rest outcomes of two metrics."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from application.measure_experiments import results_from
from domain.experiments.results import Question
from infrastructure.parquet import FILES, connection, quoted
from infrastructure.warehouse import warehouse

ROUNDS, MILLION = 3, 1_000_000
EXPERIMENT = UUID(int=1)
VARIANTS = [{"name": "control", "is_control": True}, {"name": "deep", "is_control": False}]
METRICS = [{"name": "accepted", "better": "higher", "kind": "rate"}, {"name": "latency_ms", "better": "lower"}]
ASKED = Question(EXPERIMENT, "production", VARIANTS, {"control": 0.5, "deep": 0.5}, METRICS, 0)
ROWS = {  # 1.5 users an exposure; times in microseconds
    "varve_exposures": f"""
        'production' AS environment, '{EXPERIMENT.hex}' AS experiment, 'u-' || (i % (n * 3 // 4)) AS user_id,
        if(hash(i % (n * 3 // 4)) % 2 = 0, 'deep', 'control') AS variant,
        i * 500_000 // 86_400_000_000 AS day, i * 500_000 AS at_us, at_us AS received_us""",
    "varve_outcomes": """
        uuid() AS id, 'production' AS environment, 'u-' || (hash(i) % (n * 3 // 16)) AS user_id,
        if(i % 2 = 0, 'accepted', 'latency_ms') AS metric, (hash(i * 3) % 1000)::DOUBLE / 1000 AS value,
        i * 125_000 AS at_us, at_us AS received_us""",
}


def make(folder: Path, millions: int) -> None:
    with connection() as database:
        for table, parts in (("varve_exposures", 2), ("varve_outcomes", 8)):
            count = millions * MILLION * parts // 10
            rows = f"(SELECT i, {count} AS n FROM range({count}) made(i))"
            to = quoted(folder / FILES[table])
            database.execute(f"COPY (SELECT {ROWS[table]} FROM {rows}) TO {to} (FORMAT parquet, COMPRESSION zstd)")


def seconds(do: Callable[[], object]) -> str:
    """By the clock, and of processors: others may be busy on this machine."""
    taken = []
    for _ in range(ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        do()
        taken.append((time.perf_counter() - began, time.process_time() - worked))
    by_clock, of_processors = (sorted(one) for one in zip(*taken, strict=True))
    least_most = f"{by_clock[0]:.1f}–{by_clock[-1]:.1f}"
    return f"{statistics.median(by_clock):.1f} ({least_most}) | {statistics.median(of_processors):.1f}"


def read_all(folder: Path) -> None:
    """The floor: every value is read once."""
    with connection() as database:
        for name in FILES.values():
            database.execute(f"SELECT max(COLUMNS(*)) FROM read_parquet({quoted(folder / name)})").fetchall()


def results(folder: Path) -> None:
    with warehouse(str(folder)) as sums:
        found = results_from(sums, ASKED)
    assert len(found.metrics) == len(METRICS)


def main(millions: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make(folder, millions)
        print(f"{millions} million rows, {len(METRICS)} metrics, seconds, median of {ROUNDS}")
        print("| | by the clock | of processors |")
        print(f"| results | {seconds(lambda: results(folder))} |")
        print(f"| reading the files once | {seconds(lambda: read_all(folder))} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
