"""JSON files are read as strictly as bodies, and each fault is placed."""

import pytest

from domain.errors import InvalidFile
from infrastructure.files import read_document


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1,\n "a": 2}', "line 2, column 7"),
        ('{"a": [1, 2,\n  {"b": 1e999}]}', "line 2, column 9"),
        ('{"a": {"b": 1}, "c": NaN}', "line 1, column 22"),
        ('{"a/b": {"c~d": "\\ud800"}}', "line 1, column 17"),
        ('{"long": "",\n "a": ' + "1" * 5000 + "}", "line 2, column 7"),
        ('{"x": [{}, [], "y"],\n\n "a": 9007199254740992}', "line 3, column 7"),
        ('\n{"\\u0000": 1}', "line 2, column 1"),
        ('{"a": 1,\n}', "line 2, column 1"),
        ('{"a":\n' + "[" * 64 + "]" * 64 + "}", "line 1, column 1"),
    ],
)
def test_a_fault_is_placed(text, place):
    with pytest.raises(InvalidFile, match=rf"^a\.json, {place}: "):
        read_document(text.encode(), name="a.json")


def test_a_file_may_hold_more_values_than_a_body():
    assert len(read_document(b'{"a": [' + b"0," * 60_000 + b"0]}", name="a.json")["a"]) == 60_001
    with pytest.raises(InvalidFile, match="more than 500,000 values"):
        read_document(b'{"a": [' + b"0," * 500_000 + b"0]}", name="a.json")
