"""What applications report, on every store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from application.reports import (
    ConfigVersion,
    Failure,
    FailureFilter,
    Period,
    Place,
    SeenContext,
    Threshold,
    Usage,
    UsageFilter,
    UsedConfig,
)
from infrastructure.rebuilder import ViewRebuilder
from infrastructure.report_tables import HOUR_US as HOUR
from infrastructure.stores import OpenStore

CONFIG = UUID(int=7)
LLM = UsedConfig("llm", CONFIG, 7, "global")
EVERY_FAILURE, EVERY_RECORD = FailureFilter("production"), UsageFilter("production")


def failure(at_us: int = 1_000, **fields: Any) -> Failure:
    known: dict[str, Any] = {
        "id": uuid4(), "environment": "production", "config_type": "llm", "config_id": CONFIG, "version": 7,
        "layer": "global", "user_id": "u-1", "collection_id": None, "position": 12, "error": "E: e",
        "healed_by": None, "circuit": "closed", "at_us": at_us, "received_us": at_us, "reporter": "r", "counts": True,
    }  # fmt: skip
    return Failure(**{**known, **fields})


def record(request_id: str, at_us: int = 1_000, **fields: Any) -> Usage:
    known: dict[str, Any] = {
        "environment": "production", "request_id": request_id, "user_id": "u-1", "collection_id": None,
        "position": 12, "digest": "9f", "configs": (LLM, UsedConfig("chunking", None, None, "default")),
        "experiment": None, "variant": None, "outcome": "ok", "at_us": at_us, "received_us": at_us,
    }  # fmt: skip
    return Usage(**{**known, **fields})


def test_a_failure_is_told_as_it_was_reported(opened: OpenStore):
    given = failure(error="Fehler: \u202e\x1b[2J'; DROP TABLE varve_failures --", healed_by="application")
    opened.reports.add_failures([given])
    assert opened.reports.failures(EVERY_FAILURE, after=None, limit=10).items == (given,)


def test_a_failure_that_is_reported_again_is_kept_once(opened: OpenStore):
    first, second = failure(), failure()
    assert opened.reports.add_failures([first, first]) == {first.id}
    assert opened.reports.add_failures([first, second]) == {second.id}
    assert len(opened.reports.failures(EVERY_FAILURE, after=None, limit=10).items) == 2


def test_a_request_that_is_reported_again_is_kept_once_with_its_first_configs(opened: OpenStore):
    again = record("r-1", configs=())
    assert opened.reports.add_usage([record("r-1"), again]) == 1
    assert opened.reports.add_usage([again, record("r-2")]) == 1
    found = opened.reports.usage(UsageFilter("production", request_id="r-1"), after=None, limit=10)
    assert found.items == (record("r-1"),)
    by_config = opened.reports.usage(UsageFilter("production", config_id=CONFIG), after=None, limit=10)
    assert by_config.items == (record("r-2"), record("r-1"))


def test_of_reports_that_come_twice_at_the_same_moment_one_is_kept(opened: OpenStore):
    failures, records = [failure() for _ in range(50)], [record(f"r-{n}") for n in range(50)]
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda _: len(opened.reports.add_failures(failures)), range(4)))
        used = list(pool.map(lambda _: opened.reports.add_usage(records), range(4)))
    assert (sum(added), sum(used)) == (50, 50)


def test_pages_join_without_gap_or_repeat_the_newest_first(opened: OpenStore):
    given = [failure(at_us) for at_us in (5, 3, 3, 9, 1, 3)]
    opened.reports.add_failures(given)
    found: list[Failure] = []
    after: Place | None = None
    while True:
        page = opened.reports.failures(EVERY_FAILURE, after=after, limit=2)
        found += page.items
        after = page.next
        if after is None:
            break
    assert [one.at_us for one in found] == [9, 5, 3, 3, 3, 1]
    assert {one.id for one in found} == {one.id for one in given}


@pytest.mark.parametrize(
    "other",
    [
        {"environment": "staging"},
        {"config_id": UUID(int=8)},
        {"version": 8},
        {"config_type": "chunking"},
        {"at_us": 999},
        {"at_us": 2_001},
    ],
)
def test_a_filter_leaves_out_what_differs_in_one_thing(opened: OpenStore, other: dict[str, Any]):
    wanted = failure(1_500)
    opened.reports.add_failures([failure(**{"at_us": 1_500, **other}), wanted])
    asked = FailureFilter("production", CONFIG, 7, "llm", Period(1_000, 2_000))
    assert opened.reports.failures(asked, after=None, limit=10).items == (wanted,)


@pytest.mark.parametrize(
    "other",
    [
        {"environment": "staging"},
        {"configs": (UsedConfig("llm", UUID(int=8), 7, "global"),)},
        {"configs": (UsedConfig("llm", CONFIG, 6, "global"),)},
        {"configs": (UsedConfig("chunking", CONFIG, 7, "global"),)},
        {"outcome": "failed"},
        {"user_id": None},
        {"at_us": 999},
    ],
)
def test_records_are_found_by_the_configs_that_had_a_part_in_them(opened: OpenStore, other: dict[str, Any]):
    wanted = record("r-1", 1_500)
    opened.reports.add_usage([record("r-2", **{"at_us": 1_500, **other}), wanted])
    asked = UsageFilter(
        "production", config_id=CONFIG, version=7, config_type="llm", outcome="ok", user_id="u-1", period=Period(1_000)
    )
    assert opened.reports.usage(asked, after=None, limit=10).items == (wanted,)


def test_records_are_found_by_a_type_of_which_a_config_had_a_part(opened: OpenStore):
    opened.reports.add_usage([record("r-1")])
    found = [
        opened.reports.usage(UsageFilter("production", config_type=name), after=None, limit=10).items
        for name in ("llm", "chunking")
    ]
    assert list(map(len, found)) == [1, 0]  # of chunking only the default had


def test_failures_are_summed_by_version_the_most_first(opened: OpenStore):
    opened.reports.add_failures(
        [
            failure(5, version=6, user_id=None),
            *(failure(10 + n, user_id=f"u-{n % 2}", healed_by="global" if n else None) for n in range(3)),
            failure(20, config_id=None, version=None, layer="environment"),
        ]
    )
    found = opened.reports.failing(EVERY_FAILURE, threshold=Threshold(2, 1), now_us=1_000_011, limit=2)
    assert found[0] == ("llm", CONFIG, 7, "global", 3, 2, 2, 10, 12, "E: e", True)
    assert found[1].config_id is None
    assert not found[1].is_over
    strict = opened.reports.failing(EVERY_FAILURE, threshold=Threshold(3, 1), now_us=1_000_011, limit=1)
    assert not strict[0].is_over  # of the three, two are within the second


def test_a_sum_is_one_of_the_newest_reports(opened: OpenStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("infrastructure.report_queries.SUMMED", 3)
    opened.reports.add_failures([failure(n, version=n) for n in range(1, 6)])
    found = opened.reports.failing(EVERY_FAILURE, threshold=Threshold(), now_us=9, limit=10)
    assert sorted(one.version or 0 for one in found) == [3, 4, 5]


def test_only_what_counts_and_is_recent_adds_up_to_an_alert(opened: OpenStore):
    opened.reports.add_failures(
        [
            failure(10, error="old"),
            failure(20),
            failure(30, error="New: n"),
            failure(40, counts=False),
            failure(40, environment="staging"),
            failure(40, version=8),
        ]
    )
    assert opened.reports.recent(ConfigVersion("production", CONFIG, 7), since_us=15) == (2, "New: n")
    assert opened.reports.recent(ConfigVersion("production", CONFIG, 9), since_us=0) == (0, "")


def test_what_is_old_is_forgotten_in_steps_and_nothing_else(opened: OpenStore):
    opened.reports.add_failures([failure(n) for n in range(10)])
    opened.reports.add_usage([record(f"r-{n}", n) for n in range(10)])
    assert [opened.reports.prune(before_us=8, limit=5) for _ in range(3)] == [10, 6, 0]
    assert [one.at_us for one in opened.reports.failures(EVERY_FAILURE, after=None, limit=10).items] == [9, 8]
    assert [one.at_us for one in opened.reports.usage(EVERY_RECORD, after=None, limit=10).items] == [9, 8]
    by_config = UsageFilter("production", config_id=CONFIG, version=7)
    assert len(opened.reports.usage(by_config, after=None, limit=10).items) == 2


def test_the_contexts_of_records_are_told_once_those_seen_last_first(opened: OpenStore):
    others = {"user_id": None, "collection_id": "c-9"}
    opened.reports.add_usage([record("r-1", HOUR), record("r-2", 2 * HOUR, **others), record("r-3", 2)])
    opened.reports.add_usage([record("r-4", 9 * HOUR, environment="staging", user_id="u-8")])
    first, second = SeenContext("u-1", None), SeenContext(None, "c-9")
    assert opened.reports.contexts_seen("production", since_us=0, limit=9) == (2, (second, first))
    opened.reports.add_usage([record("r-2", 5 * HOUR), record("r-1", 5 * HOUR)])  # repeats show nobody anew
    assert opened.reports.contexts_seen("production", since_us=3 * HOUR, limit=9) == (1, (second,))
    opened.reports.add_usage([record("r-5", 7 * HOUR), record("r-6", HOUR)])
    assert opened.reports.contexts_seen("production", since_us=0, limit=1) == (2, (first,))


def test_contexts_are_forgotten_with_their_records(opened: OpenStore):
    opened.reports.add_usage([record("r-1"), record("r-2", 5 * HOUR, user_id="u-2")])
    assert [opened.reports.prune(before_us=3 * HOUR, limit=5) for _ in range(2)] == [2, 0]
    assert opened.reports.contexts_seen("production", since_us=0, limit=9).newest == (SeenContext("u-2", None),)


def test_reports_outlive_the_process_and_a_rebuild_of_the_views(
    kept_url: str, open_another: Callable[[str], OpenStore]
):
    first = open_another(kept_url)
    first.reports.add_failures([failure()])
    first.follower.start()
    ViewRebuilder(first).rebuild()
    first.close()
    assert len(open_another(kept_url).reports.failures(EVERY_FAILURE, after=None, limit=10).items) == 1


def test_on_sqlite_they_are_in_a_file_of_their_own(tmp_path: Path, open_another: Callable[[str], OpenStore]):
    log = tmp_path / "varve.db"
    opened = open_another(f"sqlite:///{log}")
    before = log.stat().st_size
    opened.reports.add_failures([failure(error="e" * 500) for _ in range(1_000)])
    assert log.stat().st_size == before
    assert sum(path.stat().st_size for path in tmp_path.glob("varve.db-telemetry*")) > 500_000
