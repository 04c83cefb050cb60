"""A template filled in."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.config_types.template_variables import template_variables
from domain.errors import InvalidRequest
from domain.previews.template import MAX_RENDERED, rendered


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("Answer {question}!", "Answer why?!"),
        ("{question}{question}", "why?why?"),
        ("{{question}}", "{question}"),
        ("{{{question}}}", "{why?}"),
        ('{"json": {number}}', '{"json": 7}'),
        ("{doc.title} and {doc[title]}", "T and T"),
        ("{docs[1].title}", "B"),
        ("{flag} {nothing} {docs}", 'true null [{"title":"A"},{"title":"B"}]'),
        ("{}", "{}"),
        ("{1}", "{1}"),
        ("no variables", "no variables"),
        ("", ""),
    ],
)
def test_variables_become_their_values(text, prompt):
    values = {"question": "why?", "number": 7, "flag": True, "nothing": None}
    docs = {"doc": {"title": "T"}, "docs": [{"title": "A"}, {"title": "B"}]}
    assert rendered(text, {**values, **docs}).prompt == prompt


def test_a_value_is_never_looked_at_for_variables():
    assert rendered("{a}", {"a": "{b}", "b": "no"}).prompt == "{b}"


def test_a_path_leads_to_what_is_in_the_value_and_to_nothing_of_the_program():
    for text in ("{a.__class__}", "{a[9]}", "{a.b.c}", "{a[]}", "{a[-1]}", "{a..b}"):
        assert rendered(text, {"a": ["x"]}).missing == (text[1:-1],)


def test_a_format_is_told_and_not_applied():
    found = rendered("{a!r} {a:>9999999999}", {"a": "x"})
    assert (found.prompt, found.unformatted) == ("x x", ("{a!r}", "{a:>9999999999}"))


def test_missing_and_unused_values_are_named():
    found = rendered("{a} {b} {c.d} {b}", {"a": 1, "x": 2, "w": 3})
    assert (found.prompt, found.missing, found.unused) == (None, ("b", "c.d"), ("w", "x"))


def test_what_is_required_is_refused_where_values_are_missing():
    with pytest.raises(InvalidRequest, match=r"the template needs b, c\.d: give a value for each") as refused:
        rendered("{b} {c.d}", {}).required()
    assert [fault.pointer for fault in refused.value.faults] == ["/sample/b", "/sample/c"]


def test_the_length_is_told_and_whether_it_is_above_a_limit():
    found = rendered("{a}", {"a": "four"})
    assert (found.length, found.above(None), found.above(4), found.above(3)) == (4, None, False, True)


def test_a_prompt_that_would_be_too_long_is_refused():
    with pytest.raises(InvalidRequest, match="more than 1,000,000 characters"):
        rendered("{a}" * 1_000, {"a": "x" * (MAX_RENDERED // 999)})


@given(st.text(alphabet="{}ab_1.[]!: é", max_size=30))
def test_the_variables_are_those_that_the_rule_of_the_type_sees(text):
    class Everything(dict[str, Any]):
        def __init__(self) -> None:
            self.asked: dict[str, None] = {}

        def get(self, key: str, default: Any = None) -> Any:
            self.asked[key] = None
            return "v"

    values = Everything()
    rendered(text, values)
    assert list(values.asked) == template_variables(text)


@pytest.mark.parametrize("text", ["{", "{a", "{a.", "{a[", "{{", "}", "{a}", "{a!", "{a b"])
def test_no_text_takes_more_than_linear_time(text):
    began = time.process_time()
    rendered(text * 200_000, {"a": ""})
    assert time.process_time() - began < 5
