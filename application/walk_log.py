"""The log row by row, as leaves of its Merkle tree, and whether its rows fit together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import itemgetter
from struct import error as Unpackable  # noqa: N812 -- an exception, named as one
from typing import NamedTuple

from application.ports import Commit, EventStore, Recorded
from domain.audit.leaf import commit_leaf, commit_mark, event_hashes
from domain.audit.merkle import leaf_hash

COMMITS_A_READ = 1000
EVENTS_A_READ = 20_000
END = 2**63 - 1
UNREADABLE = (Unpackable, TypeError, ValueError, AttributeError)

position_of = itemgetter(0)


class Altered(Exception):
    """The rows do not fit together, first at `position`."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


class Place(NamedTuple):
    """A boundary between two commits: time and position of the one before."""

    recorded_us: int = -1
    position: int = 0


BEGINNING = Place()


class Run(NamedTuple):
    """Some leaves in their order, and where they end.

    For each leaf the recorded time of its commit, and the position of its event; for a commit without one, the position
    that an event of it would have had. `empty` are the indexes of such leaves.
    """

    hashes: list[bytes]
    positions: list[int]
    times: list[int]
    empty: list[int]
    upto: Place


class Walk:
    """One pass over the log, from its beginning or from between two commits."""

    def __init__(self, store: EventStore, *, after: Place = BEGINNING) -> None:
        self._store = store
        self._at = after
        self._versions: dict[str, int] | None = {} if after == BEGINNING else None  # followed from the beginning only

    def runs(self) -> Iterator[Run]:
        """Leaves up to the head of the log. Raises Altered, after the leaves before."""
        while True:
            commits = self._store.commit_rows(after_us=self._at.recorded_us, limit=COMMITS_A_READ)
            if not commits and not self._news():
                return
            self._require_numbers(commits)
            for part in _parts(commits):
                run, fault = self._run(part)
                yield run
                if fault:
                    raise fault

    def _require_numbers(self, commits: Sequence[Commit]) -> None:
        """SQLite keeps whatever is written into a column, a text among numbers too."""
        if any(type(number) is not int for commit in commits for number in commit[:3]):
            raise Altered(self._at.position + 1, f"a commit after position {self._at.position} is unreadable")

    def _news(self) -> bool:
        """Whether commits have come since one looked. Raises Altered for events that are in none."""
        beyond = self._store.events(first=self._at.position + 1, last=END)
        if not beyond:
            return False
        if self._store.commit_rows(after_us=self._at.recorded_us, limit=1):
            return True
        raise stray(beyond[0])

    def _run(self, commits: Sequence[Commit]) -> tuple[Run, Altered | None]:
        """The leaves of these commits, as far as they fit together, and where they do not."""
        run, fault = Run([], [], [], [], self._at), None
        events = self._store.events(first=self._at.position + 1, last=max(commit.last for commit in commits))
        done = 0
        try:
            for commit in commits:
                upto = bisect_right(events, commit.last, lo=done, key=position_of)
                self._add(run, commit, events[done:upto])
                done = upto
            if done < len(events):
                raise stray(events[done])
        except Altered as altered:
            fault = altered
        return run._replace(upto=self._at), fault

    def _add(self, run: Run, commit: Commit, held: Sequence[Recorded]) -> None:
        mark = self._mark(commit)
        if held and held[0].position < commit.first:
            raise stray(held[0])
        if not held and commit.first <= commit.last:
            raise Altered(commit.first, f"the commit of {commit.first} to {commit.last} has lost its events")
        try:
            hashes = event_hashes(mark, held)
        except UNREADABLE as error:
            raise Altered(held[0].position, f"an event from {held[0].position} on is unreadable") from error
        if not held:
            run.empty.append(len(run.hashes))
            hashes = [leaf_hash(commit_leaf(mark))]
        run.hashes.extend(hashes)
        run.positions.extend([event[0] for event in held] or [commit.first])
        run.times.extend([commit.recorded_us] * len(hashes))
        self._at = Place(commit.recorded_us, max(self._at.position, commit.last))
        self._follow_versions(held)

    def _mark(self, commit: Commit) -> bytes:
        at = self._at.position
        try:
            mark = commit_mark(commit)
        except UNREADABLE as error:
            raise Altered(at + 1, f"the commit after position {at} is unreadable") from error
        if commit.first <= at or commit.last < commit.first - 1:
            message = f"the commit of {commit.first} to {commit.last} does not follow position {at}"
            raise Altered(max(1, min(commit.first, at + 1)), message)
        return mark

    def _follow_versions(self, held: Sequence[Recorded]) -> None:
        versions = self._versions
        if versions is None:
            return
        for event in held:
            _, stream, version, _, _ = event
            if version != versions.get(stream, 0) + 1:
                reason = f"the event at {event.position} is version {version} of its stream"
                raise Altered(event.position, f"{reason}, after version {versions.get(stream, 0)}")
            versions[stream] = version


def stray(event: Recorded) -> Altered:
    return Altered(event.position, f"the event at {event.position} is in no commit")


def _parts(commits: Sequence[Commit]) -> Iterator[Sequence[Commit]]:
    """Runs of commits with no more events together than one reads at once, where that can be."""
    start, events = 0, 0
    for index, commit in enumerate(commits):
        span = max(0, commit.last - commit.first + 1)
        if events + span > EVENTS_A_READ and index > start:
            yield commits[start:index]
            start, events = index, 0
        events += span
    if start < len(commits):
        yield commits[start:]
