"""What a chunk_index must keep to be locked: a policy that every environment has, until it sets one of this name."""

from __future__ import annotations

from collections.abc import Mapping

from domain.documents import Document
from domain.installation.policy import Broken, Policy, PolicyRule

CHUNK_INDEX = "chunk_index"
NAME = "guardrails"
TOKEN_BUDGET = 1024
"""Tokens that a chunk may have, with its prefix."""

GUARDRAILS = Policy(
    NAME,
    CHUNK_INDEX,
    schema={},
    rules=(
        PolicyRule(
            "chunk_size_at_most_1000",
            "this.chunk_size <= 1000",
            "chunk_size is at most 1000 tokens: longer chunks blur what they are about",
        ),
        PolicyRule(
            "overlap_at_most_half",
            "this.overlap_ratio <= 0.5",
            "overlap_ratio is at most 0.5: more stores most of the text twice",
        ),
        PolicyRule(
            "jaccard_at_least_half",
            "this.jaccard_threshold >= 0.5",
            "jaccard_threshold is at least 0.5: below it, chunks that differ are dropped as duplicates",
        ),
        PolicyRule(
            "within_token_budget",
            f"this.chunk_size <= {TOKEN_BUDGET}",
            f"a chunk may have {TOKEN_BUDGET} tokens with its prefix: lower chunk_size",
        ),
    ),
)


def guardrails_in(policies: Mapping[str, Policy]) -> Policy:
    """Those of an environment with these policies."""
    own = policies.get(NAME)
    return own if own is not None and own.config_type == CHUNK_INDEX else GUARDRAILS


def broken_guardrails(policy: Policy, document: Document, *, context: Document) -> list[Broken]:
    """What a whole document of type chunk_index does that they do not want."""
    return policy.checks.broken(document, old=document, context=context)
