"""The port to the leaf hashes that the log's tree is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Tile(NamedTuple):
    """Up to 256 leaf hashes of the log's Merkle tree, one after the other, and the root over them.

    `start` is the recorded time and the position of the first leaf; `upto` those of the newest commit that is in the
    tree with it.
    """

    number: int
    start_us: int
    start_position: int
    hashes: bytes
    root: bytes
    upto_us: int
    upto_position: int


class Tiles(Protocol):
    """The leaf hashes of the log, as they were when the events were new."""

    def newest(self) -> Tile | None:
        """The last tile, which may not be full yet."""

    def tile(self, number: int) -> Tile | None: ...

    def holding(self, position: int) -> Tile | None:
        """The tile that has the leaf of the event at this position, if any has."""

    def roots(self, *, first: int, end: int) -> list[bytes]:
        """The roots of the tiles from one number up to, and without, another."""

    def put(self, new: Sequence[Tile]) -> None:
        """Keep tiles; one that is there already only ever grows."""
