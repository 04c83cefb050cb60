"""Every refusal has its one status, its code, and its section in the docs."""

from __future__ import annotations

import inspect

import pytest

from api.errors import RETRY_AFTER_SECONDS, STATUS
from docs.pages.errors import TO_DO, leaves
from domain import errors
from domain.errors import Refusal
from tests.architecture.tree import ROOT

LEAVES = list(leaves())


def test_the_table_of_statuses_holds_every_refusal_and_no_other():
    assert set(STATUS) == set(LEAVES)


def test_every_refusal_has_a_code_of_its_own():
    codes = [leaf.code for leaf in LEAVES]
    assert len(set(codes)) == len(codes)
    assert Refusal.code not in codes


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_a_refusal_stands_in_the_tree_with_its_code(leaf: type[Refusal]):
    lines = [line for line in (inspect.getdoc(errors) or "").splitlines() if f" {leaf.__name__} " in f"{line} "]
    assert len(lines) == 1
    assert leaf.code in lines[0]


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_the_docs_say_what_a_refusal_means_and_what_to_do(leaf: type[Refusal]):
    section = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8").partition(f"## `{leaf.code}`")[2]
    assert f"Status {STATUS[leaf]}" in section.partition("\n## ")[0]


def test_the_docs_tell_of_no_refusal_that_is_gone():
    assert set(TO_DO) == {leaf.code for leaf in LEAVES}


def test_what_cannot_be_answered_now_says_when_to_come_again():
    assert set(RETRY_AFTER_SECONDS) == {leaf for leaf in LEAVES if STATUS[leaf] in {429, 503}}
