"""Two changes of one document, made at the same time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.configs.diff import equal
from domain.documents import Document
from domain.releases.reconcile import clashes, reconciled, without_gaps

BASE: Document = {"a": 1, "b": {"c": 2, "d": 3}}
LEAVES = st.integers(0, 2)
DOCUMENTS = st.dictionaries(
    st.sampled_from("abc"), LEAVES | st.dictionaries(st.sampled_from("xy"), LEAVES, min_size=1), max_size=3
)


def test_changes_of_different_fields_are_put_together() -> None:
    theirs, ours = {**BASE, "a": 9}, {**BASE, "b": {"c": 8, "d": 3}}
    assert clashes(BASE, theirs, ours) == []
    assert reconciled(BASE, theirs, ours) == {"a": 9, "b": {"c": 8, "d": 3}}


def test_what_one_side_takes_out_stays_out() -> None:
    assert reconciled(BASE, {**BASE, "a": 9}, {"a": 1, "b": {"d": 3}}) == {"a": 9, "b": {"d": 3}}


def test_changes_of_one_field_clash_and_both_sides_are_told() -> None:
    (found,) = clashes(BASE, {**BASE, "a": 9}, {**BASE, "a": 8})
    assert (found.pointer, without_gaps(found)) == ("/a", {"base": 1, "theirs": 9, "ours": 8})


def test_a_side_that_took_the_field_out_is_left_out_of_the_sides() -> None:
    (found,) = clashes(BASE, {"b": BASE["b"]}, {**BASE, "a": 8})
    assert without_gaps(found) == {"base": 1, "ours": 8}


def test_the_same_change_on_both_sides_is_no_clash() -> None:
    same = {**BASE, "a": 9}
    assert clashes(BASE, same, {**same, "b": {"c": 5, "d": 3}}) == []


def test_a_field_clashes_with_what_holds_it() -> None:
    (found,) = clashes(BASE, {**BASE, "b": 7}, {**BASE, "b": {"c": 8, "d": 3}})
    assert found.pointer == "/b/c"


def test_fields_tied_by_one_rule_clash_together() -> None:
    theirs, ours = {**BASE, "a": 9}, {**BASE, "b": {"c": 8, "d": 3}}
    (found,) = clashes(BASE, theirs, ours, ties=[("/a", "/b/c")])
    assert (found.pointer, found.tied_to) == ("/b/c", "/a")
    assert clashes(BASE, theirs, ours, ties=[("/a", "/b/d")]) == []


@given(DOCUMENTS, DOCUMENTS)
def test_where_nobody_else_changed_anything_ours_is_what_comes_out(base: Document, ours: Document) -> None:
    assert clashes(base, base, ours) == []
    assert equal(reconciled(base, base, ours), ours)


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_what_does_not_clash_is_the_same_whoever_comes_first(base: Document, one: Document, other: Document) -> None:
    if not clashes(base, one, other) and not clashes(base, other, one):
        assert equal(reconciled(base, one, other), reconciled(base, other, one))
