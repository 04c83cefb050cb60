"""What a lock says of itself."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.releases.guardrails import GUARDRAILS, broken_guardrails
from domain.releases.lock import checked_label, config_hash, version_label

VALIDATED = {"chunk_size": 450, "overlap_ratio": 0.10, "jaccard_threshold": 0.8, "prefix_policy": "A"}


def test_the_label_is_the_time_in_utc_and_a_number_that_is_free():
    first = version_label(1795168800000001, taken=())
    assert first == "2026-11-20-100000-v1"
    assert version_label(1795168800999999, taken={first}) == "2026-11-20-100000-v2"


def test_the_hash_is_of_the_canonical_document():
    canonical = b'{"chunk_size":450,"jaccard_threshold":0.8,"overlap_ratio":0.1,"prefix_policy":"A"}'
    assert config_hash(VALIDATED) == hashlib.sha256(canonical).hexdigest()


@pytest.mark.parametrize("label", ["2026-11-20-100000-v1", "2025-09-07-v1"])
def test_a_label_that_was_made_elsewhere_is_taken(label: str):
    assert checked_label(label) == label


@pytest.mark.parametrize("label", ["v1", "2026-11-20-100000-v1; rm", "2026-11-20-100000-V1", "2026-11-20-100000-v1\n"])
def test_another_form_of_label_is_refused(label: str):
    with pytest.raises(InvalidRequest):
        checked_label(label)


def test_the_validated_settings_keep_every_guardrail():
    assert broken_guardrails(GUARDRAILS, VALIDATED, context={}) == []


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"chunk_size": 1000}, []),
        ({"chunk_size": 1001}, ["chunk_size_at_most_1000"]),
        ({"chunk_size": 1025}, ["chunk_size_at_most_1000", "within_token_budget"]),
        ({"overlap_ratio": 0.5}, []),
        ({"overlap_ratio": 0.51}, ["overlap_at_most_half"]),
        ({"jaccard_threshold": 0.5}, []),
        ({"jaccard_threshold": 0.49}, ["jaccard_at_least_half"]),
    ],
)
def test_a_guardrail_holds_up_to_its_bound(fields: dict[str, Any], rules: list[str]):
    found = broken_guardrails(GUARDRAILS, {**VALIDATED, **fields}, context={})
    assert [one.rule.rpartition(".")[2] for one in found] == rules
