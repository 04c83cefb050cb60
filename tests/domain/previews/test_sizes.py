"""How long chunks are."""

from __future__ import annotations

from domain.previews.sizes import Sizes


def test_percentiles_are_lengths_that_occur():
    assert Sizes.of(range(1, 11)) == Sizes(1, 5, 9, 10, 5.5)
    assert Sizes.of([7]) == Sizes(7, 7, 7, 7, 7.0)


def test_the_order_of_the_lengths_does_not_matter():
    assert Sizes.of([3, 1, 2]) == Sizes(1, 2, 3, 3, 2.0)


def test_no_chunks_have_no_sizes():
    assert Sizes.of([]) is None
