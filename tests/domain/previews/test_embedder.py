"""The built-in embedder: spelling, not meaning."""

from __future__ import annotations

import pytest

from domain.previews.embedder import similarity, vector


def test_equal_texts_are_wholly_similar_whatever_their_case():
    assert similarity(vector("The Cat"), vector("the cat")) == pytest.approx(1.0)


def test_texts_without_a_common_piece_are_not_similar():
    assert similarity(vector("cat"), vector("dog")) == 0


def test_words_of_one_stem_are_nearer_than_others():
    assert similarity(vector("rallied"), vector("rally")) > similarity(vector("rallied"), vector("fell"))


def test_the_cosine_is_that_of_the_counts():
    assert similarity(vector("a"), vector("a b")) == pytest.approx(2**-0.5)  # " a " of " a " and " b "


def test_nothing_speaks_for_a_turn_at_a_text_without_letters():
    assert similarity(vector("***"), vector("cat")) == 1.0
