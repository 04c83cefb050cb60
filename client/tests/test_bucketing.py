"""Users fall into variants here as they do in the service: the vectors are the service's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from varve.bucketing import bucket, variant_of

VECTORS = Path(__file__).parents[2] / "tests" / "golden" / "buckets_v1.json"
GOLDEN = json.loads(VECTORS.read_text(encoding="utf-8"))
HALVES = [[0, 5000, "a"], [5000, 10000, "b"]]


@pytest.mark.parametrize("vector", GOLDEN["buckets"])
def test_a_bucket_is_where_it_always_was(vector):
    assert bucket(vector["unit_id"], vector["salt"]) == vector["bucket"]


@pytest.mark.parametrize(
    ("user", "traffic", "variant"),
    [
        ("u-1", [[9911, 9912]], "b"),  # bucket 9911 of the traffic, 5028 of the variants
        ("u-1", [[0, 1], [9000, 10000]], "b"),
        ("u-1", [[9900, 9911]], None),
        ("u-2", [[9911, 9912]], None),
        ("u-1", [], None),
    ],
)
def test_a_variant_is_for_who_is_in_the_traffic(user, traffic, variant):
    buckets = {"traffic_salt": "retrieval-depth", "traffic": traffic, "variant_salt": "another", "variants": HALVES}
    assert variant_of(buckets, user=user) == variant
