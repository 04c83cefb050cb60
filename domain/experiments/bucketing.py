"""Who is in an experiment, and in which variant: a pure function of ids, the same here and in any client.

This is bucketing version 1, frozen by tests/golden/buckets_v1.json; another behaviour is another version beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

BUCKETS = 10_000  # each a hundredth of a percent


def bucket(unit_id: str, salt: str) -> int:
    """Stable bucket in [0, 10_000).

    First 8 bytes, big-endian, of SHA-256 over the UTF-8 of "salt:unit_id", modulo 10,000. A salt
    holds no colon.
    """
    digest = sha256(f"{salt}:{unit_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS


class Range(NamedTuple):
    """The buckets from `start` up to, and without, `end`, and whose they are."""

    start: int
    end: int
    owner: str

    @property
    def size(self) -> int:
        return self.end - self.start


Allocation = tuple[Range, ...]
"""Ranges in their order; a bucket in none of them is free."""


def owner_of(allocation: Iterable[Range], bucket_number: int) -> str | None:
    """Whose a bucket is; None where it is free."""
    return next((one.owner for one in allocation if one.start <= bucket_number < one.end), None)


def shares(weights: Mapping[str, float], *, total: int = BUCKETS) -> dict[str, int]:
    """How many of so many buckets each is due by its weight.

    By largest remainder, ties in the order of names, so that they add up to all of them.
    """
    whole = sum(weights.values())
    exact = {name: weight * total / whole for name, weight in weights.items()}
    found = {name: int(due) for name, due in exact.items()}
    short = sorted(exact, key=lambda name: (found[name] - exact[name], name))[: total - sum(found.values())]
    return {name: count + (name in short) for name, count in found.items()}


def reallocated(before: Allocation, due: Mapping[str, int]) -> Allocation:
    """The allocation in which each owner has as many buckets as it is due, with as few as possible changing hands.

    Who has too many gives up the highest; who has too few takes the lowest that are free, in the order of names.
    """
    kept = [one for owner in sorted(due) for one in _lowest(_of(before, owner), due[owner])]
    free = _gaps(sorted(kept))
    for owner in sorted(due):
        lacking = due[owner] - sum(one.size for one in kept if one.owner == owner)
        taken = _lowest([one._replace(owner=owner) for one in free], lacking)
        kept += taken
        free = _gaps(sorted(kept))
    return tuple(_joined(sorted(kept)))


def moved(before: Allocation, after: Allocation) -> int:
    """How many buckets that had an owner have another one, or none."""
    edges = sorted({edge for one in (*before, *after) for edge in one[:2]})
    lost = 0
    for start, end in itertools.pairwise(edges):
        owner = owner_of(before, start)
        lost += end - start if owner is not None and owner_of(after, start) != owner else 0
    return lost


def _of(allocation: Allocation, owner: str) -> list[Range]:
    return [one for one in allocation if one.owner == owner]


def _lowest(ranges: Sequence[Range], count: int) -> list[Range]:
    """The first so many buckets of some ranges."""
    found = []
    for one in ranges:
        if count <= 0:
            break
        part = one._replace(end=min(one.end, one.start + count))
        found.append(part)
        count -= part.size
    return found


def _gaps(ranges: Sequence[Range]) -> list[Range]:
    """The buckets that are in none of these."""
    starts = [0, *(one.end for one in ranges)]
    ends = [*(one.start for one in ranges), BUCKETS]
    return [Range(start, end, "") for start, end in zip(starts, ends, strict=True) if start < end]


def _joined(ranges: Sequence[Range]) -> Iterator[Range]:
    """Neighbours of one owner as one range."""
    held: Range | None = None
    for one in ranges:
        if held is not None and held.end == one.start and held.owner == one.owner:
            held = held._replace(end=one.end)
            continue
        if held is not None:
            yield held
        held = one
    if held is not None:
        yield held
