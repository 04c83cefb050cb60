"""The log in memory: for tests and for trying things out. It is gone with the process."""

from __future__ import annotations

import os
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.popo import POPOApplicationRecorder
from typing_extensions import override

from application.ports import Commit, LogIdentity, Recorded
from infrastructure.event_store.committer import Committer
from infrastructure.event_store.decide import Key, Seen, stream_of


class MemoryRecorder(POPOApplicationRecorder):
    """The library's recorder of plain Python objects, with a commit log."""

    def __init__(self) -> None:
        super().__init__()
        self.committer = Committer(self)
        self._commits: list[Commit] = []
        self._by_key: dict[Key, Commit] = {}
        self._identity = LogIdentity(uuid4(), 1, os.urandom(32))

    @override
    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        raise TypeError("events are stored by the committer")

    @contextmanager
    def ordered(self) -> Iterator[None]:
        with self._database_lock:
            yield

    def look(self, _: None, streams: list[UUID], keys: list[Key]) -> Seen:
        versions = {stream: len(self._stored_events_index[str(stream)]) for stream in streams}
        known = {key: self._by_key[key] for key in keys if key in self._by_key}
        newest = self.newest()
        last, recorded_us = (newest.last, newest.recorded_us) if newest else (0, 0)
        return Seen(versions, known, last, recorded_us, time.time_ns() // 1000)

    def write(self, _: None, events: list[tuple[int, StoredEvent]], commits: list[Commit]) -> None:
        self._insert_events([event for _, event in events])
        self._commits += commits
        self._by_key.update((commit.key, commit) for commit in commits)

    def commit_of(self, key: Key) -> Commit | None:
        with self._database_lock:
            return self._by_key.get(key)

    def newest(self) -> Commit | None:
        with self._database_lock:
            return self._commits[-1] if self._commits else None

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def commit_at_time(self, recorded_us: int) -> Commit | None:
        with self._database_lock:
            at = bisect_right(self._commits, recorded_us, key=lambda commit: commit.recorded_us)
            return self._commits[at - 1] if at else None

    def commit_at_position(self, position: int) -> Commit | None:
        with self._database_lock:
            at = bisect_right(self._commits, position, key=lambda commit: commit.last)
            return self._commits[at - 1] if at else None

    def commits(self, after: int, limit: int) -> list[Commit]:
        with self._database_lock:
            start = bisect_right(self._commits, after, key=lambda commit: commit.last)
            return list(islice((c for c in self._commits[start:] if c.first <= c.last), limit))

    def commit_rows(self, after_us: int, limit: int) -> list[Commit]:
        with self._database_lock:
            start = bisect_right(self._commits, after_us, key=lambda commit: commit.recorded_us)
            return self._commits[start : start + limit]

    def events(self, first: int, last: int) -> list[Recorded]:
        with self._database_lock:
            found = self._stored_events[first - 1 : last]
        return [
            Recorded(first + n, stream_of(e).hex, e.originator_version, e.topic, e.state) for n, e in enumerate(found)
        ]

    def stream(self, stream: UUID) -> list[Recorded]:
        newest = self.newest()
        return [one for one in self.events(1, newest.last if newest else 0) if one.stream_hex == stream.hex]

    def identity(self) -> LogIdentity:
        return self._identity
