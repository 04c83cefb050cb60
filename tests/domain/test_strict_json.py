"""Hostile bodies are refused with their place, sound ones are read as they are, and none is costly."""

import json
import math
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical_json import canonical
from domain.errors import InvalidRequest, Refusal, TooLarge
from domain.json_values import LARGEST_INTEGER
from domain.strict_json import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
integers = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
floats = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda value: abs(value) <= LARGEST_INTEGER or abs(value) >= 1e21
)
documents = st.recursive(
    st.none() | st.booleans() | integers | floats | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)


def refusal_of(raw: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as refused:
        parse(raw)
    return refused.value


@given(documents)
def test_what_json_can_say_is_read_as_it_is(document):
    assert parse(json.dumps(document).encode()) == document
    assert parse(json.dumps(document, ensure_ascii=False).encode()) == document


@given(documents)
def test_what_is_read_comes_back_byte_equal_in_canonical_form(document):
    written = canonical(document)
    assert canonical(parse(written)) == written


@given(st.binary(max_size=40) | st.text('{}[]",:0123456789.eE+-\\u dDnNtf\n', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(raw):
    outcome = value_or_refusal(raw)
    assert outcome.detail.encode() if isinstance(outcome, Refusal) else canonical(outcome)


def value_or_refusal(raw: bytes) -> object:
    try:
        return parse(raw)
    except Refusal as refused:
        return refused


@pytest.mark.parametrize(
    ("raw", "rule", "pointer"),
    [
        (b'{"a": NaN}', "number", "/a"),
        (b'{"a": [0, Infinity]}', "number", "/a/1"),
        (b'{"a": -Infinity}', "number", "/a"),
        (b'{"a": 1e999}', "number", "/a"),
        (b'{"a": -1e999}', "number", "/a"),
        (b'{"a": 1e-999}', "number", "/a"),
        (b'{"a": 0.1000000000000000055}', "number", "/a"),
        (b'{"a": 9007199254740992}', "number", "/a"),
        (b'{"a": -9007199254740992}', "number", "/a"),
        (b'{"a": 9007199254740993.0}', "number", "/a"),
        (b'{"a": 1e16}', "number", "/a"),
        (b'{"a": ' + b"1" * 65 + b"}", "number", "/a"),
        (b'{"a": 0.' + b"1" * 65 + b"}", "number", "/a"),
        (b'{"a": 1, "a": 1}', "duplicate_key", "/a"),
        (b'{"a": 1, "\\u0061": 2}', "duplicate_key", "/a"),
        (b'{"x": [{"y": {"b/c": 1, "b/c": 2}}]}', "duplicate_key", "/x/0/y/b~1c"),
        (b'{"a": "\\ud800"}', "string", "/a"),
        (b'{"a": "\\uDC00x"}', "string", "/a"),
        (b'{"a": {"\\ud800": 1}}', "string", "/a"),
        (b'{"a": "\\u0000"}', "string", "/a"),
        (b'{"a": {"\\u0000": 1}}', "string", "/a"),
    ],
)
def test_a_value_that_would_not_be_read_back_the_same_is_refused_with_its_pointer(raw, rule, pointer):
    (fault,) = refusal_of(raw).faults
    assert (fault.rule, fault.pointer) == (rule, pointer)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1, column 2"),
        (b'{\n  "a": 1,\n}', "line 3, column 1"),
        (b"{} {}", "line 1, column 4"),
        (b"[]\n[]", "line 2, column 1"),
        (b"01", "line 1, column 2"),
        (b"+1", "line 1, column 1"),
        (b"[1,]", "line 1, column 4"),
        (b"{a: 1}", "line 1, column 2"),
        (b"'a'", "line 1, column 1"),
        (b'"\0"', "line 1, column 2"),
        (b'"\n"', "line 1, column 2"),
        (b'["\\x"]', "line 1, column 3"),
        (b"// why\n1", "line 1, column 1"),
        (b'{"a": \xff}', "line 1, column 7"),
        (b'\n"\xc3\xa9\xed\xa0\x80"', "line 2, column 3"),
    ],
)
def test_what_is_not_json_is_refused_with_line_and_column(raw, place):
    refused = refusal_of(raw)
    assert place in refused.detail
    assert [fault.pointer for fault in refused.faults] == [""]


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbf{}", '{"a": 1}'.encode("utf-16"), '{"a": 1}'.encode("utf-32")])
def test_json_is_utf_8_without_a_mark(raw):
    assert refusal_of(raw).faults[0].rule == "encoding"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"9007199254740991", LARGEST_INTEGER),
        (b"-0", 0),
        (b"0.10", 0.1),
        (b"1.0e0", 1.0),
        (b"1E-7", 1e-7),
        (b"1e21", 1e21),
        (b"5e-324", 5e-324),
        (b"0e99999999999999999999", 0.0),
        (b"1.7976931348623157e308", 1.7976931348623157e308),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud800 \\\\u0000"', "\\ud800 \\u0000"),
        (b" \t\r\n[ ] \n", []),
    ],
)
def test_unusual_but_exact_texts_are_read(raw, value):
    read = parse(raw)
    assert read == value
    assert type(read) is type(value)


def test_minus_zero_keeps_its_sign_until_it_is_canonical():
    assert math.copysign(1, parse(b"-0.0")) == -1
    assert canonical(parse(b"-0.0")) == b"0"


def test_all_faults_are_told_in_one_answer():
    refused = refusal_of(b'{"a": NaN, "b": {"c": 1e999, "c": 2}, "d": "\\ud800"}')
    assert [(fault.pointer, fault.rule) for fault in refused.faults] == [
        ("/a", "number"),
        ("/b/c", "duplicate_key"),
        ("/d", "string"),
    ]


def test_no_more_than_twenty_faults_are_told():
    assert [fault.pointer for fault in refusal_of(b"[" + b"NaN," * 40 + b"0]").faults] == [f"/{i}" for i in range(20)]


def test_a_huge_key_is_not_repeated_in_the_answer():
    refused = refusal_of(b'{"%b": 1, "%b": 2}' % (b"k" * 100_000, b"k" * 100_000))
    assert len(refused.detail) < 200
    assert refused.faults[0].pointer == ""


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth // 2) + b"[" * (depth - depth // 2) + b"]" * (depth - depth // 2) + b"}" * (depth // 2)


def test_sixty_four_levels_are_read_and_one_more_is_refused():
    assert parse(nested(MAX_DEPTH))
    assert refusal_of(nested(MAX_DEPTH + 1)).faults[0].rule == "depth"


def test_brackets_in_strings_are_no_levels():
    assert parse(b'["' + b"[{" * 1000 + b'\\"' + b"[{" * 1000 + b'"]')


@pytest.mark.parametrize("item", [b"0", b"{}", b"[ ]", b'",[{"'])
def test_fifty_thousand_values_are_read_and_one_more_is_refused(item):
    most = [item] * (MAX_NODES - 1)
    assert len(parse(b"[" + b",".join(most) + b"]")) == MAX_NODES - 1
    assert refusal_of(b"[" + b",".join([*most, item]) + b"]").faults[0].rule == "nodes"


def test_members_of_objects_count_as_values_their_keys_do_not():
    members = [b'"%d":[0]' % number for number in range((MAX_NODES - 1) // 2)]
    assert parse(b"{" + b",".join(members) + b"}")
    assert refusal_of(b'{"more":0,"yet more":0,' + b",".join(members) + b"}").faults[0].rule == "nodes"


def test_one_mebibyte_is_read_and_one_byte_more_is_refused():
    assert len(parse(b'"' + b"a" * (MAX_BYTES - 2) + b'"')) == MAX_BYTES - 2
    with pytest.raises(TooLarge):
        parse(b'"' + b"a" * (MAX_BYTES - 1) + b'"')


def listed(item: bytes, times: int = MAX_NODES - 10) -> bytes:
    return b"[" + b",".join([item] * times) + b"]"


HOSTILE = {
    "open brackets": b"[" * MAX_BYTES,
    "open objects": b'{"a":' * 200_000,
    "closed brackets": b"]" * MAX_BYTES,
    "pairs": b"[]" * (MAX_BYTES // 2),
    "a list of pairs": listed(b"[]", 340_000),
    "brackets and blanks": b"[ " * (MAX_BYTES // 2),
    "zeros": listed(b"0", 500_000),
    "empty strings": listed(b'""', 340_000),
    "blanks": b" " * MAX_BYTES,
    "lines": b"\n" * (MAX_BYTES - 3) + b"{1}",
    "digits": b"1" * MAX_BYTES,
    "long integers": listed(b"1" * 63, 16_000),
    "integers too large": listed(b"9007199254740992"),
    "floats": listed(b"0.1"),
    "floats with a zero more": listed(b"0.10"),
    "floats of 17 digits": listed(b"0.12345678901234568"),
    "floats of 60 digits": listed(b"0.1" + b"0" * 58, 16_000),
    "floats that are not exact": listed(b"0.123456789012345678", 49_000),
    "exponents": listed(b"1e5"),
    "huge exponents": listed(b"1e-" + b"9" * 30, 30_000),
    "zeros with huge exponents": listed(b"0e" + b"9" * 30, 30_000),
    "not numbers": listed(b"NaN"),
    "one key": b"{" + b",".join([b'"a":1'] * 49_990) + b"}",
    "objects with a key twice": listed(b'{"a":1,"a":2}', 16_000),
    "many keys": b"{" + b",".join(b'"%d":1' % number for number in range(49_990)) + b"}",
    "a fault after many floats": b"[" + b"0.10," * 49_000 + b"NaN]",
    "escapes": b'"' + b"\\n" * (MAX_BYTES // 2 - 1) + b'"',
    "surrogate pairs": listed(b'"\\ud83d\\ude00"'),
    "halves of pairs": listed(b'"\\ud800"'),
    "keys with half a pair": b"{" + b",".join(b'"\\ud800%d":1' % number for number in range(49_990)) + b"}",
    "escaped quotes without an end": b'"' + b'\\"' * (MAX_BYTES // 2 - 1),
    "escaped quotes after brackets": b"[" * 65 + b'"' + b'\\"' * (MAX_BYTES // 2 - 40),
    "faults far down": b'{"a":' * 63 + b"[" + b"1.0e0," * 40_000 + b"NaN]" + b"}" * 63,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_no_body_costs_more_than_a_tenth_of_a_second(raw):
    assert len(raw) <= MAX_BYTES
    assert min(seconds_to_read(raw) for _ in range(3)) < 0.1


def seconds_to_read(raw: bytes) -> float:
    begun = process_time()
    with suppress(InvalidRequest):
        parse(raw)
    return process_time() - begun
