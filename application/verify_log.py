"""Whether the log is still what it was: every leaf is computed from its row again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from application.ports import EventStore
from application.prove_log import hashes_of, origin_of, size_of
from application.tiles import Tiles
from application.walk_log import END, Altered, Run, Walk
from domain.audit.checkpoint import Checkpoint, opened, public_key_of
from domain.audit.merkle import EMPTY_ROOT, Frontier
from domain.errors import InvalidRequest

Verdict = Literal["verified", "altered", "cannot_verify"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found.

    `size` counts leaves (events, and commits without any), `anchored` and `unanchored` the events that the checkpoint
    covers and those that it does not. `first_bad` is a position, where it can be told.
    """

    verdict: Verdict
    reason: str
    first_bad: int | None
    size: int
    events: int
    anchored: int
    unanchored: int
    root: bytes


@dataclass
class Evidence:
    """What one pass over the rows found, beside the leaf hashes that were kept."""

    frontier: Frontier = field(default_factory=Frontier)
    events: int = 0
    anchored: int = 0  # events, up to the checkpoint's size
    root_at: bytes | None = None  # the root at the checkpoint's size
    last: int = 0  # the position of the newest event
    altered: Altered | None = None  # where rows do not fit together
    differs: int | None = None  # the first position whose hash is not the one that was kept
    differs_index: int = 0

    def take(self, run: Run, at: int | None) -> None:
        """Count some leaves, and note the root of the first `at`."""
        size, count = self.frontier.size, len(run.hashes)
        if at is not None and size < at <= size + count:
            self.frontier.append(run.hashes[: at - size])
            self.root_at = self.frontier.root()
            self.anchored = self.events + (at - size) - bisect_left(run.empty, at - size)
            self.frontier.append(run.hashes[at - size :])
        else:
            self.frontier.append(run.hashes)
        self.events += count - len(run.empty)

    def compare(self, run: Run, kept: list[bytes]) -> None:
        """Note the first leaf that is not the one that was kept."""
        if self.differs is None and kept != run.hashes[: len(kept)]:
            index = next(n for n, (one, other) in enumerate(zip(kept, run.hashes, strict=False)) if one != other)
            empty = set(run.empty)
            before = self.last if index == 0 else run.positions[index - 1] - (index - 1 in empty)
            self.differs = min(run.positions[index], before + 1)  # one that is gone stood after the one before
            self.differs_index = self.frontier.size + index
        # not what the last commit says its last is: the event may be gone that stood there
        if run.positions:
            self.last = run.positions[-1] - (len(run.positions) - 1 in run.empty)


class VerifyLog:
    def __init__(self, store: EventStore, tiles: Tiles) -> None:
        self._store = store
        self._tiles = tiles

    def verify(self, *, checkpoint: str | None = None, key: bytes | None = None) -> Verified:
        """Compute every leaf from its row again, and hold it against what was kept and what the operator holds.

        `key` is the log's public key in PEM. Never raises for what is wrong with log, checkpoint or key: it says so.
        """
        held: Checkpoint | None = None
        lacking = "no checkpoint and no key were given" if checkpoint is None and key is None else ""
        if checkpoint is not None and key is not None:
            try:
                held = self._opened(checkpoint, key)
            except InvalidRequest as refusal:
                lacking = refusal.detail
        elif not lacking:
            lacking = "a checkpoint is only good with the key of its log, and a key with a checkpoint"
        evidence = self._pass(held.size if held else None)
        return judged(evidence, held, lacking)

    def _opened(self, checkpoint: str, key: bytes) -> Checkpoint:
        found = opened(checkpoint, public_key_of(key))
        origin = origin_of(self._store)
        if found.origin != origin:
            message = f"this is a checkpoint of {found.origin}, and the log is {origin}: take one of this log"
            raise InvalidRequest.at("/checkpoint", message, "another_log")
        return found

    def _pass(self, at: int | None) -> Evidence:
        evidence = Evidence(root_at=EMPTY_ROOT if at == 0 else None)
        kept = islice(self._kept(), size_of(self._tiles.newest()))  # those that come meanwhile are not waited for
        try:
            for run in Walk(self._store).runs():
                evidence.compare(run, list(islice(kept, len(run.hashes))))
                evidence.take(run, at)
        except Altered as altered:
            evidence.altered = altered
        if evidence.differs is None and next(kept, None) is not None:
            evidence.differs, evidence.differs_index = evidence.last + 1, evidence.frontier.size
        return evidence

    def _kept(self) -> Iterator[bytes]:
        """The leaf hashes that were kept, in order."""
        number = 0
        while tile := self._tiles.tile(number):
            yield from hashes_of(tile)
            number += 1


def judged(evidence: Evidence, held: Checkpoint | None, lacking: str) -> Verified:
    """What follows from the evidence; without a checkpoint that holds, nothing is ever verified."""
    verdict: Verdict = "verified"
    position, reason = None, "every row is what it was when the checkpoint was cut"
    if problems := list(_problems(evidence, held)):
        verdict = "altered"
        position, reason = min(problems, key=lambda one: END if one[0] is None else one[0])
    elif held is None:
        verdict, reason = "cannot_verify", lacking
    anchored = evidence.anchored if held else 0
    found = (evidence.frontier.size, evidence.events, anchored, evidence.events - anchored, evidence.frontier.root())
    return Verified(verdict, reason, position, *found)


def _problems(evidence: Evidence, held: Checkpoint | None) -> Iterator[tuple[int | None, str]]:
    size = evidence.frontier.size
    proven = held.size if held and evidence.root_at == held.root else 0
    if evidence.altered:
        yield evidence.altered.position, evidence.altered.reason
    if evidence.differs is not None and evidence.differs_index >= proven:
        yield evidence.differs, f"what is at position {evidence.differs} is not what was recorded there"
    if held and evidence.root_at != held.root and not evidence.altered:
        if size < held.size:
            message = f"the checkpoint covers {held.size} leaves, and the log has {size}: its end is gone"
            yield evidence.last + 1, message
        else:
            yield None, f"the first {held.size} leaves are not those of the checkpoint"
