"""One order for all: positions without gaps, times that only rise, and commits that are seen whole."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event

import psycopg
import pytest

from application.ports import Commit, Decision
from infrastructure.stores import OpenStore
from tests.contract.recording import changed, command, record

TOMORROW_US = 86_400_000_000


def all_commits(opened: OpenStore) -> list[Commit]:
    return list(opened.log.commits(after=0, limit=100_000))


def test_recorded_times_are_the_stores_clock(opened: OpenStore):
    before = time.time_ns() // 1000
    recorded_us = record(opened.log, "chunking").recorded_us
    assert before - 1_000_000 <= recorded_us <= time.time_ns() // 1000 + 1_000_000


def test_recorded_times_rise_also_when_the_clock_goes_back(
    opened: OpenStore, store_url: str, monkeypatch: pytest.MonkeyPatch
):
    now = time.time_ns()
    ahead = now // 1000 + TOMORROW_US
    if store_url.startswith("postgresql"):  # whose clock is its own: what it recorded may lie ahead of it all the same
        with psycopg.connect(store_url) as connection:
            connection.execute("INSERT INTO varve_commits VALUES (%s, 1, 0, 'u-1', 'c-0', 'test', '')", (ahead,))
    else:
        monkeypatch.setattr(time, "time_ns", lambda: ahead * 1000)
        opened.log.record(command(), Decision())
        monkeypatch.setattr(time, "time_ns", lambda: now)
    assert [record(opened.log, "chunking").recorded_us for _ in range(3)] == [ahead + 1, ahead + 2, ahead + 3]


def test_positions_and_times_of_many_writers_are_dense_and_rising(opened: OpenStore):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: [record(opened.log, f"type-{n}", 1 + n % 3) for _ in range(8)], range(8)))
    commits = all_commits(opened)
    assert len(commits) == 64
    assert commits[0].first == 1
    assert all(one.last + 1 == other.first and one.recorded_us < other.recorded_us for one, other in pairwise(commits))
    positions = [one.position for one in opened.log.events(first=1, last=commits[-1].last)]
    assert positions == list(range(1, commits[-1].last + 1))


def test_commits_that_hold_no_event_are_not_among_those_to_follow(opened: OpenStore):
    opened.log.record(command(), Decision())
    commit = record(opened.log, "chunking")
    opened.log.record(command(), Decision())
    assert all_commits(opened) == [commit]
    assert opened.log.commits(after=commit.last, limit=10) == []


def test_commits_are_read_on_from_a_position_a_part_at_a_time(opened: OpenStore):
    commits = [record(opened.log, "chunking", 2) for _ in range(5)]
    assert opened.log.commits(after=commits[1].last, limit=2) == commits[2:4]
    assert opened.log.commits(after=commits[2].first, limit=1) == [commits[2]]  # a commit is never split


def test_who_follows_never_sees_a_commit_without_all_of_its_events(opened: OpenStore):
    done = Event()
    with ThreadPoolExecutor(5) as pool:
        following = pool.submit(follow, opened, done)
        writers = [pool.submit(write, opened, f"type-{n}") for n in range(4)]
        for writer in writers:
            writer.result()
        done.set()
        assert following.result() == 4 * 10 * 4


def write(opened: OpenStore, name: str) -> None:
    for _ in range(10):
        opened.log.record(command(), Decision((changed(opened.log, name, 3), changed(opened.log, name + "-b"))))


def follow(opened: OpenStore, done: Event) -> int:
    """The position that it came to; every read must go on exactly where the last one ended."""
    position, last_round = 0, False
    while True:
        commits = opened.log.commits(after=position, limit=7)
        for commit in commits:
            assert commit.first == position + 1
            events = opened.log.events(first=commit.first, last=commit.last)
            assert [one.position for one in events] == list(range(commit.first, commit.last + 1))
            position = commit.last
        if not commits and last_round:
            return position
        last_round = done.is_set()
