"""The fast canonical form is that of RFC 8785, to the byte."""

import struct
from time import process_time

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from domain.canonical_json import canonical
from domain.json_values import LARGEST_INTEGER

any_float = st.floats(allow_nan=False, allow_infinity=False) | st.builds(
    lambda digits, exponent: float(f"{digits}e{exponent}"), st.integers(-99_999, 99_999), st.integers(-30, 30)
)
any_text = st.text(st.characters(exclude_categories=["Cs"]))
any_key = any_text | st.text(st.sampled_from("a\x7fé\u2028\ue000\uffff\U00010000\U0001f600"), max_size=3)
any_value = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | any_float | any_text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(any_key, inner, max_size=5),
    max_leaves=20,
)


@given(any_value)
@example({"\U0001f600": 1, "\uffff": 2, "a": {"\U00010000": 1.0, "\ue000": 1e-7}})
@example(
    [-0.0, 0.0, 1.0, 1e15, 1e16, 1.5e17, 1e20, 1e21, 1.2345678901234567e20, 5e-324, 1e-4, 1e-5, 1e-6, 9.99e-7, 1e-7]
)
def test_every_value_is_written_as_rfc_8785_says(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(any_float)
def test_every_float_is_written_as_ecmascript_writes_it(number):
    assert canonical(number) == rfc8785.dumps(number)


def test_floats_of_the_rfc_are_written_as_in_its_table():
    """RFC 8785, appendix B."""
    table = {
        "0000000000000000": b"0",
        "8000000000000000": b"0",
        "0000000000000001": b"5e-324",
        "8000000000000001": b"-5e-324",
        "7fefffffffffffff": b"1.7976931348623157e+308",
        "4340000000000000": b"9007199254740992",
        "4430000000000000": b"295147905179352830000",
        "44b52d02c7e14af5": b"9.999999999999997e+22",
        "44b52d02c7e14af6": b"1e+23",
        "44b52d02c7e14af7": b"1.0000000000000001e+23",
        "444b1ae4d6e2ef4e": b"999999999999999700000",
        "444b1ae4d6e2ef4f": b"999999999999999900000",
        "444b1ae4d6e2ef50": b"1e+21",
        "3eb0c6f7a0b5ed8c": b"9.999999999999997e-7",
        "3eb0c6f7a0b5ed8d": b"0.000001",
        "41b3de4355555553": b"333333333.3333332",
        "becbf647612f3696": b"-0.0000033333333333333333",
        "43143ff3c1cb0959": b"1424953923781206.2",
    }
    assert {bits: canonical(struct.unpack(">d", bytes.fromhex(bits))[0]) for bits in table} == table


def test_a_tuple_is_a_list():
    assert canonical(("a", (1, 2.0))) == b'["a",[1,2]]'


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        LARGEST_INTEGER + 1,
        10**30,
        "\ud800",
        {1: 2},
        {"a": {"\ud800": 1}},
        {1, 2},
        b"",
        object(),
    ],
)
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        canonical({"a": [value]})


def test_no_document_costs_more_than_a_tenth_of_a_second():
    floats = [5e-324 + number * 1e-300 for number in range(24_000)] + [
        1.1e-6 + number * 1e-12 for number in range(24_000)
    ]
    assert min(seconds_to_write({"\U0001f600": floats, "\uffff": 1}) for _ in range(3)) < 0.1


def seconds_to_write(value: object) -> float:
    begun = process_time()
    canonical(value)
    return process_time() - begun
