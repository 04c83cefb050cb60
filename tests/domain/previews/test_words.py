"""Where sentences and paragraphs end."""

from __future__ import annotations

import pytest

from domain.previews.words import PARAGRAPH, SENTENCE, units, words_of


def sentences(text: str) -> list[str]:
    return [text[unit.start : unit.end] for unit in units(words_of(text), SENTENCE)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rains. It pours.", ["It rains.", "It pours."]),
        ("Really?! Yes!", ["Really?!", "Yes!"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("(It rains.) It pours.", ["(It rains.)", "It pours."]),
        ("Well\u2026 It rains.", ["Well\u2026", "It rains."]),
        ("Dr. Hall and J. Smith came.", ["Dr. Hall and J. Smith came."]),
        ("Birds, e.g. Puffins, came.", ["Birds, e.g. Puffins, came."]),
        ("Pi is 3.14 exactly. No.", ["Pi is 3.14 exactly.", "No."]),
        ("It rains. and pours.", ["It rains. and pours."]),
        ("It was 1987. Then it rained.", ["It was 1987.", "Then it rained."]),
        ("1. First things. 2. Second things.", ["1. First things.", "2. Second things."]),
        ("Heading\n\nText.", ["Heading", "Text."]),
        ("One line\nand another.", ["One line\nand another."]),
        ("\u8a18\u9332\u3002\u5929\u6c17\uff01", ["\u8a18\u9332\u3002", "\u5929\u6c17\uff01"]),
        ("\u300c\u79c1\u3002\u300d\u3068", ["\u300c\u79c1\u3002\u300d", "\u3068"]),
    ],
)
def test_sentences_end_where_a_reader_would_say(text, expected):
    assert sentences(text) == expected


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n \t\n", "\n\n\n"])
def test_a_paragraph_ends_at_an_empty_line(gap):
    text = f"One. Two.{gap}Three.\nFour."
    found = [text[unit.start : unit.end] for unit in units(words_of(text), PARAGRAPH)]
    assert found == ["One. Two.", "Three.\nFour."]
