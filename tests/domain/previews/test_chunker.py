"""The reference chunker: goldens of a real text, and what each setting does."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.previews.chunker import MAX_CHUNKS, MAX_TEXT, Settings, chunks
from domain.previews.embedder import EMBEDDER_NAME, EMBEDDER_VERSION
from domain.previews.packing import Limits

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "chunks_v1.json").read_text(encoding="utf-8"))


def cut(text: str, strategy: str, *, limits: Limits, threshold: float = 0.5) -> list[str]:
    return [text[start:end] for start, end in chunks(text, Settings(strategy, limits, threshold))]


def named(case: dict[str, Any]) -> str:
    return "-".join(str(value) for value in case["settings"].values())


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=named)
def test_the_golden_text_is_cut_as_ever(case):
    assert [list(chunk) for chunk in chunks(GOLDEN["text"], Settings.of(case["settings"]))] == case["chunks"]


def test_the_goldens_are_those_of_this_embedder():
    assert GOLDEN["embedder"] == {"name": EMBEDDER_NAME, "version": EMBEDDER_VERSION}


def test_fixed_cuts_after_so_many_characters_and_repeats_the_overlap():
    assert cut("abcdefghij", "fixed", limits=Limits(2, 4, 1)) == ["abcd", "defg", "ghij"]


def test_the_last_fixed_chunk_begins_earlier_where_it_would_be_too_short():
    assert cut("abcdefghi", "fixed", limits=Limits(3, 4, 0)) == ["abcd", "efgh", "ghi"]


def test_sentences_are_packed_whole():
    assert cut("One is. Two is. Three is.", "sentence", limits=Limits(5, 16, 0)) == ["One is. Two is.", "Three is."]


def test_paragraphs_are_packed_whole_where_sentences_would_be_cut_elsewhere():
    text = "A b. C d.\n\nE f. G h."
    assert cut(text, "paragraph", limits=Limits(5, 15, 0)) == ["A b. C d.", "E f. G h."]
    assert cut(text, "sentence", limits=Limits(5, 15, 0)) == ["A b. C d.\n\nE f.", "f. G h."]


def test_a_chunk_that_is_short_is_filled_from_the_next_unit():
    assert cut("Title\n\nIt was long ago. It was far.", "paragraph", limits=Limits(10, 24, 0)) == [
        "Title\n\nIt was long ago.",
        "It was far.",
    ]


def test_a_sentence_that_is_too_long_is_cut_between_words():
    assert cut("one two three four five", "sentence", limits=Limits(4, 9, 0)) == ["one two", "three", "four five"]


def test_a_word_that_is_too_long_is_cut_anywhere():
    assert cut("abcdefghijk", "sentence", limits=Limits(3, 4, 1)) == ["abcd", "defg", "hijk"]


def test_the_overlap_begins_at_a_word():
    text, limits = "One two three. Four five six.", Limits(12, 21, 8)
    assert cut(text, "sentence", limits=limits) == ["One two three.", "three. Four five six."]


def test_the_overlap_gives_way_to_a_unit_that_fits_only_without_it():
    assert cut("One two. Three four fives.", "sentence", limits=Limits(6, 17, 4)) == ["One two.", "Three four fives."]


def test_semantic_begins_a_chunk_where_the_subject_changes():
    text = "The cat sat. The cat sat up. Stock markets rallied. Stock markets rallied again."
    assert cut(text, "semantic", limits=Limits(5, 200, 0)) == [
        "The cat sat. The cat sat up.",
        "Stock markets rallied. Stock markets rallied again.",
    ]


def test_the_threshold_says_how_different_a_subject_must_be():
    text = "The cat sat. The cat sat up. Stock markets rallied."
    assert len(cut(text, "semantic", limits=Limits(5, 200, 0), threshold=0.0)) == 1
    assert len(cut(text, "semantic", limits=Limits(5, 200, 0), threshold=1.0)) == 3


@pytest.mark.parametrize("strategy", ["fixed", "sentence", "paragraph", "semantic"])
@pytest.mark.parametrize("text", ["", " ", "\n\n \t"])
def test_a_text_without_words_has_no_chunks(strategy, text):
    assert cut(text, strategy, limits=Limits(50, 100, 0)) == []


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(InvalidRequest, match="200,001 characters, and 200,000 are allowed"):
        cut("x" * (MAX_TEXT + 1), "fixed", limits=Limits(50, 100, 0))


@pytest.mark.parametrize("strategy", ["fixed", "sentence"])
def test_too_many_chunks_are_refused(strategy):
    limits = Limits(99, 100, 98)
    with pytest.raises(InvalidRequest, match="more than 10,000 chunks"):
        cut("x" * (2 * MAX_CHUNKS + 200), strategy, limits=limits)
    assert len(cut("x" * (2 * MAX_CHUNKS), strategy, limits=limits)) > MAX_CHUNKS * 0.99


def test_few_chunks_that_repeat_nearly_everything_are_refused():
    with pytest.raises(InvalidRequest, match="less overlap"):
        cut("x" * 20_000, "fixed", limits=Limits(5_001, 5_002, 5_000))


@pytest.mark.parametrize("strategy", ["paragraph", "semantic"])
@pytest.mark.parametrize("text", ["x", ".", ".)", "\n ", " x", "a\n\n", "\u3002", "Yes! ", '"', "1. "])
def test_no_text_takes_more_than_linear_time(strategy, text):
    began = time.process_time()
    cut((text * MAX_TEXT)[:MAX_TEXT], strategy, limits=Limits(100, 400, 10))
    assert time.process_time() - began < 5  # it takes a tenth of that; what is quadratic takes minutes
