"""What is different between two documents."""

from __future__ import annotations

from typing import Any

import jsonpatch
import pytest
from hypothesis import given

from domain.configs.diff import Change, changed_leaves, equal, patch
from domain.documents import Document
from domain.pointers import MISSING
from tests.domain.configs.made_layers import wild_documents


@pytest.mark.parametrize(
    ("old", "new", "operations"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [{"op": "replace", "path": "/a", "value": 2}]),
        ({"a": 1}, {}, [{"op": "remove", "path": "/a"}]),
        ({}, {"a": None}, [{"op": "add", "path": "/a", "value": None}]),
        ({"a": None}, {"a": False}, [{"op": "replace", "path": "/a", "value": False}]),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}, [{"op": "replace", "path": "/a/b", "value": 2}]),
        ({"a": {"b": 1}}, {"a": {}}, [{"op": "remove", "path": "/a/b"}]),
        ({"a": {"b": 1}}, {"a": 1}, [{"op": "replace", "path": "/a", "value": 1}]),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, [{"op": "replace", "path": "/a", "value": [1, 3]}]),
        (
            {"a": {"$ref": "env:A"}},
            {"a": {"$ref": "env:B"}},
            [{"op": "replace", "path": "/a", "value": {"$ref": "env:B"}}],
        ),
        ({"a/b~": 1}, {"a/b~": 2}, [{"op": "replace", "path": "/a~1b~0", "value": 2}]),
        (
            {"b": 1, "c": 1},
            {"c": 2, "a": 1},
            [
                {"op": "add", "path": "/a", "value": 1},
                {"op": "remove", "path": "/b"},
                {"op": "replace", "path": "/c", "value": 2},
            ],
        ),
    ],
)
def test_a_patch_says_what_changed_by_key_in_order(old: Document, new: Document, operations: list[Any]) -> None:
    assert patch(old, new) == operations


@given(wild_documents, wild_documents)
def test_a_patch_applied_to_the_old_document_gives_the_new(old: Document, new: Document) -> None:
    assert equal(jsonpatch.apply_patch(old, patch(old, new)), new)


@given(wild_documents, wild_documents)
def test_a_patch_does_not_depend_on_the_order_of_keys(old: Document, new: Document) -> None:
    assert patch(dict(reversed(old.items())), dict(reversed(new.items()))) == patch(old, new)


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, False, False),
        ([1, [True]], [1.0, [True]], True),
        ([1], [True], False),
        ([1], [1, 1], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 0}, {"a": False}, False),
        ({"a": 1}, {"b": 1}, False),
        ({}, [], False),
        ("1", 1, False),
    ],
)
def test_json_values_are_equal_as_json_sees_them(one: Any, other: Any, answer: Any) -> None:
    assert equal(one, other) is answer
    assert equal(other, one) is answer


def test_changed_leaves_are_told_with_what_they_were_and_are() -> None:
    old = {"a": 1, "o": {"p": 1, "q": 1}, "gone": None, "l": [1]}
    new = {"a": True, "o": {"p": 1, "q": {"r": 1}}, "l": [1], "come": {}}
    assert changed_leaves(old, new) == [
        Change("/a", 1, True),
        Change("/come", MISSING, {}),
        Change("/gone", None, MISSING),
        Change("/o/q", 1, MISSING),
        Change("/o/q/r", MISSING, 1),
    ]


@given(wild_documents, wild_documents)
def test_leaves_change_exactly_where_there_is_a_patch(old: Document, new: Document) -> None:
    assert bool(changed_leaves(old, new)) == bool(patch(old, new))
