"""Values from other formats are held to the rules that bodies are held to."""

from datetime import date

import pytest

from domain.json_values import LARGEST_INTEGER, check_values


def test_plain_values_are_sound():
    assert check_values({"a": [1, 0.5, True, None, "é", {"b": -LARGEST_INTEGER}], "c": 1e300}) == []


@pytest.mark.parametrize(
    ("value", "rule", "pointer"),
    [
        ({"a": float("nan")}, "number", "/a"),
        ({"a": [float("inf")]}, "number", "/a/0"),
        ({"a": LARGEST_INTEGER + 1}, "number", "/a"),
        ({"a": 10**5000}, "number", "/a"),
        ({"a": 1e16}, "number", "/a"),
        ({"a": "\ud800"}, "string", "/a"),
        ({"a": "\0"}, "string", "/a"),
        ({"a": {1: 2}}, "key", "/a"),
        ({"a": {None: 2}}, "key", "/a"),
        ({"a": date(2026, 11, 20)}, "value", "/a"),
        ({"a": {1, 2}}, "value", "/a"),
        (b"bytes", "value", ""),
    ],
)
def test_what_json_cannot_say_is_named_with_its_pointer(value, rule, pointer):
    (fault,) = check_values(value)
    assert (fault.rule, fault.pointer) == (rule, pointer)
    assert len(fault.message.encode()) < 200


def test_depth_has_a_limit():
    assert [fault.rule for fault in check_values([[[]]], max_depth=2)] == ["depth"]
    assert check_values([[[]]], max_depth=3) == []


def test_the_number_of_values_has_a_limit():
    assert [fault.rule for fault in check_values({"a": [1, 2]}, max_nodes=3)] == ["nodes"]
    assert check_values({"a": [1, 2]}, max_nodes=4) == []


def test_a_value_in_many_places_counts_in_each():
    value: list[object] = []
    for _ in range(60):
        value = [value, value]
    assert [fault.rule for fault in check_values(value)] == ["nodes"]
