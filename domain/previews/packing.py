"""Units of text put together into chunks: whole ones as long as they fit, smaller ones where they must."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from domain.previews.words import WORD, Unit, Word, parts


class Chunk(NamedTuple):
    start: int
    end: int


class Limits(NamedTuple):
    """In characters; overlap < shortest < longest."""

    shortest: int
    longest: int
    overlap: int


class Packing:
    """One text on its way into chunks.

    No chunk is longer than the longest. None is shorter than the shortest, but where white space alone is longer than
    what is missing, or there is no more text: a unit that does not fit is taken apart to fill a chunk that is short,
    down to its characters. The overlap begins at a word, and gives way to a unit that fits only without it.
    """

    def __init__(self, words: Sequence[Word], limits: Limits, *, turns: Container[int] = ()) -> None:
        self._words = words
        self._starts = [word.start for word in words]
        self._limits = limits
        self._turns = turns
        self._start = 0
        self._end: int | None = None  # None: nothing but overlap in it yet

    def chunks(self, units: Sequence[Unit]) -> Iterator[Chunk]:
        """`units` are all of the text, in order. Where one of them is a turn, a chunk that is long enough ends."""
        waiting = list(reversed(units))
        self._start = units[0].start if units else 0
        last: Chunk | None = None
        while waiting:
            unit = waiting.pop()
            if self._takes(unit):
                continue
            closed, left = self._made_room(unit)
            waiting.extend(reversed(left))
            if closed is not None:
                if last is not None:
                    yield last
                last = closed
                self._begin(closed, waiting[-1].start)
        yield from self._finished(last)

    def _takes(self, unit: Unit) -> bool:
        longest = self._limits.longest
        if self._end is not None and unit.start in self._turns and self._long_enough:
            return False
        if self._end is None and unit.end - unit.start <= longest:
            self._start = self._from(max(self._start, unit.end - longest), unit.start)
        if unit.end - self._start > longest:
            return False
        self._end = unit.end
        return True

    @property
    def _long_enough(self) -> bool:
        return self._end is not None and self._end - self._start >= self._limits.shortest

    def _made_room(self, unit: Unit) -> tuple[Chunk | None, list[Unit]]:
        """The chunk that is done, if any, and what the unit has become."""
        cut = self._start + self._limits.longest
        if self._end is not None and (self._long_enough or cut <= unit.start):
            return Chunk(self._start, self._end), [unit]
        if unit.level > WORD:
            return None, parts(unit, self._words, self._starts)
        if cut <= unit.start:  # the overlap ends in more white space than a chunk can hold
            self._start = unit.start
            return None, [unit]
        return Chunk(self._start, cut), [Unit(cut, unit.end, WORD)]

    def _begin(self, before: Chunk, start: int) -> None:
        """A new chunk for a unit that starts here, with what it repeats of the one before."""
        self._start = self._from(max(before.end - self._limits.overlap, before.start + 1), start)
        self._end = None

    def _from(self, lowest: int, start: int) -> int:
        """The first word from `lowest` on, before `start`. Within a word that was cut, any character will do."""
        index = bisect_left(self._starts, lowest)
        if index < len(self._starts) and self._starts[index] < start:
            return self._starts[index]
        within = bisect_right(self._starts, start) - 1
        return lowest if self._starts[within] < start < self._words[within].end else start

    def _finished(self, last: Chunk | None) -> Iterator[Chunk]:
        """What is left joins the chunk before where it is short and both fit, or else begins earlier."""
        if self._end is None:
            yield from [last] if last else []
        elif last is None or self._long_enough:
            yield from [last] if last else []
            yield Chunk(self._start, self._end)
        elif self._end - last.start <= self._limits.longest:
            yield Chunk(last.start, self._end)
        else:
            yield last
            yield Chunk(self._earlier(self._end), self._end)

    def _earlier(self, end: int) -> int:
        """Where a chunk that ends here begins, not to be short: at a word, or in one, or beyond the white space."""
        after = bisect_right(self._starts, end - self._limits.shortest)
        word = self._words[after - 1]
        within = min(end - self._limits.shortest, word.end - 1)
        beyond = self._starts[after] if after < len(self._starts) else self._start
        return next(start for start in (word.start, within, beyond) if end - start <= self._limits.longest)
