"""What a caller may tell of a context."""

from __future__ import annotations

import pytest

from domain.configs.attributes import checked_attributes, fitting_attributes, parsed_attributes
from domain.errors import InvalidRequest

TEXTS = [
    "plan=pro",
    "seats=12",
    "share=0.5",
    "trial=true",
    'zip="01234"',
    "code=01234",
    "note=a=b",
    "none=null",
    "x=NaN",
]


def test_of_text_numbers_and_truths_are_what_they_look_like_and_quotes_make_texts() -> None:
    assert parsed_attributes(TEXTS) == {
        "plan": "pro",
        "seats": 12,
        "share": 0.5,
        "trial": True,
        "zip": "01234",
        "code": "01234",
        "note": "a=b",
        "none": "null",
        "x": "NaN",
    }


@pytest.mark.parametrize("texts", [["plan"], ["plan=pro", "plan=free"]])
def test_what_has_no_value_or_two_is_refused(texts: list[str]) -> None:
    with pytest.raises(InvalidRequest):
        parsed_attributes(texts)


def test_attributes_stand_in_the_order_of_their_names() -> None:
    assert checked_attributes({"b": 1, "a": True}) == (("a", True), ("b", 1))


UNFIT = [
    ({"": 1}, "/attributes/"),
    ({"a-b": 1}, "/attributes/a-b"),
    ({"a": None}, "/attributes/a"),
    ({"a": [1]}, "/attributes/a"),
    ({"a": "x" * 256}, "/attributes/a"),
    ({"a": 2**53 + 1}, "/attributes/a"),
    ({"a": float("nan")}, "/attributes/a"),
    ({f"a{n}": n for n in range(51)}, "/attributes"),
]


@pytest.mark.parametrize("number", range(len(UNFIT)))
def test_what_cannot_be_an_attribute_is_refused_at_its_place_and_left_out_of_what_may_hold_anything(
    number: int,
) -> None:
    given, at = UNFIT[number]
    with pytest.raises(InvalidRequest) as refused:
        checked_attributes(given)
    assert refused.value.faults[0].pointer == at
    assert len(fitting_attributes(given)) == (50 if len(given) > 50 else 0)
