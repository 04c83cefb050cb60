"""What holds for every text and all settings."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.previews.chunker import Settings, chunks
from domain.previews.packing import Limits
from domain.previews.words import units, words_of

WORDS = st.sampled_from(
    ["a", "Chunk", "end.", "Really?", "e.g.", "J.", "(yes!)", "句子。", "x" * 40, "é", "…", '"So."']
)
GAPS = st.sampled_from([" ", " ", " ", "\n", "\n\n", "\n \n", "\t ", "\u2003", " " * 30])
pieces = st.tuples(WORDS, GAPS).map("".join)
texts = st.lists(pieces, max_size=60).map("".join) | st.text(max_size=200)


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    shortest = draw(st.integers(2, 40))
    return Limits(shortest, shortest + draw(st.integers(1, 60)), draw(st.integers(0, shortest - 1)))


packing = st.builds(Settings, st.sampled_from(["sentence", "paragraph", "semantic"]), limits(), st.floats(0, 1))
settings = packing | st.builds(Settings, st.just("fixed"), limits(), st.just(0.5))


@given(texts, settings)
def test_no_character_that_is_not_white_space_is_lost(text, settings):
    held = {at for chunk in chunks(text, settings) for at in range(chunk.start, chunk.end)}
    assert not [text[at] for at in range(len(text)) if at not in held and not text[at].isspace()]


@given(texts, settings)
def test_chunks_go_forward_within_the_text(text, settings):
    found = chunks(text, settings)
    assert all(0 <= chunk.start < chunk.end <= len(text) for chunk in found)
    assert all(one.start < other.start and one.end < other.end for one, other in pairwise(found))


@given(texts, settings)
def test_no_chunk_is_longer_than_the_longest(text, settings):
    assert all(chunk.end - chunk.start <= settings.limits.longest for chunk in chunks(text, settings))


@given(texts, settings)
def test_a_chunk_is_shorter_than_the_shortest_only_beside_much_white_space(text, settings):
    found, longest = chunks(text, settings), settings.limits.longest
    for chunk in found:
        if chunk.end - chunk.start < settings.limits.shortest:
            last = chunk == found[-1]
            room = text[max(0, chunk.end - longest) : chunk.start] if last else text[chunk.end : chunk.start + longest]
            assert not room.strip()


@given(texts, packing)
def test_what_is_packed_neither_begins_nor_ends_with_white_space(text, settings):
    for chunk in chunks(text, settings):
        assert not text[chunk.start].isspace()
        assert not text[chunk.end - 1].isspace()


@given(texts, settings)
def test_a_chunk_but_the_last_repeats_no_more_than_the_overlap(text, settings):
    found = chunks(text, settings)[:-1]
    assert all(one.end - other.start <= settings.limits.overlap for one, other in pairwise(found))


@given(texts)
def test_words_sentences_and_paragraphs_each_hold_all_of_the_text(text):
    words = words_of(text)
    for level in range(3):
        assert "".join("".join(text[u.start : u.end].split()) for u in units(words, level)) == "".join(text.split())
