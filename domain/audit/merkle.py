"""The Merkle tree of RFC 6962 over SHA-256: one hash that answers for every leaf in its order.

Everything but `leaf_hash` works on leaf hashes. A proof is a list of subtree roots, made by the recursion of RFC 6962,
section 2.1, and checked by the loops of RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
HASH_BYTES = 32

Range = Callable[[int, int], bytes]
"""The root over the leaves from the first index up to, and without, the second; at least one leaf."""


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The tree's hash over these leaf hashes; EMPTY_ROOT over none."""
    level = hashes
    while len(level) > 1:
        odd = level[-1:] if len(level) & 1 else []  # without a sibling it moves up as it is
        level = [*_paired(level), *odd]
    return level[0] if level else EMPTY_ROOT


def _paired(level: Sequence[bytes]) -> list[bytes]:
    """The level above; an odd last hash is left out. Not by `node_hash`: the calls would double the cost."""
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]


def range_of(hashes: Sequence[bytes]) -> Range:
    return lambda start, end: root(hashes[start:end])


def inclusion_path(index: int, size: int, root_of: Range) -> list[bytes]:
    """The siblings from the leaf up to the root: what proves leaf `index` to be in the tree of the first `size`."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left_size(end - start)
        if index < middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(start, middle))
            start = middle
    return path[::-1]


def consistency_path(first: int, second: int, root_of: Range) -> list[bytes]:
    """What proves the tree of `second` leaves to begin with that of `first`.

    Empty for a tree and itself, and for the empty tree, with which every tree begins.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {second} leaves does not grow out of one of {first}")
    path: list[bytes] = []
    start, end = 0, second
    while first and end != first:
        middle = start + _left_size(end - start)
        if first <= middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(start, middle))
            start = middle
    if start > 0:  # else the subtree reached is the whole first tree, whose root the verifier holds
        path.append(root_of(start, end))
    return path[::-1]


def _left_size(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves the leaf hash `leaf` to stand at `index` in the tree of `size` leaves with this root."""
    if not 0 <= index < size or not _all_hashes(leaf, root, *path):
        return False
    climbed = _climbed(leaf, here=index, last=size - 1, path=path)
    return climbed is not None and climbed[1] == root


def verify_consistency(
    first: int, second: int, *, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether `path` proves that the tree of `second` leaves keeps all `first` leaves of the earlier one in place."""
    if not 0 <= first <= second or not _all_hashes(first_root, second_root, *path):
        return False
    if first in {0, second}:
        return not path and first_root == (second_root if first == second else EMPTY_ROOT)
    if not path:
        return False
    power_of_two = first & (first - 1) == 0  # then the path leaves its first hash out: it is the first root
    seed, *rest = [first_root, *path] if power_of_two else path
    here, last = first - 1, second - 1
    while here & 1:  # up to the largest full subtree that ends with the first tree
        here, last = here >> 1, last >> 1
    return _climbed(seed, here=here, last=last, path=rest) == (first_root, second_root)


def _climbed(seed: bytes, *, here: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The roots above the node `here` of a level that ends with the node `last`: without what is right of it, and with.

    None for a path that ends below the root or goes on beyond it.
    """
    without = whole = seed
    for sibling in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            without, whole = node_hash(sibling, without), node_hash(sibling, whole)
            while here and not here & 1:  # past the levels at which the last node has no sibling
                here, last = here >> 1, last >> 1
        else:
            whole = node_hash(whole, sibling)
        here, last = here >> 1, last >> 1
    return (without, whole) if last == 0 else None


def _all_hashes(*values: object) -> bool:
    return all(isinstance(value, bytes) and len(value) == HASH_BYTES for value in values)


class Frontier:
    """A growing tree by its full subtrees alone: at most one of each power of two, so 64 hashes for any size."""

    def __init__(self) -> None:
        self._roots: list[bytes | None] = []
        self._size = 0

    @property
    def size(self) -> int:
        return self._size

    def append(self, hashes: Sequence[bytes]) -> None:
        """Add many leaf hashes; the more at once, the cheaper each."""
        self._size += len(hashes)
        level, height = list(hashes), 0
        while level:
            if height == len(self._roots):
                self._roots.append(None)
            waiting = self._roots[height]
            if waiting is not None:
                level.insert(0, waiting)
            self._roots[height] = level[-1] if len(level) & 1 else None
            level = _paired(level)
            height += 1

    def root(self) -> bytes:
        found: bytes | None = None
        for subtree in self._roots:
            if subtree is not None:
                found = subtree if found is None else node_hash(subtree, found)
        return EMPTY_ROOT if found is None else found
