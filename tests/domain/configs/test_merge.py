"""One document over another."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given

from domain.configs.merge import given_back, merged, without
from domain.documents import Document
from domain.pointers import MISSING, leaves, related, value_at
from tests.domain.configs.made_layers import documents, pointers, wild_documents


@pytest.mark.parametrize(
    ("below", "above", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2}}, {"a": {"b": 2, "c": 1}}),
        ({"a": {"b": {"c": 1, "d": 1}}}, {"a": {"b": {"d": 2}}}, {"a": {"b": {"c": 1, "d": 2}}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {}}, {"a": {}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": [1, 2]}, {"a": []}, {"a": []}),
        ({"a": {"$ref": "env:A"}}, {"a": {"$ref": "env:B"}}, {"a": {"$ref": "env:B"}}),
        ({"a": {"$ref": "env:A"}}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": {"$secret": {"c": 1}}}, {"a": {"$secret": {"c": 1}}}),
        ({"a": {"$ref": "x", "b": 1}}, {"a": {"b": 2}}, {"a": {"$ref": "x", "b": 2}}),
        ({"$ref": "x"}, {"b": 1}, {"$ref": "x", "b": 1}),
    ],
)
def test_objects_merge_by_key_and_anything_else_replaces(below: Document, above: Document, result: Document) -> None:
    assert merged(below, above) == result


@given(wild_documents, wild_documents)
def test_a_merge_changes_neither_document(below: Document, above: Document) -> None:
    before = copy.deepcopy((below, above))
    merged(below, above)
    assert (below, above) == before


@given(wild_documents, wild_documents)
def test_a_merge_has_every_leaf_of_the_document_above(below: Document, above: Document) -> None:
    result = merged(below, above)
    assert all(value_at(result, pointer) == value for pointer, value in leaves(above) if value != {})


@given(wild_documents, wild_documents)
def test_a_merge_has_only_leaves_of_the_two(below: Document, above: Document) -> None:
    theirs = {repr(leaf) for document in (below, above) for leaf in leaves(document)}
    assert {repr(leaf) for leaf in leaves(merged(below, above))} <= theirs


@given(wild_documents)
def test_nothing_above_or_below_leaves_a_document_as_it_is(document: Document) -> None:
    assert merged(document, {}) == merged({}, document) == merged(document, document) == document


def test_what_did_not_change_is_shared() -> None:
    below: Document = {"kept": {"a": 1}, "merged": {"inner": {"b": 1}}}
    result = merged(below, {"merged": {"c": 1}})
    assert result["kept"] is below["kept"]
    assert result["merged"]["inner"] is below["merged"]["inner"]


@pytest.mark.parametrize(
    ("document", "dropped", "result"),
    [
        ({"a": 1, "b": 2}, ["/a"], {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, ["/a/b"], {"a": {"c": 2}}),
        ({"a": {"b": {"c": 1}}, "d": 1}, ["/a/b/c"], {"d": 1}),
        ({"a": {"b": {}, "c": 1}}, ["/a/c"], {"a": {"b": {}}}),
        ({"a": {"b": 1}}, ["/a"], {}),
        ({"a": {"$ref": "env:A"}}, ["/a/$ref"], {"a": {"$ref": "env:A"}}),
        ({"a": {}}, ["/a/b"], {"a": {}}),
        ({"a": [1]}, ["/a/0", "/b", "/b/c"], {"a": [1]}),
        ({"a": 1}, [""], {}),
        ({"a/b": {"~": 1}, "c": 1}, ["/a~1b/~0"], {"c": 1}),
    ],
)
def test_a_document_without_some_pointers_says_nothing_there(
    document: Document, dropped: list[str], result: Document
) -> None:
    assert without(document, dropped) == result


@given(documents, pointers)
def test_dropping_a_pointer_keeps_every_leaf_elsewhere(document: Document, pointer: str) -> None:
    before = copy.deepcopy(document)
    kept = [(at, value) for at, value in leaves(document) if at != pointer and not at.startswith(pointer + "/")]
    assert list(leaves(without(document, [pointer]))) == kept
    assert document == before


@pytest.mark.parametrize(
    ("document", "pointer", "result"),
    [
        ({"a": 5}, "/a", {"a": 1}),
        ({}, "/a", {"a": 1}),
        ({"x": 5, "y": 1}, "/x", {"y": 1}),
        ({"x": 5}, "/y", {"x": 5}),
        ({"o": {"p": 5, "more": 6}}, "/o/p", {"o": {"p": 2, "more": 6}}),
        ({"o": {"p": 5, "more": 6}}, "/o/more", {"o": {"p": 5}}),
        ({"o": {"p": 5, "more": 6}}, "/o", {"o": {"p": 2, "q": 3}}),
        ({"o": 5}, "/o/p", {"o": {"p": 2}}),
        ({"o": 5}, "/o/more", {"o": 5}),
        ({"x": {"k": 1}}, "/x/k", {"x": {}}),
        ({"x": {"k": 1}}, "/x/k/deep", {"x": {"k": 1}}),
        ({"x": {"$ref": "env:A"}}, "/x/$ref", {"x": {"$ref": "env:A"}}),
        ({"n": 5}, "/n", {"n": None}),
    ],
)
def test_a_field_given_back_has_its_default_or_goes(document: Document, pointer: str, result: Document) -> None:
    defaults = {"a": 1, "o": {"p": 2, "q": 3}, "n": None}
    assert given_back(document, defaults, [pointer]) == result


@given(documents, pointers, pointers)
def test_giving_back_touches_no_other_field(document: Document, pointer: str, other: str) -> None:
    defaults: Document = {"a": 1, "o": {"p": 2, "q": 3}}
    before = copy.deepcopy(document)
    after = given_back(document, defaults, [pointer])
    assert document == before
    assert value_at(after, pointer) in (value_at(defaults, pointer), value_at({}, pointer))
    if not related(pointer, other) and not isinstance(document.get("o"), int):
        assert value_at(after, other) == value_at(document, other)


@given(documents, pointers)
def test_a_field_given_back_twice_is_given_back_once(document: Document, pointer: str) -> None:
    once = given_back(document, {"a": 1}, [pointer])
    assert given_back(once, {"a": 1}, [pointer]) == once
    assert value_at(once, pointer) in (MISSING, 1)
