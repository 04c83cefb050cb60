"""An envelope is shown as its placeholder, and what only looks like one is left as it is."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from domain.secrets.envelope import envelope, is_envelope, is_placeholder, marked, placeholder, shown, shown_json

SEALED = envelope(key="k-1", ciphertext="AAAA", commitment="c-1", version=2)


def test_every_envelope_is_shown_as_its_placeholder_wherever_it_stands():
    document = {"a": SEALED, "b": {"c": [1, SEALED, {"d": SEALED}]}, "e": "AAAA"}
    assert shown(document) == {
        "a": placeholder("c-1"),
        "b": {"c": [1, placeholder("c-1"), {"d": placeholder("c-1")}]},
        "e": "AAAA",
    }


@pytest.mark.parametrize(
    "other",
    [
        {"$secret": "text"},
        {"$secret": {"key": "k-1"}},
        {"$secret": {**SEALED["$secret"], "more": 1}},
        {"$secret": {**SEALED["$secret"], "version": True}},
        {**SEALED, "beside": 1},
        {"$ref": "env:KEY"},
    ],
)
def test_what_is_no_envelope_is_shown_as_it_is(other: Any):
    assert not is_envelope(other)
    assert shown({"a": other}) == {"a": other}


def test_a_placeholder_is_no_envelope_and_an_envelope_no_placeholder():
    assert is_placeholder(placeholder("c"))
    assert not is_envelope(placeholder("c"))
    assert is_envelope(SEALED)
    assert not is_placeholder(SEALED)


def test_json_is_shown_as_its_values_are():
    text = orjson.dumps({"a": SEALED, "b": 1.0, "c": '"$secret"'})
    assert orjson.loads(shown_json(text)) == shown(orjson.loads(text))
    assert b"AAAA" in text
    assert b"AAAA" not in shown_json(text)


def test_json_without_a_secret_is_the_same_object():
    text = b'{"a": 1}'
    assert shown_json(text) is text


def test_what_says_that_it_stands_for_a_secret_is_found_everywhere():
    document = {"a/b": SEALED, "c": [{"d": {"$secret": 1, "e": 2}}], "f": {"g": {}}}
    assert list(marked(document)) == ["/a~1b", "/c/0/d"]
