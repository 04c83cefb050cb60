"""Two changes of one document that were made at the same time, as one: where they do not touch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from domain.configs.diff import equal, patch
from domain.configs.merge import given_back
from domain.documents import Document
from domain.pointers import MISSING, related, value_at

Tie = tuple[str, ...]
"""Pointers of fields that one rule compares: a change of each side to any two of them may break what both kept."""


class Clash(NamedTuple):
    """A field that both changed, or that is tied to one which the other changed; MISSING on a side that lacks it.

    `tied_to` is the field of the other side, where it is not this one.
    """

    pointer: str
    base: Any
    theirs: Any
    ours: Any
    tied_to: str | None = None


def reconciled(base: Document, theirs: Document, ours: Document) -> Document:
    """What `ours` changed since `base`, put into `theirs`."""
    return given_back(theirs, ours, _changed(base, ours))


def clashes(base: Document, theirs: Document, ours: Document, *, ties: Sequence[Tie] = ()) -> list[Clash]:
    """Where the two changes touch, by the fields of `ours`. The same change on both sides is none."""
    mine, others = _changed(base, ours), _changed(base, theirs)
    same = {one for one in {*mine} & {*others} if equal(value_at(ours, one), value_at(theirs, one))}
    others = [pointer for pointer in others if pointer not in same]
    found = filter(None, (_touch(pointer, others, ties) for pointer in mine if pointer not in same))
    return [Clash(at, value_at(base, at), value_at(theirs, at), value_at(ours, at), tied) for at, tied in found]


def _changed(base: Document, other: Document) -> list[str]:
    """The pointers of what is different; an object that came or went is one change."""
    return [operation["path"] for operation in patch(base, other)]


def _touch(mine: str, others: Sequence[str], ties: Sequence[Tie]) -> tuple[str, str | None] | None:
    """The field, and the one of the other side that it is tied to where it is not this one; None: nothing touches."""
    if any(related(mine, other) for other in others):
        return mine, None
    tied = (other for other in others for tie in ties if _in(tie, mine) and _in(tie, other))
    other = next(tied, None)
    return None if other is None else (mine, other)


def _in(tie: Tie, pointer: str) -> bool:
    return any(related(pointer, one) for one in tie)


def without_gaps(clash: Clash) -> dict[str, Any]:
    """The sides as JSON; one that lacks the field is left out."""
    sides = {"base": clash.base, "theirs": clash.theirs, "ours": clash.ours}
    return {name: value for name, value in sides.items() if value is not MISSING}
