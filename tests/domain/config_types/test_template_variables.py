from __future__ import annotations

import time

import pytest

from domain.config_types.template_variables import MAX_VARIABLES, template_variables


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("{question}", ["question"]),
        ("{b} {a} {b}", ["b", "a"]),
        ("{{question}}", []),
        ("{{{question}}}", ["question"]),
        ("{doc.title} {docs[0]} {score:.2f} {text!r}", ["doc", "docs", "score", "text"]),
        ('{"key": {value}}', ["value"]),
        ("{} {0} { name } {a-b} {", []),
        ("{größe}", ["größe"]),
    ],
)
def test_names_in_single_braces_are_variables(text: str, names: list[str]) -> None:
    assert template_variables(text) == names


def test_more_variables_than_a_rule_can_look_at_are_not_listed() -> None:
    text = "".join(f"{{v{number}}}" for number in range(MAX_VARIABLES))
    assert len(template_variables(text) or []) == MAX_VARIABLES
    assert template_variables(text + "{one_more}") is None


def test_what_is_no_text_has_no_list_of_variables() -> None:
    assert template_variables(["{a}"]) is None


@pytest.mark.parametrize("piece", ["{", "{a", "{a.", "{{", "{a.}", "}"])
def test_a_long_text_is_read_in_linear_time(piece: str) -> None:
    started = time.perf_counter()
    template_variables(piece * 300_000)
    assert time.perf_counter() - started < 2
