"""YAML files: the core schema of 1.2 and nothing more, with the line of what is refused."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidFile
from infrastructure.files import read_document


def read(text: str):
    return read_document(text.encode(), name="a.yaml")


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("12", 12),
        ("-12", -12),
        ("007", 7),
        ("0o17", 15),
        ("0xff", 255),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("0.10", 0.1),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e-7", 1e-7),
        ("2025-09-07", "2025-09-07"),
        ("2025-09-07T10:00:00Z", "2025-09-07T10:00:00Z"),
        ("2025-09-07-v1", "2025-09-07-v1"),
        ("${NAME}", "${NAME}"),
        ("<baseline>", "<baseline>"),
        ('"12"', "12"),
        ("'true'", "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ('!!int "12"', 12),
        ("!!float 3", 3.0),
        ('!!null ""', None),
        ("|\n  x\n  y\n", "x\ny\n"),
    ],
)
def test_a_scalar_means_what_the_core_schema_says(scalar, value):
    read_value = read(f"a: {scalar}")["a"]
    assert read_value == value
    assert type(read_value) is type(value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\nb: {a: 1, a: 2}", "line 2, column 11"),
        ('a: 1\n"a": 2', "line 2, column 1"),
        ("a: 1\n2: b", "line 2, column 1"),
        ("true: b", "line 1, column 1"),
        ("? [a]\n: b", "line 1, column 3"),
        ("a: &a b\n*a : c", "line 2, column 1"),
        ("a: &a {b: 1}\nc:\n  <<: *a", "line 3, column 3"),
        ("a: *b", "line 1, column 4"),
        ("a: &b [*b]", "line 1, column 8"),
        ("a: !x 3", "line 1, column 4"),
        ("a: !!python/name:os.system x", "line 1, column 4"),
        ("a: !!timestamp 2025-09-07", "line 1, column 4"),
        ("a: !!set {x}", "line 1, column 4"),
        ("a: !!int 3.5", "line 1, column 4"),
        ("a: !!map [1]", "line 1, column 4"),
        ("a: .inf", "line 1, column 4"),
        ("a: -.INF", "line 1, column 4"),
        ("a: .nan", "line 1, column 4"),
        ("a: 1e999", "line 1, column 4"),
        ("b: 1\na: 0.1000000000000000055", "line 2, column 4"),
        ("a: 9007199254740992", "line 1, column 4"),
        ("a: 0xffffffffffffffff", "line 1, column 4"),
        ("a: " + "1" * 5000, "line 1, column 4"),
        ('a: "\\0"', "line 1, column 4"),
        ('a: "\\ud800"', "line 1, column 4"),
        ('b: 1\na: "\\U00110000"', "line 2, column 1"),
        ("a: \x07", "line 1, column 4"),
        ("%YAML 1.1\n---\na: yes", "line 1, column 1"),
        ("# why\n\n%TAG ! x\n---\na: 1", "line 3, column 1"),
        ("a: 1\n---\nb: 2", "line 2, column 1"),
        ("", "line 1, column 1"),
        ("# nothing", "line 1, column 10"),
        ("a: {b: 1", "line 1, column 9"),
        ("a: b: c", "line 1, column 5"),
        ("\ta: 1", "line 1, column 1"),
        ("a: " + "[" * 64 + "]" * 64, "line 1, column 67"),
    ],
)
def test_a_fault_is_placed(text, place):
    with pytest.raises(InvalidFile, match=rf"^a\.yaml, {place}: "):
        read(text)


def test_an_alias_stands_for_what_was_anchored():
    assert read("a: &x {b: [1]}\nc: [*x, *x]") == {"a": {"b": [1]}, "c": [{"b": [1]}, {"b": [1]}]}


def test_a_hundred_aliases_are_read_and_one_more_is_refused():
    assert read("a: &x 1\nb: [" + "*x, " * 100 + "]")
    with pytest.raises(InvalidFile, match=r"line 2, column \d+: more than 100 aliases"):
        read("a: &x 1\nb: [" + "*x, " * 101 + "]")


def test_a_few_aliases_that_stand_for_very_many_values_are_refused():
    levels = [f"l{level + 1}: &l{level + 1} [*l{level}, *l{level}, *l{level}, *l{level}]" for level in range(20)]
    with pytest.raises(InvalidFile, match=r"line 8, column \d+: more than 100 aliases, or 50,000 values"):
        read("\n".join(["l0: &l0 [x, x, x, x]", *levels]))


def test_aliases_cannot_nest_deeper_than_the_text_may():
    levels = [f"l{level + 1}: &l{level + 1} [[[[*l{level}]]]]" for level in range(20)]
    with pytest.raises(InvalidFile, match="nested deeper than 64 levels"):
        read("\n".join(["l0: &l0 x", *levels]))


@pytest.mark.parametrize("opening", ["[", "{", "- [", "[ ", "{a: ", "- ", "? "])
def test_a_bomb_of_brackets_is_refused_early(opening):
    begun = process_time()
    with pytest.raises(InvalidFile):
        read(opening * 30_000)
    assert process_time() - begun < 2


def test_a_file_that_would_take_minutes_is_refused_at_once():
    with pytest.raises(InvalidFile, match="YAML of more than 4,194,304 characters"):
        read("a: [" + "x," * (2 << 20) + "]")


@given(
    st.lists(
        st.sampled_from(
            [
                *"ab1:-,[]{}\"'#&*!|>%?@\\ \n",
                ": ",
                "- ",
                "\n  ",
                "*a",
                "&a ",
                "<<",
                "!!int ",
                "---\n",
                "%YAML 1.9\n",
                "\\u0000",
            ]
        ),
        max_size=30,
    )
)
def test_any_text_is_read_or_refused_with_its_line(parts):
    detail = refusal_of("".join(parts))
    assert detail is None or "a.yaml, line " in detail


def refusal_of(text: str) -> str | None:
    try:
        read(text)
    except InvalidFile as refused:
        return refused.detail
    return None
