"""TOML files: what they say in JSON's terms, and the line of what JSON could not say."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidFile
from infrastructure.files import read_document


def read(text: str):
    return read_document(text.encode(), name="a.toml")


def test_dates_and_times_become_strings():
    assert read("a = 1979-05-27T07:32:00Z\nb = 1979-05-27\nc = 07:32:00\nd = [1979-05-27T07:32:00.5-07:00]") == {
        "a": "1979-05-27T07:32:00Z",
        "b": "1979-05-27",
        "c": "07:32:00",
        "d": ["1979-05-27T07:32:00.500000-07:00"],
    }


def test_numbers_are_read_in_every_notation():
    assert read("a = 1_000\nb = 0xff\nc = 0o17\nd = 0b11\ne = 1_000.5\nf = +1e-7") == {
        "a": 1000,
        "b": 255,
        "c": 15,
        "d": 3,
        "e": 1000.5,
        "f": 1e-7,
    }


def test_sixty_four_parts_make_a_key_and_one_more_does_not():
    assert read(".".join("a" * 64) + " = 1")
    for key in (".".join("a" * 65), ".".join(['"a"'] * 65), " . ".join(["'a'"] * 65)):
        for text in (f"{key} = 1", f"[{key}]", f"[[{key}]]", f"b = {{ {key} = 1 }}"):
            with pytest.raises(InvalidFile, match=r"line 3, column \d+: a key of more than 64 parts"):
                read(f"# a.b\nc = 1\n{text}")


def test_dots_in_strings_and_comments_are_no_parts():
    dots = "a." * 100
    lines = [
        f'a = "{dots}"',
        f"b = '{dots}' # {dots}",
        f'c = """\n{dots}"{dots}"""""',
        f"d = '''{dots}'{dots}'''",
        f'"{dots}" = 1',
    ]
    assert set(read("\n".join(lines))) == {"a", "b", "c", "d", dots}


def test_a_key_of_forty_kilobytes_costs_nothing():
    begun = process_time()
    with pytest.raises(InvalidFile):
        read(".".join("a" * 20_000) + " = 1")
    assert process_time() - begun < 0.1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 1\na = 2", "line 2, column 6"),
        ("a = ", "line 1, column 5"),
        ("a = 1\r\nb = [1,\r\n", "line 3, column 1"),
        ("a = nan", "line 1, column 5"),
        ("a = -inf", "line 1, column 5"),
        ("a = [1,\n  1e999]", "line 2, column 3"),
        ("a = '1e999' # 1e999\nb = 1e999", "line 2, column 5"),
        ("a = 0.1000000000000000055", "line 1, column 5"),
        ("b = 1\na = 9007199254740992", "line 2, column 5"),
        ("a = {b = 0xffffffffffffffff}", "line 1, column 10"),
        ("b = 1\na = " + "1" * 5000, "line 2, column 5"),
        ('a = "x\\u0000"', "line 1, column 7"),
        ('a = "\\ud800"', "line 1, column 12"),
        ("a = " + "[" * 65 + "]" * 65, "line 1, column 69"),
        ("[a.b]\n" + ".".join("a" * 64) + " = 1", "line 1, column 1"),
        ("a\0 = 1", "line 1, column 2"),
    ],
)
def test_a_fault_is_placed(text, place):
    with pytest.raises(InvalidFile, match=rf"^a\.toml, {place}: "):
        read(text)


def test_too_many_values_are_refused_before_they_are_read():
    begun = process_time()
    with pytest.raises(InvalidFile, match="more than 500,000 values"):
        read("a = [" + "0," * 500_001 + "]")
    assert process_time() - begun < 1


@given(
    st.lists(
        st.sampled_from([*"ab1.=,[]{}\"'#\\ \n", '"""', "'''", "1e999", "nan", "\\u0000", "2020-01-01"]), max_size=30
    )
)
def test_any_text_is_read_or_refused_with_its_line(parts):
    detail = refusal_of("".join(parts))
    assert detail is None or "a.toml, line " in detail


def refusal_of(text: str) -> str | None:
    try:
        read(text)
    except InvalidFile as refused:
        return refused.detail
    return None
