"""The log's Merkle tree: it grows with the log, and proves what is in it, and that it only ever grew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from application.ports import Commit, EventStore
from application.tiles import Tile, Tiles
from application.walk_log import BEGINNING, Place, Run, Walk
from domain.audit.checkpoint import Checkpoint
from domain.audit.leaf import commit_mark, event_leaf
from domain.audit.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Range,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root,
)
from domain.errors import Conflict, InvalidRequest, NotFound

LEAVES = 256  # of a tile


class Proof(NamedTuple):
    """An event's leaf, and the path that leads from its hash to the root of the first `size` leaves."""

    leaf_index: int
    size: int
    leaf: bytes
    path: list[bytes]
    root: bytes

    @property
    def leaf_hash(self) -> bytes:
        return leaf_hash(self.leaf)


class Consistency(NamedTuple):
    """The path that shows the tree of `second` leaves to begin with that of `first`."""

    first: int
    second: int
    first_root: bytes
    second_root: bytes
    path: list[bytes]


class ProveLog:
    def __init__(self, store: EventStore, tiles: Tiles) -> None:
        self._store = store
        self._tiles = tiles

    def grow(self) -> int:
        """Bring the tree up to the head of the log; how many leaves it has. Raises Altered: then it stays as it was."""
        newest = self._tiles.newest()
        after = BEGINNING if newest is None else Place(newest.upto_us, newest.upto_position)
        for run in Walk(self._store, after=after).runs():
            if made := list(tiles_of(newest, run)):
                self._tiles.put(made)
                newest = made[-1]
        return size_of(newest)

    def checkpoint(self, *, size: int | None = None) -> Checkpoint:
        """The tree as it is, or as it was with fewer leaves. Raises InvalidRequest for more than there are."""
        there = size_of(self._tiles.newest())
        wanted = there if size is None else size
        require_size(wanted, there, at="/size")
        return Checkpoint(origin_of(self._store), wanted, self._range()(0, wanted) if wanted else EMPTY_ROOT)

    def proof(self, position: int, *, size: int | None = None) -> Proof:
        """That an event is in the log, among its first `size` leaves.

        Raises NotFound where there is no such event, InvalidRequest where it comes after, Conflict where its row is not
        what it was.
        """
        there = self.grow()
        wanted = there if size is None else size
        require_size(wanted, there, at="/size")
        tile, found = self._tiles.holding(position), self._store.events(first=position, last=position)
        if tile is None or not found:
            raise NotFound(f"there is no event at position {position}")
        commit = self._store.commits(after=position - 1, limit=1)[0]
        index = tile.number * LEAVES + self._index_within(tile, commit, position)
        if index >= wanted:
            message = f"the event at {position} is leaf {index}: name a size beyond that"
            raise InvalidRequest.at("/size", message, "size")
        leaf, range_ = event_leaf(commit_mark(commit), found[0]), self._range()
        if range_(index, index + 1) != leaf_hash(leaf):
            raise Conflict(f"the event at {position} is not what it was when it was recorded: run varve audit verify")
        return Proof(index, wanted, leaf, inclusion_path(index, wanted, range_), range_(0, wanted))

    def consistency(self, first: int, second: int | None = None) -> Consistency:
        """That the tree only grew. Raises InvalidRequest for sizes that there never were."""
        there = self.grow()
        second = there if second is None else second
        require_size(second, there, at="/second")
        require_size(first, second, at="/first")
        range_ = self._range()
        roots = [range_(0, size) if size else EMPTY_ROOT for size in (first, second)]
        return Consistency(first, second, roots[0], roots[1], consistency_path(first, second, range_))

    def _index_within(self, tile: Tile, commit: Commit, position: int) -> int:
        """How many leaves the tile has before this event: those of its rows that come earlier."""
        rows = self._rows(tile.start_us, commit.recorded_us)
        empty = sum(row.first > row.last for row in rows)
        return empty + len(self._store.events(first=tile.start_position, last=position - 1))

    def _rows(self, from_us: int, to_us: int) -> Sequence[Commit]:
        found = self._store.commit_rows(after_us=from_us - 1, limit=LEAVES + 1)
        return [row for row in found if row.recorded_us < to_us]

    def _range(self) -> Range:
        """The root over any span of leaves that a proof asks for: of whole tiles, or of a part of one."""
        newest = self._tiles.newest()

        def root_of(start: int, end: int) -> bytes:
            first, last = start // LEAVES, (end - 1) // LEAVES
            if first == last:
                tile = newest if newest and newest.number == first else self._tiles.tile(first)
                assert tile is not None
                return root(hashes_of(tile)[start - first * LEAVES : end - first * LEAVES])
            whole = self._tiles.roots(first=first, end=end // LEAVES)
            rest = [root_of(end // LEAVES * LEAVES, end)] if end % LEAVES else []
            return root([*whole, *rest])

        return root_of


def origin_of(store: EventStore) -> str:
    """The log's name on its checkpoints."""
    return f"varve/{store.identity.log_id}"


def tiles_of(newest: Tile | None, run: Run) -> Iterator[Tile]:
    """The tiles that hold these leaves, after those that there are: the last one goes on while it is not full."""
    number, begun, start = 0, b"", None
    if newest is not None:
        full = len(newest.hashes) == LEAVES * HASH_BYTES
        number = newest.number + full
        if not full:
            begun, start = newest.hashes, (newest.start_us, newest.start_position)
    at = 0
    while at < len(run.hashes):
        taken = LEAVES - len(begun) // HASH_BYTES
        start = start or (run.times[at], run.positions[at])
        hashes = begun + b"".join(run.hashes[at : at + taken])
        yield Tile(number, *start, hashes, root(_hashes(hashes)), *run.upto)
        number, begun, start, at = number + 1, b"", None, at + taken


def hashes_of(tile: Tile) -> list[bytes]:
    return _hashes(tile.hashes)


def _hashes(joined: bytes) -> list[bytes]:
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


def size_of(newest: Tile | None) -> int:
    """How many leaves there are, by the last tile."""
    return 0 if newest is None else newest.number * LEAVES + len(newest.hashes) // HASH_BYTES


def require_size(size: int, there: int, *, at: str) -> None:
    if not 0 <= size <= there:
        raise InvalidRequest.at(at, f"the tree has {there} leaves: name a size up to that", "size")
