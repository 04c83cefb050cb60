"""Where words, sentences and paragraphs end in a text: one pass, with offsets."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

WORD, SENTENCE, PARAGRAPH = range(3)
"""What a unit is; each is made of units of the level before."""

_CJK_ENDINGS = "\u3002\uff01\uff1f"  # full stop, exclamation and question mark, which need no space after them
_CJK_CLOSING = "\u300d\u300f\uff09"
_QUOTES = "\u201d\u2019"
_OPENING = "\"'([{\u201c\u2018\u00ab"
_CLOSING = f"\"')]}}\u00bb{_QUOTES}{_CJK_CLOSING}"
_ENDINGS = f".!?\u2026{_CJK_ENDINGS}"
_END = f"[{_CJK_ENDINGS}]++[{_CJK_CLOSING}{_QUOTES}]*+"
_WORD = re.compile(rf"[^\s{_CJK_ENDINGS}]+(?:{_END})?|{_END}")
_ABBREVIATIONS = frozenset((
    "cf.", "co.", "dr.", "e.g.", "ed.", "eq.", "etc.", "fig.", "i.e.", "inc.", "jr.", "ltd.", "mr.", "mrs.", "ms.",
    "p.", "pp.", "prof.", "sr.", "st.", "vol.", "vs.",
))  # fmt: skip


class Word(NamedTuple):
    start: int
    end: int
    closes: int  # the highest level that ends with it


class Unit(NamedTuple):
    start: int
    end: int
    level: int


def words_of(text: str) -> list[Word]:
    """The words, which are whatever stands between white space; a full stop of Chinese or Japanese ends one too.

    A paragraph ends at an empty line. A sentence ends at a mark that ends sentences, with the quotes and brackets that
    close after it. A full stop ends none before a small letter, after an initial or a well-known abbreviation, nor
    after a number that begins the sentence, as in a list.
    """
    spans = [found.span() for found in _WORD.finditer(text)]
    following = [*(start for start, _ in spans[1:]), len(text)]
    words: list[Word] = []
    for (start, end), after in zip(spans, following, strict=False):
        first = not words or words[-1].closes > WORD
        words.append(Word(start, end, _closes(text, start, end, after, first=first)))
    return words


def _closes(text: str, start: int, end: int, after: int, *, first: bool) -> int:
    if after == len(text) or text.count("\n", end, after) > 1:
        return PARAGRAPH
    bare = text[start:end].rstrip(_CLOSING)
    if not bare or bare[-1] not in _ENDINGS:
        return WORD
    only_stops = bare[-1] == "." and (text[after].islower() or _abbreviates(bare) or (first and bare[:-1].isdigit()))
    return WORD if only_stops else SENTENCE


def _abbreviates(word: str) -> bool:
    bare = word.lstrip(_OPENING)
    return bare.lower() in _ABBREVIATIONS or (len(bare) == len("J.") and bare[0].isupper())


def units(words: Sequence[Word], level: int) -> list[Unit]:
    """These words as units of a level; what is left at the end is one too."""
    found, first = [], 0
    for index, word in enumerate(words):
        if word.closes >= level or index == len(words) - 1:
            found.append(Unit(words[first].start, word.end, level))
            first = index + 1
    return found


def parts(unit: Unit, words: Sequence[Word], starts: Sequence[int]) -> list[Unit]:
    """The units of the next lower level in one that is more than a word; `starts` are those of the words."""
    within = words[bisect_left(starts, unit.start) : bisect_left(starts, unit.end)]
    return units(within, unit.level - 1)
