"""Buckets are where they always were, and as few users as possible change variant."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.experiments.bucketing import (
    BUCKETS,
    Allocation,
    bucket,
    moved,
    owner_of,
    reallocated,
    shares,
)

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "buckets_v1.json").read_text(encoding="utf-8"))
weights = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 100), min_size=1)


def held(allocation: Allocation) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in allocation:
        found[one.owner] = found.get(one.owner, 0) + one.size
    return found


@pytest.mark.parametrize("vector", GOLDEN["buckets"])
def test_a_bucket_is_where_it_always_was(vector):
    assert bucket(vector["unit_id"], vector["salt"]) == vector["bucket"]


@pytest.mark.parametrize("vector", GOLDEN["allocations"])
def test_a_change_of_weights_allocates_as_it_always_did(vector):
    allocation: Allocation = ()
    for step in vector:
        allocation = reallocated(allocation, shares(step["weights"], total=step["total"]))
        assert [list(one) for one in allocation] == step["ranges"]


@given(weights, st.integers(1, BUCKETS))
def test_shares_add_up_and_are_within_one_of_their_due(given_weights, total):
    found, whole = shares(given_weights, total=total), sum(given_weights.values())
    assert sum(found.values()) == total
    assert all(abs(found[name] - weight * total / whole) < 1 for name, weight in given_weights.items())


@given(st.lists(weights, min_size=1, max_size=5))
def test_each_has_its_due_and_no_more_change_than_must(steps):
    before: Allocation = ()
    for step in steps:
        due = shares(step)
        after = reallocated(before, due)
        assert held(after) == {name: count for name, count in due.items() if count}
        assert all(one.end <= two.start for one, two in itertools.pairwise(after))
        had = held(before)
        assert moved(before, after) == sum(max(0, count - due.get(name, 0)) for name, count in had.items())
        before = after


def test_more_traffic_leaves_everybody_where_they_are():
    before = reallocated((), shares({"on": 1}, total=1000))
    after = reallocated(before, shares({"on": 1}, total=2500))
    assert moved(before, after) == 0
    assert {owner_of(after, n) for n in range(1000)} == {"on"}


def test_two_salts_have_nothing_to_do_with_each_other():
    both = sum(bucket(f"u-{n}", "one") < 5000 and bucket(f"u-{n}", "other") < 5000 for n in range(20_000))
    assert abs(both - 5000) < 4 * (20_000 * 0.25 * 0.75) ** 0.5


def test_a_million_users_fall_as_their_weights_say_and_few_move():
    users = 1_000_000
    before = reallocated((), shares({"control": 50, "deep": 50}))
    after = reallocated(before, shares({"control": 40, "deep": 60}))
    counts = [0] * BUCKETS
    for n in range(users):
        counts[bucket(f"u-{n}", "0b9e7c526f0e5d0a9a530f7c2f0f7b11-variant")] += 1
    in_deep = sum(count for number, count in enumerate(counts) if owner_of(before, number) == "deep")
    assert abs(in_deep - users / 2) < 3.3 * (users * 0.25) ** 0.5  # one in a thousand lies further off
    changed = sum(count for n, count in enumerate(counts) if owner_of(before, n) != owner_of(after, n))
    assert changed <= 0.105 * users
